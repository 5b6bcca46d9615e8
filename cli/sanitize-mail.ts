/** One mail as a file, through the same function that the gateway runs, and through the same verification. */
import { randomBytes, randomInt } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { RecipientSettings } from '../config/recipients.ts'
import type { Config } from '../config/schema.ts'
import { DISARMERS, MADE_TYPES } from '../core/disarm/registry.ts'
import { boundsOf, type ComposedGroup, type SanitizeJob } from '../core/job.ts'
import { checkCanonical } from '../core/mime/canonical.ts'
import { verifyComposed } from '../core/mime/verify.ts'
import { rebuildFile } from '../core/rebuild.ts'
import { beginSanitize, type SanitizeTools } from '../core/sanitize.ts'
import type { Mailbox, QueueId } from '../core/smtp/envelope.ts'
import type { Sanitized } from './sanitize.ts'

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

/** Offline there is nobody to ask: look-ups fail as they do without DNS. Heavy work is done in place. */
function offlineTools({ groups, limits }: SanitizeJob): SanitizeTools {
  return {
    lookupTxt: async () => {
      throw Object.assign(new Error('offline'), { code: 'ESERVFAIL' })
    },
    disarmHeavy: (task, group) => {
      const { policy } = groups.find(({ id }) => id === group) ?? groups[0]!
      return rebuildFile(task, { disarmers: DISARMERS, policy, bounds: boundsOf(limits) })
    },
  }
}

export async function sanitizeMail(config: Config, settings: RecipientSettings, file: string): Promise<Sanitized> {
  const job = jobFor(config, settings)
  const sanitizing = beginSanitize(job, offlineTools(job))
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) sanitizing.write(chunk)
  const {
    groups: [group],
  } = await sanitizing.end()
  if (group === undefined) throw new Error('no message was composed')
  if (group.report.verdict === 'reject') return { report: group.report, file: undefined }
  await assertVerified(group)
  return { report: group.report, file: { extension: 'eml', bytes: group.message } }
}

async function assertVerified({ message, manifest }: ComposedGroup): Promise<void> {
  const differences = [
    checkCanonical(message),
    ...(await verifyComposed(message, manifest, new Set(MADE_TYPES))),
  ].filter(each => each !== undefined)
  if (differences.length > 0)
    throw new Error(`what was composed is not what was meant, so it was not written: ${differences.join('; ')}`)
}

/** As if a listed upstream had sent it: no sender checks of ours, nothing refused. */
function jobFor(config: Config, { tenant, policy, groupKey }: RecipientSettings): SanitizeJob {
  return {
    queueId: 'offline' as QueueId,
    receivedDate: new Date().toUTCString().replace('GMT', '+0000'),
    hostname: config.hostname,
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
    loopMark: 'offline',
    seed: randomBytes(16).toString('hex'),
    groups: [
      {
        id: groupKey,
        tenant: tenant.id,
        policy,
        recipients: [`postmaster@${config.domains[0] ?? 'localhost'}` as Mailbox],
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
    limits: config.sanitizer.limits,
    mode: 'full',
  }
}
