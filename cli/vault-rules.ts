/** From settings to the rules of the vault. Made once for a configuration. */
import { recipientSettings, registrarsOf } from '../config/recipients.ts'
import type { Config } from '../config/schema.ts'
import { PROFILES } from '../core/policy/model.ts'
import type { VaultRules } from '../vault/rules.ts'
import { withProfile } from './own-workshop.ts'
import { ourHostname, sanitizeLimits } from './wiring.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

const made = new WeakMap<Config, VaultRules>()

export function vaultRules(config: Config): VaultRules {
  const known = made.get(config)
  if (known) return known
  const rules = make(config)
  made.set(config, rules)
  return rules
}

function make(config: Config): VaultRules {
  const { vault } = config
  const settingsOf = recipientSettings(config)
  const recipient: VaultRules['recipient'] = mailbox => {
    const { policy, tenant } = settingsOf(mailbox)
    return { policy, tenant: tenant.id, language: tenant.language, contact: tenant.contact }
  }
  return {
    hostname: ourHostname(config),
    perHour: { texts: vault.textsPerHour, pictures: vault.picturesPerHour, files: vault.filesPerHour, mails: vault.mailsPerHour, originals: vault.originalsPerHour },
    tries: vault.passwordTries,
    shelfMs: vault.shelfDays * DAY_MS,
    approvers: vault.approvers,
    registrars: tenant => registrarsOf(config, tenant),
    codeMs: vault.codeMinutes * MINUTE_MS,
    agreementMs: vault.agreementDays * DAY_MS,
    outside: (tenant, mailbox) => tenant === 'default' && config.portal.requests.outsideDomains.includes(mailbox.slice(mailbox.lastIndexOf('@') + 1).toLowerCase()),
    grantMs: vault.grantMinutes * MINUTE_MS,
    limits: sanitizeLimits(config),
    lockAgain: vault.lockAgain,
    drawsOld: config.vault.office.oldFormats,
    recipient,
    brought: (tenant, { mailbox = '', profile: wanted }) => {
      const profile = PROFILES.find(each => each === wanted)
      const ofBringer = mailbox !== '' && settingsOf(mailbox).tenant.id === tenant
      return recipientSettings(profile ? withProfile(config, profile) : config)(ofBringer ? mailbox : postmasterOf(config, tenant)).policy
    },
  }
}

/** Whoever brings a file without a mailbox goes by the rules of the tenant's first domain. */
function postmasterOf({ tenants, domains }: Config, tenant: string): string {
  const domain = tenants.find(({ id }) => id === tenant)?.domains[0] ?? domains[0] ?? 'localhost'
  return `postmaster@${domain}`
}
