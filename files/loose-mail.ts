/** One mail as a file, by the same call that the gateway makes for a mail that arrives. */
import { randomBytes, randomInt } from 'node:crypto'
import type { SanitizeJob } from '../core/job.ts'
import type { Mailbox, QueueId } from '../core/smtp/envelope.ts'
import type { WorkResult, Workshop } from '../workers/contract.ts'
import { type Brought, type DeskRules, type Sanitized, Unavailable } from './desk.ts'

const MAIL_TYPE = 'message/rfc822'
const MAIL_FIELDS = /^(?:received|from|to|date|subject|message-id|mime-version|return-path|delivered-to|content-type):/i
const FIELD_LINE = /^[!-9;-~]+:|^[ \t]/

/** By its name, or because it begins with a header that has two fields of a mail (RFC 5322 §2.2). */
export function looksLikeMail(name: string, head: Uint8Array): boolean {
  if (/\.eml$/i.test(name)) return true
  const lines = Buffer.from(head).toString('latin1').split(/\r?\n/)
  const end = lines.indexOf('')
  const header = end === -1 ? lines.slice(0, -1) : lines.slice(0, end)
  return header.every(line => FIELD_LINE.test(line)) && header.filter(line => MAIL_FIELDS.test(line)).length >= 2
}

/** @throws Unavailable when the workshop is full or sick, or what reading throws. */
export async function sanitizeMail({ open }: Brought, rules: DeskRules, workshop: Workshop): Promise<Sanitized> {
  const again = () => open() as AsyncIterable<Uint8Array>
  const work = workshop.begin(jobFor(rules), again)
  let bytes = 0
  try {
    // What is written may be handed over: the chunk is not ours afterwards.
    for await (const chunk of again()) {
      bytes += chunk.length
      await work.write(chunk)
    }
  } catch (error) {
    work.abort()
    throw error
  }
  return sanitizedOf(await work.finish(), bytes)
}

function sanitizedOf(work: WorkResult, bytes: number): Sanitized {
  if (work.kind === 'sick') throw new Unavailable(`the sanitizer is not well: ${work.reason}`)
  if (work.kind !== 'done') throw new Unavailable('no sanitizer process was free in time')
  const [group] = work.result.groups
  if (group === undefined) throw new Unavailable('no message was composed')
  const { report, message } = group
  const file = message.length === 0 ? undefined : { extension: 'eml', mediaType: MAIL_TYPE, bytes: message }
  return { report, type: MAIL_TYPE, bytes, file }
}

/** As if a listed upstream had sent it: no sender checks of ours, nothing refused. */
function jobFor({ tenant, policy, limits, hostname, recipient }: DeskRules): SanitizeJob {
  return {
    queueId: `by-hand-${randomBytes(6).toString('hex')}` as QueueId,
    receivedDate: new Date().toUTCString().replace('GMT', '+0000'),
    hostname,
    session: {
      clientAddress: '127.0.0.1',
      helo: 'localhost',
      protocol: 'ESMTP',
      listedUpstream: true,
      trustedAuthservIds: [],
    },
    reversePath: null,
    spf: undefined,
    authenticate: [],
    loopMark: 'by-hand',
    seed: randomBytes(16).toString('hex'),
    groups: [
      {
        id: 'by-hand',
        tenant: tenant.id,
        policy,
        recipients: [recipient as Mailbox],
        notice: {
          language: tenant.language,
          url: '',
          checkCode: String(randomInt(10_000)).padStart(4, '0'),
          keptUntil: '',
          contact: tenant.contact,
          texts: tenant.noticeTexts,
        },
        ownDomains: tenant.ownDomains,
      },
    ],
    limits,
    mode: 'full',
  }
}
