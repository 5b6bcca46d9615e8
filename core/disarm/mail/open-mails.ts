/**
 * Mailboxes and winmail.dat as archives: each mail, or each part, is an entry.
 *
 * A mailbox is cut where a line "From " follows an empty line, or at its begin; ">From " loses the sign that a writer
 * put in front (RFC 4155; of its dialects, the one that all readers take).
 * Standards: RFC 4155 (mbox), MS-OXTNEF.
 */
import { Buffer } from 'node:buffer'
import { openTnef } from '../../media/tnef.ts'
import type { Cannot } from '../contract.ts'
import { type ArchiveContents, type ArchiveLimits, cannot, contents, fileEntry } from '../archive/entry.ts'

/** A time ends the line: "From " alone begins many a sentence. */
const ENVELOPE_LINE = /^From [^\n]{1,300}\d{4}[^\n]{0,12}\r?\n/
const SEPARATOR = Buffer.from('\nFrom ')

export function openMbox(untrustedBytes: Uint8Array, limits: ArchiveLimits): ArchiveContents | Cannot {
  const buffer = Buffer.from(untrustedBytes.buffer, untrustedBytes.byteOffset, untrustedBytes.byteLength)
  const starts = mailStarts(buffer, limits.entries)
  if (starts === undefined) return cannot('limit')
  if (starts.length === 0) return cannot('malformed')
  const digits = String(starts.length).length
  const entries = starts.map((start, index) => {
    const mail = buffer.subarray(start.contentAt, starts[index + 1]?.lineAt ?? buffer.length)
    return fileEntry(`${String(index + 1).padStart(digits, '0')}.eml`, unquoted(mail))
  })
  return contents(entries)
}

type Start = { readonly lineAt: number; readonly contentAt: number }

/** Undefined with more mails than allowed. */
function mailStarts(buffer: Buffer, mostMails: number): Start[] | undefined {
  const starts: Start[] = []
  for (let lineAt = 0; lineAt >= 0 && lineAt < buffer.length; ) {
    const line = afterEmptyLine(buffer, lineAt) ? ENVELOPE_LINE.exec(buffer.toString('latin1', lineAt, lineAt + 400)) : null
    if (line) starts.push({ lineAt, contentAt: lineAt + line[0].length })
    if (starts.length > mostMails) return undefined
    const next = buffer.indexOf(SEPARATOR, lineAt)
    lineAt = next < 0 ? -1 : next + 1
  }
  return starts[0]?.lineAt === 0 ? starts : []
}

function afterEmptyLine(buffer: Buffer, at: number): boolean {
  return at === 0 || (buffer[at - 1] === 0x0a && (buffer[at - 2] === 0x0a || (buffer[at - 2] === 0x0d && buffer[at - 3] === 0x0a)))
}

function unquoted(mail: Buffer): Buffer {
  return mail.includes('\n>From ') ? Buffer.from(mail.toString('latin1').replace(/\n>From /g, '\nFrom '), 'latin1') : mail
}

export function openWinmail(untrustedBytes: Uint8Array): ArchiveContents | Cannot {
  const opened = openTnef(untrustedBytes)
  if (!opened) return cannot('malformed')
  const { body, htmlBody, rtfBody, files, findings } = opened
  const text = body ? fileEntry('body.txt', Buffer.from(body)) : htmlBody ? fileEntry('body.html', Buffer.from(htmlBody)) : undefined
  const rtf = !text && rtfBody ? fileEntry('body.rtf', rtfBody) : undefined
  const entries = [text, rtf].filter(entry => entry !== undefined)
  return contents([...entries, ...files.map(file => fileEntry(file.name || 'file', file.bytes))], { findings })
}
