/** Octets of attachments arrive as they were sent, however many pieces the decoders made of them. */
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { beginSanitize } from '../../../core/sanitize.ts'
import { NO_TOOLS, testJob } from '../../support/job.ts'

/** No two pieces of it are alike. */
function pattern(bytes: number, seed: number): Buffer {
  const data = Buffer.alloc(bytes)
  for (let at = 0, value = seed; at < bytes; at++) data[at] = (value = (value * 48_271) % 0x7fffffff) & 0xff
  return data
}

test.each([1000, 4096, 65_536, 1 << 22])('several attachments, written in chunks of %d that are used again', async chunkBytes => {
  const files = [7_702, 25_409, 39_860, 60_000].map((bytes, index) => Buffer.concat([Buffer.from('%PDF-1.7\n'), pattern(bytes, index + 1)]))
  const parts = files.map((data, index) => `--b\r\nContent-Type: application/pdf; name=${index}.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n${data.toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n`)
  const mail = Buffer.from(`From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${parts.join('')}--b--\r\n`)
  const received: string[] = []
  const sanitizing = beginSanitize(testJob(), {
    ...NO_TOOLS,
    disarmHeavy: async ({ untrustedBytes }) => {
      received.push(createHash('sha256').update(untrustedBytes).digest('hex'))
      return { kind: 'pending' }
    },
  })
  const chunk = Buffer.alloc(chunkBytes)
  for (let at = 0; at < mail.length; at += chunkBytes) {
    const size = mail.copy(chunk, 0, at, at + chunkBytes)
    sanitizing.write(chunk.subarray(0, size))
    chunk.fill(0)
  }
  await sanitizing.end()
  expect(received).toEqual(files.map(data => createHash('sha256').update(data).digest('hex')))
})
