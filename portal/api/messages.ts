/** Messages: found, one with its parts, one part, its life. What is known about them; never what is in them. */
import type { MemberReport, PartReport } from '../../core/verdict.ts'
import { count, list, object, oneOf, ref, text, time } from '../../rest/openapi.ts'
import { Problem } from '../../rest/problem.ts'
import { lifeOf } from '../admin/life.ts'
import type { TokenVisit } from '../http/route.ts'
import { MAIL_STATES, type MailMessage, type MailQuestion, type MailRow } from '../ports.ts'
import { type ApiOperation, type ApiRooms, choiceOf, given, iso, isoOrNull, json, momentOf, numberOf, operation, query, textOf } from './operation.ts'
import { jsonOf, pageOf } from './schemas.ts'

const LIMIT = { usual: 50, most: 200 }

/** How mails are looked for, here and in the quarantine. */
export const MAIL_FILTERS = [
  query('recipient', text('One mailbox, exactly.')),
  query('sender', text('Part of the sender’s name or address.')),
  query('subject', text('Part of the subject.')),
  query('file', text('Part of a file’s name.')),
  query('since', time('From this day or moment on.')),
  query('until', time('Before this day or moment.')),
  query('after', text('`next` of the page before.')),
  query('limit', { ...count(), minimum: 1, maximum: LIMIT.most }),
]

export function messageOperations(rooms: ApiRooms): ApiOperation[] {
  return [
    operation(
      { path: '/messages', operationId: 'listMessages', scope: 'messages', summary: 'Messages, newest first', parameters: [...MAIL_FILTERS, query('messageId', text('Header field Message-ID, exactly.')), query('state', oneOf(MAIL_STATES))], answer: jsonOf(pageOf('messages', ref('MessageRow'))) },
      async visit => {
        const { rows, next, searchedToMs } = await rooms.mail.list(mailQuestionOf(visit))
        return json({ messages: rows.map(rowOf), next: next ?? null, searchedTo: isoOrNull(searchedToMs) })
      },
    ),
    operation({ path: '/messages/{messageId}', operationId: 'getMessage', scope: 'messages', summary: 'One message with its parts', answer: jsonOf(ref('Message')) }, async visit => json(messageOf(await found(rooms, visit)))),
    operation({ path: '/messages/{messageId}/parts', operationId: 'listParts', scope: 'messages', summary: 'The parts of one message', answer: jsonOf(object({ parts: list(ref('Part')) })) }, async visit =>
      json({ parts: (await found(rooms, visit)).report.parts.map(partOf) }),
    ),
    operation({ path: '/messages/{messageId}/parts/{partId}', operationId: 'getPart', scope: 'messages', summary: 'One part', answer: jsonOf(ref('Part')) }, async visit => {
      const part = (await found(rooms, visit)).report.parts.find(({ id }) => id === visit.params['partId'])
      if (!part) throw new Problem('not-found')
      return json(partOf(part))
    }),
    operation({ path: '/messages/{messageId}/life', operationId: 'getLife', scope: 'messages', summary: 'Everything that happened to one message, oldest first', description: 'From the audit chains of gateway, vault and portal.', answer: jsonOf(object({ queueId: text(), steps: list(ref('Step')) })) }, async visit => {
      const { queueId } = await found(rooms, visit)
      const life = await lifeOf(rooms, visit.token.tenant, queueId)
      if (!life) throw new Problem('not-found')
      return json({ queueId, steps: life.steps.map(({ atMs, kind, actor, detail }) => ({ at: iso(atMs), kind, actor, detail })) })
    }),
  ]
}

/** @throws Problem */
export function mailQuestionOf(visit: TokenVisit): MailQuestion {
  const recipient = textOf(visit, 'recipient')
  const untilMs = momentOf(visit, 'until')
  const optional = { sender: textOf(visit, 'sender'), subject: textOf(visit, 'subject'), fileName: textOf(visit, 'file'), messageId: textOf(visit, 'messageId'), state: choiceOf(visit, 'state', MAIL_STATES), sinceMs: momentOf(visit, 'since'), untilMs: untilMs === undefined ? undefined : untilMs - 1, after: textOf(visit, 'after') }
  return { tenant: visit.token.tenant, mailboxes: recipient === undefined ? 'all' : [recipient], limit: numberOf(visit, 'limit', LIMIT), ...given(optional) }
}

/** Another tenant's is not there. @throws Problem */
async function found({ mail }: ApiRooms, { params, token }: TokenVisit): Promise<MailMessage> {
  const message = await mail.message(params['messageId']!)
  if (message?.tenant !== token.tenant) throw new Problem('not-found')
  return message
}

function rowOf({ publicId, queueId, acceptedAtMs, headerFrom, reversePath, subject, mailboxes, bytes, state, partsKept }: MailRow) {
  return { messageId: publicId, queueId, acceptedAt: iso(acceptedAtMs), from: headerFrom, reversePath, subject, recipients: mailboxes, bytes, state, partsKept }
}

function messageOf(message: MailMessage) {
  const { report, recipients } = message
  return {
    ...rowOf(message),
    recipients: recipients.map(({ mailbox, state, atMs }) => ({ mailbox, state, at: isoOrNull(atMs) })),
    headerMessageId: message.messageId,
    rawSha256: message.rawSha256,
    client: message.clientAddress,
    verdict: report.verdict,
    profile: report.profile,
    policyVersion: report.policyVersion,
    senderChecks: report.senderChecks ?? [],
    antivirus: report.antivirus ?? 'not-scanned',
    originalUntil: isoOrNull(message.originalUntilMs),
    parts: report.parts.map(partOf),
  }
}

function partOf(part: PartReport) {
  return { partId: part.id, ...fileOf(part), claimedType: part.claimedType }
}

function fileOf({ name, detectedType, bytes, sha256, outcome, disposition, rule, reason, deliveredName, besideName, removed, findings, members }: PartReport | MemberReport): Record<string, unknown> {
  return {
    ...{ name, detectedType, bytes, sha256, outcome, disposition, rule, reason: reason ?? null, deliveredName: deliveredName ?? null, besideName: besideName ?? null },
    removed: removed.map(each => ({ what: each.what, count: each.count })),
    findings: findings.map(({ code, detail }) => (detail === undefined ? { code } : { code, detail })),
    members: (members ?? []).map(fileOf),
  }
}
