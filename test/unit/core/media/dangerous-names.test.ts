import { expect, test } from 'vitest'
import { DANGEROUS_EXTENSIONS, isProgram } from '../../../../core/media/dangerous-names.ts'

test.each(['exe', 'js', 'lnk', 'one', 'hta', 'library-ms', 'ps1', 'xll', 'vhdx', 'url', 'settingcontent-ms', 'xlam'])('%s is dangerous', extension => {
  expect(DANGEROUS_EXTENSIONS).toContain(extension)
})

test.each(['docx', 'xlsx', 'pdf', 'jpg', 'txt', 'csv', 'zip', 'lzh', 'jtd', 'xdw', 'jww', ''])('%s is not', extension => {
  expect(DANGEROUS_EXTENSIONS).not.toContain(extension)
})

test.each(['html', 'htm', 'mht', 'iso', 'img', 'cab', 'arj', 'ics', 'mdb', 'cer'])('%s is judged by what it holds', extension => {
  expect(DANGEROUS_EXTENSIONS).not.toContain(extension)
})

test('every entry is a bare lower-case extension, once', () => {
  for (const extension of DANGEROUS_EXTENSIONS) expect(extension).toMatch(/^[a-z0-9-]+$/)
  expect(new Set(DANGEROUS_EXTENSIONS).size).toBe(DANGEROUS_EXTENSIONS.length)
})

test.each([
  ['a.EXE. ', '', true],
  ['a.txt', 'application/x-msdownload', true],
  ['a.docm', 'application/vnd.ms-word.document.macroenabled.12', false],
  ['', 'application/pdf', false],
])('a program by name or content: %s %s → %s', (name, type, is) => expect(isProgram(name, type)).toBe(is))
