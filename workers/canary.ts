/**
 * The canary: a harmless message with a known result. When a message kills its process, the canary is sent down
 * right after; only if it comes back well was it the message's fault.
 */
import { USUAL_FORMS } from '../core/file-forms.ts'
import { hash } from 'node:crypto'
import type { SanitizeJob, SanitizeResult } from '../core/job.ts'
import { DEFAULT_READER_LIMITS } from '../core/mime/part.ts'
import type { Mailbox, QueueId } from '../core/smtp/envelope.ts'

const SUBJECT = 'Canary'
const TEXT = 'The canary sings.'

export const CANARY_MESSAGE: Uint8Array = Buffer.from(
  [
    'From: canary@sekisho.invalid',
    'To: canary@sekisho.invalid',
    `Subject: ${SUBJECT}`,
    'Date: Thu, 01 Jan 2026 00:00:00 +0900',
    'Message-ID: <canary@sekisho.invalid>',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
    '',
    TEXT,
    '',
  ].join('\r\n'),
)

const MAILBOX = 'canary@sekisho.invalid' as Mailbox

export const CANARY_JOB: SanitizeJob = {
  queueId: 'canary' as QueueId,
  receivedDate: 'Thu, 01 Jan 2026 00:00:00 +0900',
  hostname: 'sekisho.invalid',
  session: {
    clientAddress: '127.0.0.1',
    helo: 'sekisho.invalid',
    protocol: 'ESMTP',
    listedUpstream: true,
    trustedAuthservIds: [],
  },
  reversePath: MAILBOX,
  spf: undefined,
  authenticate: [],
  loopMark: 'canary',
  seed: 'c0ffee00c0ffee00c0ffee00c0ffee00',
  groups: [
    {
      id: 'canary',
      tenant: 'default',
      policy: {
        profile: 'text-only',
        version: 'canary',
        rows: [],
        objects: {},
        files: USUAL_FORMS,
        links: 'keep',
        bodyCharset: 'utf-8',
        extraHeaderFields: [],
        subjectTag: '',
      },
      recipients: [MAILBOX],
      notice: { language: 'en', url: '', checkCode: '', keptUntil: '', contact: '', texts: {} },
      ownDomains: [],
    },
  ],
  limits: {
    reader: DEFAULT_READER_LIMITS,
    textPartBytes: 65_536,
    bodyBytes: 65_536,
    fileBytes: 65_536,
    filesBytes: 65_536,
    filePixels: 0,
    filePages: 0,
    rasterDpi: 50,
    fileEntries: 0,
    fileDepth: 0,
    fileMembers: 0,
    memberBytes: 0,
  },
  mode: 'full',
}

/** What is wrong with what became of the canary; '' when nothing is. That it verifies is checked beside this. */
export function canaryFault({ verdict, groups }: SanitizeResult): string {
  const manifest = groups[0]?.manifest
  if (verdict.kind !== 'relay' || groups.length !== 1 || !manifest) return 'not relayed'
  if (manifest.subject !== SUBJECT) return 'subject changed'
  if (manifest.textSha256 !== hash('sha256', TEXT)) return 'text changed'
  return manifest.files.length === 0 ? '' : 'files appeared'
}
