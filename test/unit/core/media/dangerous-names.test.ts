import { expect, test } from 'vitest'
import { DANGEROUS_EXTENSIONS, isDangerousExtension } from '../../../../core/media/dangerous-names.ts'

test.each(['exe', 'JS', 'lnk', 'one', 'hta', 'library-ms', 'iso', 'ps1', 'xll', 'vhdx', 'url', 'settingcontent-ms'])('%s is dangerous', extension => {
  expect(isDangerousExtension(extension)).toBe(true)
})

test.each(['docx', 'xlsx', 'pdf', 'jpg', 'txt', 'csv', 'zip', 'lzh', 'jtd', 'xdw', 'jww', '', 'toString'])('%s is not', extension => {
  expect(isDangerousExtension(extension)).toBe(false)
})

test('every entry is a bare lower-case extension', () => {
  for (const extension of DANGEROUS_EXTENSIONS) expect(extension).toMatch(/^[a-z0-9-]+$/)
})
