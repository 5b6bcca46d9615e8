/** What must hold for every delivered message, whatever was sent: read by mailparser, not by our own reader. */
import { type ParsedMail, simpleParser } from 'mailparser'
import { LAST_WORDS } from './mails.ts'

export type Arrived = { readonly token: string; readonly parsed: ParsedMail; readonly problems: readonly string[] }

const FORBIDDEN = ['This program cannot be run', 'vbaProject', '<script']

/** `lineEnd` is what the place of delivery writes: a Maildir of Postfix has bare LF. */
export async function inspect(raw: Buffer, lineEnd: '\r\n' | '\n'): Promise<Arrived> {
  const parsed = await simpleParser(raw)
  const text = parsed.text ?? ''
  const problems = [...octetProblems(raw, lineEnd), ...contentProblems(raw, parsed)]
  if (!text.includes(LAST_WORDS)) problems.push('the body is not complete')
  return { token: /[A-Z0-9]+-\d{6}/.exec(parsed.subject ?? '')?.[0] ?? '', parsed, problems }
}

function octetProblems(raw: Buffer, lineEnd: '\r\n' | '\n'): string[] {
  const problems: string[] = []
  const lines = raw.toString('latin1').split(lineEnd)
  if (lines.at(-1) !== '') problems.push('the last line is not ended')
  if (lines.some(line => /[\r\n]/.test(line))) problems.push(lineEnd === '\n' ? 'CR' : 'bare CR or LF')
  if (lines.some(line => /[^\t\x20-\x7e]/.test(line.replace(/[\r\n]/g, '')))) problems.push('not 7-bit text')
  if (lines.some(line => line.length > 998)) problems.push('a line over 998 octets')
  return problems
}

function contentProblems(raw: Buffer, { attachments, text = '', html }: ParsedMail): string[] {
  const problems: string[] = []
  const everything = [raw, Buffer.from(text), Buffer.from(html === false ? '' : (html ?? '')), ...attachments.map(({ content }) => content)]
  for (const mark of FORBIDDEN) if (everything.some(bytes => bytes.includes(mark))) problems.push(`contains ${mark}`)
  if (attachments.some(({ content }) => content.subarray(0, 2).equals(Buffer.from('MZ')) || content.subarray(0, 2).equals(Buffer.from('PK')))) problems.push('a file went through')
  if (html) problems.push('an HTML part')
  return problems
}
