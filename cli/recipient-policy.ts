/**
 * From settings to what a transaction needs to know of one recipient: tenant, policy, route, words of the notice.
 */
import { type RecipientSettings, recipientSettings } from '../config/recipients.ts'
import type { Config } from '../config/schema.ts'
import type { Classification, ClassRules } from '../core/classification.ts'
import type { NoticeContext } from '../core/job.ts'
import type { Mailbox } from '../core/smtp/envelope.ts'
import type { ClassBook } from '../gateway/inbound/class-book.ts'
import type { NoticeNumbers, RecipientPolicy } from '../gateway/inbound/groups.ts'
import type { RouteTable } from '../gateway/outbound/routes.ts'
import { classRules, daysByClass } from './class-retention.ts'

const DAY_MS = 86_400_000

/** `classOf`: what the portal said about mailboxes and departments. */
export function policyChooser(config: Config, routes: RouteTable, classOf: ClassBook['classOf']): (mailbox: Mailbox) => RecipientPolicy {
  const settingsOf = recipientSettings(config)
  const keeping = { rules: classRules(config), days: daysByClass(config) }
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
      classification: classOf(settings.tenant.id, mailbox),
      ownDomains: settings.tenant.ownDomains,
      notice: message => noticeContext(settings, message, keeping),
    }
  }
}

type Keeping = { readonly rules: ClassRules; readonly days: ReadonlyMap<Classification, number> }

function noticeContext({ tenant }: RecipientSettings, message: NoticeNumbers, { rules, days }: Keeping): NoticeContext {
  const dayOf = (each: Classification) => dayForReader(message.receivedMs + (days.get(each) ?? tenant.originalDays) * DAY_MS, tenant.language)
  const { classification: ofPeople, receivedMs } = message
  return {
    language: tenant.language,
    url: tenant.portalUrl === '' ? '' : `${tenant.portalUrl.replace(/\/$/, '')}/m/${message.publicId}`,
    checkCode: message.checkCode,
    keptUntil: dayForReader(receivedMs + (days.get(ofPeople ?? rules.defaultClass) ?? tenant.originalDays) * DAY_MS, tenant.language),
    ...(days.size > 0 && rules.matches.length > 0 ? { byClass: { ...rules, ofPeople, keptUntil: { 1: dayOf(1), 2: dayOf(2), 3: dayOf(3) } } } : {}),
    contact: tenant.contact,
    texts: tenant.noticeTexts,
  }
}

const WAREKI = new Intl.DateTimeFormat('ja-JP-u-ca-japanese', { era: 'long', year: 'numeric', month: 'long', day: 'numeric', timeZone: 'Asia/Tokyo' })
const WESTERN = new Intl.DateTimeFormat('en-GB', { year: 'numeric', month: 'long', day: 'numeric' })

/** Every time zone's day begins on a quarter of an hour: within one, the day's name stays. */
const QUARTER_MS = 900_000
/** A few at a time: a day for each class. */
const lastDays = { ja: new Map<number, string>(), en: new Map<number, string>() }
const MOST_DAYS = 16

/** Formatting costs more than all else here, and mails of the same minutes are kept until the same day. */
function dayForReader(atMs: number, language: 'ja' | 'en'): string {
  const quarter = Math.floor(atMs / QUARTER_MS)
  const known = lastDays[language].get(quarter)
  if (known !== undefined) return known
  const text = (language === 'ja' ? WAREKI : WESTERN).format(atMs)
  if (lastDays[language].size >= MOST_DAYS) lastDays[language].clear()
  lastDays[language].set(quarter, text)
  return text
}
