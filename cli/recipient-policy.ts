/**
 * From settings to what a transaction needs to know of one recipient: tenant, policy, route, words of the notice.
 */
import { type RecipientSettings, recipientSettings } from '../config/recipients.ts'
import type { Config } from '../config/schema.ts'
import type { Mailbox } from '../core/smtp/envelope.ts'
import type { RecipientPolicy } from '../gateway/inbound/groups.ts'
import type { RouteTable } from '../gateway/outbound/routes.ts'

const DAY_MS = 86_400_000

export function policyChooser(config: Config, routes: RouteTable): (mailbox: Mailbox) => RecipientPolicy {
  const settingsOf = recipientSettings(config)
  return mailbox => {
    const settings = settingsOf(mailbox)
    const route = routes.forMailbox(mailbox, 'inward')
    if (!route) throw new Error(`no inward route for ${mailbox}`)
    return {
      tenant: settings.tenant.id,
      policyKey: settings.groupKey,
      policy: settings.policy,
      route: route.name,
      retentionClass: settings.tenant.id,
      ownDomains: settings.tenant.ownDomains,
      notice: message => noticeContext(settings, message),
    }
  }
}

function noticeContext({ tenant }: RecipientSettings, message: { readonly publicId: string; readonly checkCode: string; readonly receivedMs: number }) {
  return {
    language: tenant.language,
    url: tenant.portalUrl === '' ? '' : `${tenant.portalUrl.replace(/\/$/, '')}/m/${message.publicId}`,
    checkCode: message.checkCode,
    keptUntil: dayForReader(message.receivedMs + tenant.originalDays * DAY_MS, tenant.language),
    contact: tenant.contact,
    texts: tenant.noticeTexts,
  }
}

const WAREKI = new Intl.DateTimeFormat('ja-JP-u-ca-japanese', { era: 'long', year: 'numeric', month: 'long', day: 'numeric', timeZone: 'Asia/Tokyo' })
const WESTERN = new Intl.DateTimeFormat('en-GB', { year: 'numeric', month: 'long', day: 'numeric' })

/** Every time zone's day begins on a quarter of an hour: within one, the day's name stays. */
const QUARTER_MS = 900_000
const lastDay = { ja: { quarter: -1, text: '' }, en: { quarter: -1, text: '' } }

/** Formatting costs more than all else here, and mails of the same minutes are kept until the same day. */
function dayForReader(atMs: number, language: 'ja' | 'en'): string {
  const quarter = Math.floor(atMs / QUARTER_MS)
  if (lastDay[language].quarter !== quarter) lastDay[language] = { quarter, text: (language === 'ja' ? WAREKI : WESTERN).format(atMs) }
  return lastDay[language].text
}
