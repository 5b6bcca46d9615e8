/**
 * One's own mails: every .eml of a folder, each as often as the others.
 *
 * Only the Message-ID is replaced, by one with the mark, so that the sink knows the mail again; nothing inside the mail is
 * marked, so mixing is seen by recipients only. Line ends become CRLF.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MARK_PLACE } from '../mark.ts'
import { composeTemplate } from '../template.ts'
import type { MailSet } from './kinds.ts'

export function mailsOfFolder(folder: string): MailSet {
  const names = readdirSync(folder)
    .filter(name => name.toLowerCase().endsWith('.eml'))
    .sort()
  if (names.length === 0) throw new Error(`there is no .eml file in ${folder}`)
  const templates = names.map(name => composeTemplate(name, [{ text: marked(readFileSync(join(folder, name))) }]))
  return { templates, weights: templates.map(() => 1) }
}

/** The octets with CRLF line ends and a Message-ID of ours at the end of the header. */
export function marked(eml: Buffer): Buffer {
  const lines = eml.toString('latin1').replace(/\r\n|\r|\n/g, '\r\n')
  const end = lines.startsWith('\r\n') ? 0 : lines.indexOf('\r\n\r\n')
  const header = end === -1 ? lines.trimEnd() : lines.slice(0, end)
  const body = end === -1 ? '' : lines.slice(end === 0 ? 2 : end + 4)
  const others = header.split(/\r\n(?![ \t])/).filter(each => each !== '' && !/^message-id[ \t]*:/i.test(each))
  const text = [...others, `Message-ID: <${MARK_PLACE}@loadtest.example>`, '', body].join('\r\n')
  return Buffer.from(text.endsWith('\r\n') ? text : `${text}\r\n`, 'latin1')
}
