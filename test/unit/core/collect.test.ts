/** What was collected of a part is what was sent, however the octets came. */
import { Buffer } from 'node:buffer'
import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { Collector } from '../../../core/collect.ts'
import { DEFAULT_READER_LIMITS } from '../../../core/mime/part.ts'
import { MimeReader } from '../../../core/mime/reader.ts'

/** Larger than what is decoded at once, and nowhere the same. */
const CONTENT = Buffer.from(Array.from({ length: 6_000 }, (_, line) => `line ${line} of a file\r\n`).join(''))
const HEADER = 'From: a@x.example\r\nContent-Type: application/octet-stream; name=a.bin\r\nContent-Disposition: attachment\r\n'
const ENCODED: Readonly<Record<string, string>> = {
  base64: CONTENT.toString('base64').replace(/.{76}/g, '$&\r\n'),
  'quoted-printable': CONTENT.toString(),
  '7bit': CONTENT.toString(),
}

test.each(Object.keys(ENCODED).flatMap(encoding => [1 << 20, 65_536, 10_000, 777].map(size => [encoding, size] as const)))('%s in chunks of %i', async (encoding, size) => {
  const mail = Buffer.from(`${HEADER}Content-Transfer-Encoding: ${encoding}\r\n\r\n${ENCODED[encoding]}`)
  const collector = new Collector({ limits: { textPartBytes: 1 << 24, fileBytes: 1 << 24, filesBytes: 1 << 24 }, wanted: () => true })
  const reader = new MimeReader(collector, DEFAULT_READER_LIMITS)
  // The sender of chunks uses its memory again, as it may.
  const shared = Buffer.alloc(size)
  for (let at = 0; at < mail.length; at += size) reader.write(shared.subarray(0, mail.copy(shared, 0, at, at + size)))
  reader.end()
  await collector.settled()
  const [root] = collector.roots
  expect(root!.sha256).toBe(hash('sha256', CONTENT))
  expect(Buffer.from(root!.content!).equals(CONTENT)).toBe(true)
})
