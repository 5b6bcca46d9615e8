/** Native code and WebAssembly at work where they really run: a heavy process with everything taken away, started for the first file. */
import { Buffer } from 'node:buffer'
import { join } from 'node:path'
import { simpleParser } from 'mailparser'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MADE_TYPES } from '../../../core/disarm/registry.ts'
import type { QueueId } from '../../../core/smtp/envelope.ts'
import { testJob } from '../../support/job.ts'
import { fixture, pixelsOf } from '../../support/picture.ts'
import { CODE_ROOT, type LocalWorkshop, openLocalWorkshop } from './local-workshop.ts'

const NAMES = ['oriented.jpg', 'alpha.png', 'palette.png', 'anim.gif', 'lossless.webp', 'fax.tif', 'photo.avif', 'photo.heic', 'rgb.bmp']

let local: LocalWorkshop
beforeAll(async () => {
  local = await openLocalWorkshop({
    workshop: { allowedTypes: MADE_TYPES, onDemand: { heavy: 1 } },
    launcher: {
      counts: { light: 1, heavy: 0, suspect: 1, verifier: 1 },
      modules: {
        sanitizer: join(CODE_ROOT, 'core/sanitize.ts'),
        disarmers: join(CODE_ROOT, 'core/disarm/registry.ts'),
        extraCode: [],
      },
    },
  })
})
afterAll(() => local.close())

function mailWith(names: readonly string[]): Buffer {
  const parts = names.map(name => {
    const head = `Content-Type: application/octet-stream; name=${name}\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64`
    return `--b\r\n${head}\r\n\r\n${Buffer.from(fixture(name)).toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n`
  })
  const header = 'From: a@example.com\r\nDate: Mon, 23 Nov 2026 09:00:00 +0900\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n'
  return Buffer.from(`${header}--b\r\n\r\nhello\r\n${parts.join('')}--b--\r\n`)
}

test('every kind of picture comes through', async () => {
  const result = await local.workshop.sanitize({ ...testJob(), queueId: 'q1' as QueueId }, mailWith(NAMES))
  if (result.kind !== 'done') throw new Error(result.kind)
  const [group] = result.result.groups
  expect(group!.report.parts.slice(2).map(({ name, outcome }) => [name, outcome])).toEqual(NAMES.map(name => [name, 'rebuilt']))
  const { attachments } = await simpleParser(Buffer.from(group!.message))
  for (const { content } of attachments) expect((await pixelsOf(content, 0)).length).toBeGreaterThan(1000)
  expect(attachments.length).toBe(NAMES.length)
  expect([local.deaths, local.alarms]).toEqual([[], []])
})
