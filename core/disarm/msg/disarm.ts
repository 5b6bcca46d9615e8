/**
 * Outlook messages (.msg): read as properties, composed anew as .eml with their files disarmed.
 *
 *   octets ──▶ cfb.ts ──▶ read.ts ──▶ tools.member for each file ──▶ core/mime/compose.ts ──▶ .eml
 *
 * A file that may not pass is named in the text, with the reason. Blind recipients are not written. The body is plain text.
 * Standards: MS-OXMSG; RFC 5322 for what comes out.
 */
import { hash } from 'node:crypto'
import { compose, type OutField, type OutFile } from '../../mime/compose.ts'
import { encodePhrase, encodeUnstructured } from '../../mime/encode.ts'
import type { Removed } from '../../objects.ts'
import type { QueueId } from '../../smtp/envelope.ts'
import { makeHarmless, makeHarmlessLine } from '../../text/harmless.ts'
import { reasonOf } from '../../text/reasons.ts'
import type { Disarmed, Disarmer, DisarmInput } from '../contract.ts'
import { readCompound } from '../ole/cfb.ts'
import { type Message, type Party, readMessage } from './read.ts'

/** Not message/rfc822: see docs/decisions.md, "A mail as a file". */
const EML_TYPE = 'application/x-eml'
const MAX_LINE_LENGTH = 300
const MAILBOX = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,190}$/
const MESSAGE_ID = /^<[\x21-\x3b\x3d\x3f-\x7e]{1,200}>$/

export const msgDisarmer: Disarmer = {
  table: [
    { object: 'sender, recipients, subject, date, text', becomes: 'rebuilt' },
    { object: 'attached files and messages, each by its own rules', becomes: 'rebuilt', kind: 'embeddedFiles' },
    { object: 'attached files that may not pass', becomes: 'removed', kind: 'archiveMembers' },
    { object: 'objects of other programs', becomes: 'removed', kind: 'oleObjects' },
    { object: 'layout of an HTML body', becomes: 'removed', kind: 'layout' },
    { object: 'all other properties', becomes: 'removed' },
  ],
  async disarm(input: DisarmInput): Promise<Disarmed> {
    const root = readCompound(input.untrustedBytes)
    if (!root?.streams.has('__properties_version1.0')) return { kind: 'cannot', reason: 'malformed' }
    const message = readMessage(root, input.limits.outputBytes)
    if (message.files.length > input.limits.entries) return { kind: 'cannot', reason: 'limit' }
    const { files, lines, removed } = await rebuildFiles(message, input)
    const { text, findings } = makeHarmless(message.text)
    const bytes = composeMessage(message, [text, ...lines].join('\n'), files)
    if (bytes.length > input.limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
    return { kind: 'rebuilt', bytes, mediaType: EML_TYPE, extension: 'eml', removed, findings }
  },
}

type Files = { readonly files: OutFile[]; readonly lines: string[]; readonly removed: Removed[] }

async function rebuildFiles({ files, oleObjects, wasHtml }: Message, { tools }: DisarmInput): Promise<Files> {
  const rebuilt: OutFile[] = []
  const lines: string[] = []
  for (const file of files) {
    const member = await tools.member(file)
    if (member.kind === 'rebuilt') rebuilt.push(member)
    else lines.push(`〔添付ファイル「${member.name}」: ${reasonOf(member.reason).why.ja}〕`)
  }
  const removed: Removed[] = []
  if (lines.length > 0) removed.push({ what: 'archiveMembers', count: lines.length })
  if (oleObjects > 0) removed.push({ what: 'oleObjects', count: oleObjects })
  if (wasHtml) removed.push({ what: 'layout', count: 1 })
  return { files: rebuilt, lines: lines.length > 0 ? ['', ...lines] : [], removed }
}

function composeMessage(message: Message, text: string, files: readonly OutFile[]): Uint8Array {
  const subject = makeHarmlessLine(message.subject, MAX_LINE_LENGTH)
  const fields: OutField[] = [{ name: 'From', value: mailboxes([message.from]) }]
  if (message.to.length > 0) fields.push({ name: 'To', value: mailboxes(message.to) })
  if (message.cc.length > 0) fields.push({ name: 'Cc', value: mailboxes(message.cc) })
  if (message.sentMs !== undefined) fields.push({ name: 'Date', value: dateOf(message.sentMs) })
  if (MESSAGE_ID.test(message.messageId)) fields.push({ name: 'Message-ID', value: message.messageId })
  fields.push({ name: 'Subject', value: encodeUnstructured(subject) })
  // A boundary that equal messages share and that no text can know beforehand.
  const seed = hash('sha256', `${subject}\n${text}\n${files.map(({ bytes }) => hash('sha256', bytes)).join()}`).slice(0, 32)
  const { message: bytes } = compose({ queueId: '' as QueueId, fields, subject, messageId: '', text, iso2022Jp: undefined, files, seed })
  return new Uint8Array(bytes)
}

/** Whoever has no address that mail can be sent to becomes the name of an empty group (RFC 6854). */
function mailboxes(parties: readonly Party[]): string {
  return parties
    .map(({ name, address }) => {
      const phrase = encodePhrase(makeHarmlessLine(name, MAX_LINE_LENGTH))
      if (MAILBOX.test(address)) return phrase === '' ? address : `${phrase} <${address}>`
      return `${phrase || encodePhrase(makeHarmlessLine(address, MAX_LINE_LENGTH)) || 'unknown'}:;`
    })
    .join(', ')
}

function dateOf(timeMs: number): string {
  return new Date(timeMs).toUTCString().replace('GMT', '+0000')
}
