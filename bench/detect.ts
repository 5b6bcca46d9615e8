/**
 * How fast is it told what a file is, beside file-type, which knows magic numbers but neither text nor what is inside of containers?
 *
 *   npm run bench -- detect [rounds]
 *
 * Small files of the kinds that offices send, whole and in memory.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileTypeFromBuffer } from 'file-type'
import { detect } from '../core/media/detect.ts'
import { type Contest, hold } from './load/contest.ts'

const FIXTURES = join(import.meta.dirname, '../test/fixtures/disarm')
const FILES = ['ooxml/writer.docx', 'ooxml/calc.xlsx', 'legacy/doc.doc', 'pdf/img2pdf-jpeg.pdf', 'image/photo.jpg', 'archives/cp932.zip', 'image/README.md']

await hold(
  FILES.map((file): Contest => {
    const octets = readFileSync(join(FIXTURES, file))
    const facts = { size: octets.length, name: file, claimedType: 'application/octet-stream' }
    return { name: file, bytes: octets.length, contenders: { sekisho: () => detect(octets, facts), 'file-type': () => fileTypeFromBuffer(octets) } }
  }),
)
