/**
 * How fast is the streaming reader beside the parsers that one would use instead?
 *
 *   node bench/reader.ts
 *
 * Small mails in messages a second, a large attachment in MB/s; each with a consumer that only counts octets
 * (mailparser's simpleParser builds an object, mailsplit does not even decode). Rounds of all contenders are
 * interleaved; median and slowest are printed, one JSON line each, after a line about the machine.
 */
import { cpus } from 'node:os'
import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import { simpleParser, type SimpleParserOptions } from 'mailparser'
import { DEFAULT_READER_LIMITS } from '../core/mime/part.ts'
import { MimeReader } from '../core/mime/reader.ts'

const CHUNK_BYTES = 64 * 1024
const ROUNDS = Number(process.argv[2] ?? 9)

type Splitter = NodeJS.ReadWriteStream & {
  on(event: 'data', take: (node: { type: string; value?: Buffer }) => void): Splitter
}
const { Splitter } = createRequire(import.meta.url)('@zone-eu/mailsplit') as { Splitter: new () => Splitter }

function chunksOf(message: Buffer): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0; at < message.length; at += CHUNK_BYTES) chunks.push(message.subarray(at, at + CHUNK_BYTES))
  return chunks
}

function readWithSekisho(message: Buffer): number {
  let octets = 0
  const events = {
    partStart: () => true,
    partData: (_: string, decoded: Uint8Array) => void (octets += decoded.length),
    partEnd: () => undefined,
    finding: () => undefined,
  }
  const reader = new MimeReader(events, DEFAULT_READER_LIMITS)
  for (const chunk of chunksOf(message)) reader.write(chunk)
  reader.end()
  return octets
}

/** Without its conversions between text and HTML, which are no part of reading. */
function readWithMailparserBare(message: Buffer): Promise<number> {
  return readWithMailparser(message, { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true })
}

async function readWithMailparser(message: Buffer, options: SimpleParserOptions = {}): Promise<number> {
  const parsed = await simpleParser(message, options)
  return (parsed.text ?? '').length + parsed.attachments.reduce((octets, each) => octets + each.size, 0)
}

async function readWithMailsplit(message: Buffer): Promise<number> {
  let octets = 0
  const splitter = new Splitter()
  splitter.on('data', node => void (octets += node.value?.length ?? 0))
  await new Promise((resolve, reject) => {
    splitter.on('end', resolve).on('error', reject)
    Readable.from(chunksOf(message)).pipe(splitter)
  })
  return octets
}

const CONTENDERS: Readonly<Record<string, (message: Buffer) => number | Promise<number>>> = {
  sekisho: readWithSekisho,
  mailparser: message => readWithMailparser(message),
  'mailparser, no conversions': readWithMailparserBare,
  mailsplit: readWithMailsplit,
}

function smallMail(): Buffer {
  const text = 'お世話になっております。会議の資料をお送りします。ご確認をお願いいたします。\r\n'.repeat(9)
  const html = `<html><body><p style=3D"margin:0">${'=E4=BC=9A=E8=AD=B0 '.repeat(4)}</p>=\r\n`.repeat(20)
  return Buffer.from(
    [
      ...Array.from(
        { length: 4 },
        (_, i) =>
          `Received: from mx${i}.example.jp (mx${i}.example.jp [192.0.2.${i}])\r\n\tby hop${i}.example.jp (Postfix) with ESMTPS id 4X${i}abcdef\r\n\tfor <staff@town.example.jp>; Mon, 23 Nov 2026 09:30:0${i} +0900 (JST)`,
      ),
      'From: =?UTF-8?B?5bGx55Sw5aSq6YOO?= <yamada@example.jp>',
      'To: staff@town.example.jp',
      'Subject: =?UTF-8?B?5Lya6K2w44Gu6LOH5paZ?=',
      'Date: Mon, 23 Nov 2026 09:30:00 +0900',
      'Message-ID: <20261123093000.1234@example.jp>',
      'MIME-Version: 1.0',
      'X-Mailer: Example 1.0',
      'Content-Type: multipart/alternative; boundary="----=_Part_1234_567890.1234567890"',
      '',
      '------=_Part_1234_567890.1234567890',
      'Content-Type: text/plain; charset=UTF-8',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from(text).toString('base64').replace(/.{76}/g, '$&\r\n'),
      '------=_Part_1234_567890.1234567890',
      'Content-Type: text/html; charset=UTF-8',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      html,
      '------=_Part_1234_567890.1234567890--',
      '',
    ].join('\r\n'),
  )
}

function largeMail(bytes: number): Buffer {
  const file = Buffer.alloc(bytes, 'not random, but no parser cares; ').toString('base64').replace(/.{76}/g, '$&\r\n')
  return Buffer.from(
    `From: a@example.jp\r\nContent-Type: multipart/mixed; boundary="----=_Part_9_8.7"\r\n\r\n------=_Part_9_8.7\r\n\r\ntext\r\n------=_Part_9_8.7\r\nContent-Type: application/pdf; name="a.pdf"\r\nContent-Disposition: attachment; filename="a.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n${file}\r\n------=_Part_9_8.7--\r\n`,
  )
}

async function secondsFor(
  run: (message: Buffer) => number | Promise<number>,
  message: Buffer,
  times: number,
): Promise<number> {
  const startMs = performance.now()
  for (let i = 0; i < times; i++) if ((await run(message)) === 0) throw new Error('nothing was read')
  return (performance.now() - startMs) / 1000
}

async function compare(
  name: string,
  message: Buffer,
  times: Readonly<Record<string, number>>,
  unit: 'messages/s' | 'MB/s',
): Promise<void> {
  const rates = new Map<string, number[]>(Object.keys(CONTENDERS).map(contender => [contender, []]))
  for (let round = -2; round < ROUNDS; round++) {
    for (const [contender, run] of Object.entries(CONTENDERS)) {
      const count = times[contender]!
      const seconds = await secondsFor(run, message, count)
      if (round >= 0) rates.get(contender)!.push((unit === 'MB/s' ? message.length / 1e6 : 1) * (count / seconds))
    }
  }
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!
  const base = median(rates.get('mailparser')!)
  for (const [contender, values] of rates) {
    const rate = median(values)
    console.log(
      JSON.stringify({
        case: name,
        contender,
        unit,
        median: Math.round(rate),
        slowest: Math.round(Math.min(...values)),
        timesMailparser: Number((rate / base).toFixed(1)),
      }),
    )
  }
}

const small = smallMail()
console.log(
  JSON.stringify({
    machine: cpus()[0]?.model,
    cores: cpus().length,
    node: process.version,
    rounds: ROUNDS,
    smallBytes: small.length,
  }),
)
await compare(
  'small mail, 5 KB',
  small,
  { sekisho: 3000, mailparser: 300, 'mailparser, no conversions': 300, mailsplit: 1000 },
  'messages/s',
)
await compare(
  'attachment, 10 MB',
  largeMail(10 * 2 ** 20),
  { sekisho: 10, mailparser: 2, 'mailparser, no conversions': 2, mailsplit: 2 },
  'MB/s',
)
