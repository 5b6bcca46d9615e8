/** Archives where they are really opened: 7-Zip in a heavy process with everything taken away. */
import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MADE_TYPES } from '../../../core/disarm/registry.ts'
import type { QueueId } from '../../../core/smtp/envelope.ts'
import { testJob } from '../../support/job.ts'
import { CODE_ROOT, type LocalWorkshop, openLocalWorkshop } from './local-workshop.ts'

const NAMES = ['plain.7z', 'cp932.zip', 'gnu.tar.xz', 'gcab.cab', 'locked.7z', 'zeros.bz2']

let local: LocalWorkshop
beforeAll(async () => {
  local = await openLocalWorkshop({
    workshop: { allowedTypes: MADE_TYPES },
    launcher: {
      counts: { light: 1, heavy: 1, suspect: 1, verifier: 1 },
      modules: { sanitizer: join(CODE_ROOT, 'core/sanitize.ts'), disarmers: join(CODE_ROOT, 'core/disarm/registry.ts'), extraCode: [] },
    },
  })
})
afterAll(() => local.close())

function mailWith(names: readonly string[]): Buffer {
  const parts = names.map(name => {
    const content = readFileSync(new URL(`../../fixtures/disarm/archives/${name}`, import.meta.url))
    const head = `Content-Type: application/octet-stream; name=${name}\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64`
    return `--b\r\n${head}\r\n\r\n${content.toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n`
  })
  const header = 'From: a@example.com\r\nDate: Mon, 23 Nov 2026 09:00:00 +0900\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n'
  return Buffer.from(`${header}--b\r\n\r\nhello\r\n${parts.join('')}--b--\r\n`)
}

test('archives come through, locked ones and bombs are kept back, and no process dies of them', async () => {
  const result = await local.workshop.sanitize({ ...testJob(), queueId: 'q1' as QueueId }, mailWith(NAMES))
  if (result.kind !== 'done') throw new Error(result.kind)
  const [group] = result.result.groups
  expect(group!.report.parts.slice(2).map(({ name, outcome, reason }) => [name, outcome, reason])).toEqual([
    ...NAMES.slice(0, 4).map(name => [name, 'rebuilt', undefined]),
    ['locked.7z', 'quarantined', 'encrypted'],
    ['zeros.bz2', 'quarantined', 'too-large'],
  ])
  expect([local.deaths, local.alarms]).toEqual([[], []])
})
