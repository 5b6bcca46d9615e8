/** Pages keep the size that the file gives them, to the last digit, and nothing but numbers is taken from around it. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { exactCorners } from '../../../../core/disarm/pdf/page-boxes.ts'
import { rebuildTestFile } from '../../../support/disarm.ts'

const A4 = [595.303937007874, 841.889763779528]
const cornersOf = (text: string) => [...exactCorners(Buffer.from(text, 'latin1')).values()]

describe('corners', () => {
  test.each([
    ['of a page', `/MediaBox[0 0 ${A4.join(' ')}]`, A4],
    ['with space', `/CropBox [ 0 0\n${A4.join('\r\n')} ]`, A4],
    ['with signs', '/TrimBox[-1.2345 +2.3456 .34567 4.]', [-1.2345, 2.3456, 0.34567]],
    ['that are short are what PDFium writes', '/MediaBox[0 0 595.5 842]', []],
    ['among other things', '/MediaBox[0 0 1e999 595.303937007874 (x) 5 0 R]', [595.303937007874]],
    ['of a box that never ends', `/MediaBox[0 0 595.303937007874 ${' '.repeat(200)}]`, []],
    ['too long to be meant', `/MediaBox[0 0 595.${'3'.repeat(40)} 1]`, []],
    ['that could be either of two', '/MediaBox[0 0 595.303937007874 1]/CropBox[0 0 595.303937007875 1]', []],
    ['that stand twice', `/MediaBox[0 0 ${A4.join(' ')}]`.repeat(3), A4],
  ])('%s', (_, text, found) => expect(cornersOf(text)).toEqual(found))
})

test('a page of LibreOffice has its size to the last digit, and again when what was rebuilt is rebuilt', async () => {
  const original = readFileSync(new URL('../../../fixtures/disarm/pdf/libreoffice-tagged-form.pdf', import.meta.url))
  let bytes: Uint8Array = original
  for (let time = 0; time < 2; time++) {
    const rebuilt = await rebuildTestFile(bytes, 'application/pdf')
    if (rebuilt.kind !== 'rebuilt') throw new Error(rebuilt.reason)
    bytes = rebuilt.file.bytes
    expect(Buffer.from(bytes).toString('latin1')).toContain(`/MediaBox [0 0 ${A4.join(' ')}]`)
  }
})
