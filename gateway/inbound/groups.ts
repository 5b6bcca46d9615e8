/**
 * Recipients with the same effective policy share one composed message, and so one policy group.
 * The tenant is part of the key always, the route too: a group is delivered as one.
 */
import { type Classification, highestClass } from '../../core/classification.ts'
import type { NoticeContext, PolicyGroup } from '../../core/job.ts'
import type { Policy } from '../../core/policy/model.ts'
import type { Mailbox } from '../../core/smtp/envelope.ts'
import type { TenantId } from '../../store/contract.ts'
import type { Ids } from './ids.ts'

/** What settings say about one recipient. */
export type RecipientPolicy = {
  readonly tenant: TenantId
  /** Equal keys mean equal policy, notice texts and language. */
  readonly policyKey: string
  readonly policy: Policy
  readonly route: string
  readonly retentionClass: string
  /** 機密性 of this mailbox or its departments, where one is known. */
  readonly classification: Classification | undefined
  readonly ownDomains: readonly string[]
  /** The notice's part of this recipient's settings; the URL is made from the public number. */
  readonly notice: (numbers: NoticeNumbers) => NoticeContext
}

export type NoticeNumbers = {
  readonly publicId: string
  readonly checkCode: string
  readonly receivedMs: number
  /** The highest of all recipients of this tenant: one original is kept for them all. */
  readonly classification: Classification | undefined
}

/** A policy group with what the store and the relay need beside it. */
export type RoutedGroup = {
  readonly group: PolicyGroup
  readonly route: string
  /** The highest of all recipients of this tenant. */
  readonly classification: Classification | undefined
  readonly publicId: string
  readonly checkCode: string
}

/** One check code for the whole message, one public number per group: each tenant has its own page. */
export function groupRecipients(
  recipients: readonly Mailbox[],
  policyFor: (mailbox: Mailbox) => RecipientPolicy,
  message: { readonly ids: Ids; readonly receivedMs: number },
): readonly RoutedGroup[] {
  const members = new Map<string, { readonly settings: RecipientPolicy; readonly recipients: Mailbox[] }>()
  const classes = new Map<TenantId, Classification | undefined>()
  for (const recipient of recipients) {
    const settings = policyFor(recipient)
    classes.set(settings.tenant, highestClass([classes.get(settings.tenant), settings.classification]))
    const key = JSON.stringify([settings.tenant, settings.policyKey, settings.route])
    const group = members.get(key)
    if (group) group.recipients.push(recipient)
    else members.set(key, { settings, recipients: [recipient] })
  }
  const checkCode = message.ids.checkCode()
  return [...members.values()].map(({ settings, recipients }, index) => {
    const publicId = message.ids.publicId()
    const { tenant, policy, ownDomains, route } = settings
    const classification = classes.get(tenant)
    const notice = settings.notice({ publicId, checkCode, receivedMs: message.receivedMs, classification })
    const group: PolicyGroup = { id: String(index + 1), tenant, policy, recipients, notice, ownDomains }
    return { group, route, classification, publicId, checkCode }
  })
}
