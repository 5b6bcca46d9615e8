/**
 * Which tenant and which policy a recipient has. Worked out once per configuration: per recipient it is
 * two map look-ups, because every RCPT TO of every message asks.
 *
 * Narrow beats wide: group, then tenant, then the policy section.
 */
import { createHash } from 'node:crypto'
import type { Policy, PolicyRow } from '../core/policy/model.ts'
import type { Config, GroupConfig, TenantConfig } from './schema.ts'
import { SHIPPED_PROFILES } from './profiles.ts'

/** What of a tenant shows in a notice or decides about keeping. */
export type TenantSettings = {
  readonly id: string
  readonly ownDomains: readonly string[]
  readonly language: 'ja' | 'en'
  readonly contact: string
  readonly portalUrl: string
  readonly noticeTexts: Readonly<Record<string, string>>
  readonly originalDays: number
}

export type RecipientSettings = {
  readonly tenant: TenantSettings
  readonly policy: Policy
  /** Recipients with the same key get the same composed message. Safe in file names and logs. */
  readonly groupKey: string
}

export type ChooseSettings = (recipient: string) => RecipientSettings

/** Settings per recipient; the address is compared without regard to case. */
export function recipientSettings(config: Config): ChooseSettings {
  const tenantByDomain = new Map(
    config.tenants.flatMap(tenant => tenant.domains.map(domain => [domain, tenant] as const)),
  )
  const groupOf = groupFinder(config)
  const settled = new Map<string, RecipientSettings>()
  return recipient => {
    const mailbox = recipient.toLowerCase()
    const domain = mailbox.slice(mailbox.lastIndexOf('@') + 1)
    const tenant = tenantByDomain.get(domain)
    const group = groupOf(mailbox, domain)
    const key = `${tenant?.id ?? ''} ${group?.id ?? ''}`
    const known = settled.get(key)
    if (known) return known
    const settings = settle(config, tenant, group)
    settled.set(key, settings)
    return settings
  }
}

/** The policy of one recipient; for many, keep what `recipientSettings` returns. */
export function buildPolicy(config: Config, recipient: string): Policy {
  return recipientSettings(config)(recipient).policy
}

/** Who confirms approvers of this tenant, by mail. */
export function registrarsOf(config: Config, tenant: string): string[] {
  const settingsOf = recipientSettings(config)
  return config.vault.registrars.map(mailbox => mailbox.toLowerCase()).filter(mailbox => settingsOf(mailbox).tenant.id === tenant)
}

export type PolicyScope = { readonly tenant: string; /** '' for everybody who is in none. */ readonly group: string; readonly policy: Policy }

/** Every table that is in force for somebody. */
export function policyScopes(config: Config): PolicyScope[] {
  const named = config.tenants.map(tenant => ({ id: tenant.id, tenant }))
  const all = config.tenants.length === 0 || config.domains.length > 0 ? [{ id: 'default', tenant: undefined }, ...named] : named
  return all.flatMap(({ id, tenant }) =>
    [undefined, ...config.policy.groups].map(group => ({ tenant: id, group: group?.id ?? '', policy: composePolicy(config, tenant, group) })),
  )
}

/** All domains that mail is accepted for: the list and those of every tenant. */
export function acceptedDomains(config: Config): ReadonlySet<string> {
  return new Set([...config.domains, ...config.tenants.flatMap(tenant => tenant.domains)])
}

function groupFinder({ policy }: Config): (mailbox: string, domain: string) => GroupConfig | undefined {
  const byMailbox = new Map<string, number>()
  const byDomain = new Map<string, number>()
  const first = (map: Map<string, number>, key: string, index: number) =>
    map.set(key, Math.min(map.get(key) ?? index, index))
  policy.groups.forEach((group, index) => {
    const members = group.departments.flatMap(name => policy.departments[name] ?? [])
    for (const mailbox of [...group.recipients, ...members]) first(byMailbox, mailbox, index)
    for (const domain of group.domains) first(byDomain, domain, index)
  })
  const none = policy.groups.length
  return (mailbox, domain) => policy.groups[Math.min(byMailbox.get(mailbox) ?? none, byDomain.get(domain) ?? none)]
}

function settle(
  config: Config,
  tenantConfig: TenantConfig | undefined,
  group: GroupConfig | undefined,
): RecipientSettings {
  const tenant = tenantSettings(config, tenantConfig)
  const policy = composePolicy(config, tenantConfig, group)
  return { tenant, policy, groupKey: `${tenant.id}-${policy.version}` }
}

function tenantSettings(config: Config, tenant: TenantConfig | undefined): TenantSettings {
  return {
    id: tenant?.id ?? 'default',
    ownDomains: tenant?.ownDomains ?? tenant?.domains ?? config.ownDomains,
    language: tenant?.language ?? config.language,
    contact: tenant?.contact ?? config.contact,
    portalUrl: tenant?.portalUrl ?? config.portalUrl,
    noticeTexts: { ...config.noticeTexts, ...tenant?.noticeTexts },
    originalDays: tenant?.originalDays ?? config.store.retention.originalDays,
  }
}

function composePolicy({ policy }: Config, tenant: TenantConfig | undefined, group: GroupConfig | undefined): Policy {
  const profile = group?.profile ?? tenant?.profile ?? policy.profile
  const shipped = SHIPPED_PROFILES[profile]
  const unversioned = {
    profile,
    rows: [...shipped.first, ...policy.rows.map(ownRow), ...shipped.rest],
    objects: policy.objects,
    files: policy.files,
    links: group?.links ?? tenant?.links ?? policy.links,
    bodyCharset: group?.bodyCharset ?? tenant?.bodyCharset ?? policy.bodyCharset,
    extraHeaderFields: group?.extraHeaderFields ?? tenant?.extraHeaderFields ?? policy.extraHeaderFields,
    subjectTag: group?.subjectTag ?? tenant?.subjectTag ?? policy.subjectTag,
  }
  return { ...unversioned, version: versionOf(unversioned) }
}

function ownRow({ id, then, reason, why, clause, ...when }: Config['policy']['rows'][number]): PolicyRow {
  const given = Object.fromEntries(Object.entries(when).filter(([, condition]) => condition !== undefined))
  return { id, when: given, then, reason, why, ...(clause === undefined ? {} : { clause }) }
}

/** Names the exact table in reports, so that a decision can be replayed: equal policies have equal versions. */
function versionOf(policy: Omit<Policy, 'version'>): string {
  return createHash('sha256').update(JSON.stringify(policy)).digest('hex').slice(0, 12)
}
