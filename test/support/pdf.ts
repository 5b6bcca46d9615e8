/** PDF files of tests, written by hand: objects as text, offsets and table by the writer here. */
import { Buffer } from 'node:buffer'
import { deflateSync } from 'node:zlib'
import { expect } from 'vitest'
import type { Disarmed } from '../../core/disarm/contract.ts'
import { loadPdf } from '../../core/disarm/pdf/pdf.ts'
import type { InputChanges } from './disarm.ts'
import { disarmInput } from './disarm.ts'

type PdfObject = string | { readonly dict: string; readonly data: string | Uint8Array }

/** Objects 1, 2, 3 …; the first is the catalog. `trailer` is what stands in it beside size and root. */
export function pdfFile(objects: readonly PdfObject[], trailer = ''): Uint8Array {
  const chunks: Buffer[] = [Buffer.from('%PDF-1.7\n', 'latin1')]
  const rows: string[] = []
  let at = chunks[0]!.length
  for (const [index, object] of objects.entries()) {
    rows.push(`${String(at).padStart(10, '0')} 00000 n \n`)
    const bytes = objectBytes(index + 1, object)
    chunks.push(bytes)
    at += bytes.length
  }
  const size = objects.length + 1
  chunks.push(Buffer.from(`xref\n0 ${size}\n0000000000 65535 f \n${rows.join('')}trailer\n<</Size ${size}/Root 1 0 R${trailer}>>\nstartxref\n${at}\n%%EOF\n`, 'latin1'))
  return new Uint8Array(Buffer.concat(chunks))
}

function objectBytes(number: number, object: PdfObject): Buffer {
  if (typeof object === 'string') return Buffer.from(`${number} 0 obj\n${object}\nendobj\n`, 'latin1')
  const data = typeof object.data === 'string' ? Buffer.from(object.data, 'latin1') : object.data
  const head = `${number} 0 obj\n<<${object.dict}/Length ${data.length}>>\nstream\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), data, Buffer.from('\nendstream\nendobj\n')])
}

export function flate(dict: string, text: string | Uint8Array): PdfObject {
  return { dict: `${dict}/Filter/FlateDecode`, data: deflateSync(text) }
}

type PageParts = { readonly catalog?: string; readonly page?: string; readonly content?: string; readonly more?: readonly PdfObject[]; readonly trailer?: string }

/** One page of 200 by 100 points with a line of text; `more` begins at object 6. */
export function onePage({ catalog = '', page = '', content = 'BT /F1 20 Tf 10 40 Td (Hello) Tj ET', more = [], trailer = '' }: PageParts = {}): Uint8Array {
  return pdfFile(
    [
      `<</Type/Catalog/Pages 2 0 R${catalog}>>`,
      '<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 200 100]>>',
      `<</Type/Page/Parent 2 0 R/Resources<</Font<</F1 5 0 R>>>>/Contents 4 0 R${page}>>`,
      { dict: '', data: content },
      '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
      ...more,
    ],
    trailer,
  )
}

export async function disarmPdf(bytes: Uint8Array, changes: InputChanges = {}): Promise<Disarmed> {
  return (await loadPdf()).disarm(disarmInput(bytes, 'application/pdf', changes))
}

export type RebuiltPdf = Extract<Disarmed, { kind: 'rebuilt' }> & { /** The file as text. */ readonly text: string; readonly counts: Readonly<Record<string, number>> }

export async function rebuildPdf(bytes: Uint8Array, changes: InputChanges = {}): Promise<RebuiltPdf> {
  const disarmed = await disarmPdf(bytes, changes)
  if (disarmed.kind !== 'rebuilt') expect.fail(`expected a rebuilt file, got: ${disarmed.reason}`)
  const counts = Object.fromEntries(disarmed.removed.map(({ what, count }) => [what, count]))
  return { ...disarmed, counts, text: Buffer.from(disarmed.bytes).toString('latin1') }
}
