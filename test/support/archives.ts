/** Archives made octet by octet, where no program makes what a test needs: lies, old formats, formats nobody may write. */
import { Buffer } from 'node:buffer'
import { crc32, deflateRawSync } from 'node:zlib'

export type TestFile = { readonly name: string | Uint8Array; readonly content?: Uint8Array | string }

const octets = (data: Uint8Array | string | undefined, charset: BufferEncoding = 'utf8') => (typeof data === 'string' ? Buffer.from(data, charset) : Buffer.from(data ?? ''))
const u16 = (...numbers: number[]) => Buffer.concat(numbers.map(number => Buffer.from([number & 255, (number >> 8) & 255])))
const u32 = (...numbers: number[]) => Buffer.concat(numbers.map(number => u16(number & 0xffff, number >>> 16)))

/** CP932 for the few names that tests use. */
export function cp932(text: string): Buffer {
  return Buffer.concat([...text].map(character => CP932.get(character) ?? Buffer.from(character, 'latin1')))
}
const CP932 = new Map(
  Object.entries({ 日: '93fa', 本: '967b', 語: '8cea', ソ: '835c', 表: '955c', 能: '945c', 資: '8e91', 料: '97bf', 見: '8ca9', 積: '90cf', 書: '8f91', 予: '975c', 定: '92e8' }).map(
    ([character, hex]) => [character, Buffer.from(hex, 'hex')],
  ),
)

export type ZipTestFile = TestFile & {
  readonly localName?: string
  readonly flags?: number
  readonly claimedBytes?: number
  readonly externalAttributes?: number
  /** Takes the local entry of this index instead of having one. */
  readonly sharesEntry?: number
  readonly extra?: Uint8Array
}

export function zipOf(files: readonly ZipTestFile[], { before = '', behind = '' } = {}): Uint8Array {
  const pieces: Buffer[] = [Buffer.from(before, 'latin1')]
  const offsets: number[] = []
  const directory: Buffer[] = []
  let at = pieces[0]!.length
  for (const file of files) {
    const content = octets(file.content)
    const data = deflateRawSync(content)
    const name = octets(file.name)
    const extra = octets(file.extra)
    const fields = (rawName: Buffer) => Buffer.concat([u16(20, file.flags ?? 0, 8, 0, 0x21), u32(crc32(content), data.length, file.claimedBytes ?? content.length), u16(rawName.length)])
    if (file.sharesEntry === undefined) {
      const localName = file.localName === undefined ? name : Buffer.from(file.localName)
      const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields(localName), u16(0), localName, data])
      offsets.push(at)
      pieces.push(local)
      at += local.length
    } else offsets.push(offsets[file.sharesEntry]!)
    directory.push(
      Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), u16(0x0314), fields(name), u16(extra.length, 0, 0, 0), u32(file.externalAttributes ?? 0, offsets.at(-1)!), name, extra]),
    )
  }
  const listing = Buffer.concat(directory)
  const end = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), u16(0, 0, files.length, files.length), u32(listing.length, at), u16(0)])
  return new Uint8Array(Buffer.concat([...pieces, listing, end, Buffer.from(behind, 'latin1')]))
}

export type LzhTestFile = TestFile & { readonly level: 0 | 1 | 2; readonly folder?: Uint8Array; readonly method?: string; readonly packed?: Uint8Array; readonly codepage?: number }

export function lzhOf(files: readonly LzhTestFile[], behind = ''): Uint8Array {
  return new Uint8Array(Buffer.concat([...files.map(lzhEntry), Buffer.from(`\0${behind}`, 'latin1')]))
}

function lzhEntry({ name, content, level, folder, method = '-lh0-', packed, codepage }: LzhTestFile): Buffer {
  const data = octets(content)
  const body = octets(packed ?? data)
  const rawName = octets(name)
  const extension = (kind: number, bytes: Uint8Array) => Buffer.concat([Buffer.from([kind]), bytes])
  const extensions = [
    ...(level === 2 ? [extension(1, rawName)] : []),
    ...(folder ? [extension(2, folder)] : []),
    ...(codepage ? [extension(0x46, u32(codepage))] : []),
  ]
  // Each one is followed by the length of the next one.
  const chain = Buffer.concat([...extensions.map(each => Buffer.concat([u16(each.length + 2), each])), u16(0)])
  const method5 = Buffer.from(method, 'latin1')
  if (level === 2) {
    const head = Buffer.concat([method5, u32(body.length, data.length, 0), Buffer.from([0x20, 2]), u16(crc16(data)), Buffer.from('M'), chain])
    return Buffer.concat([u16(head.length + 2), head, body])
  }
  const packedBytes = body.length + (level === 1 ? chain.length - 2 : 0)
  const tail = level === 1 ? Buffer.concat([Buffer.from('M'), chain.subarray(0, 2)]) : Buffer.alloc(0)
  const head = Buffer.concat([method5, u32(packedBytes, data.length, 0), Buffer.from([0x20, level, rawName.length]), rawName, u16(crc16(data)), tail])
  const sum = head.reduce((total, octet) => total + octet, 0) & 255
  return Buffer.concat([Buffer.from([head.length, sum]), head, level === 1 ? chain.subarray(2) : Buffer.alloc(0), body])
}

function crc16(data: Uint8Array): number {
  let crc = 0
  for (const octet of data) {
    crc ^= octet
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  }
  return crc
}

/** -lh5- of one character repeated: one block whose only code has no bits. */
export function lh5Run(character: string, count: number): Uint8Array {
  const bits = [count.toString(2).padStart(16, '0'), '0'.repeat(10), '0'.repeat(9), character.charCodeAt(0).toString(2).padStart(9, '0'), '0'.repeat(8)].join('').padEnd(56, '0')
  return new Uint8Array(bits.match(/.{8}/g)!.map(octet => Number.parseInt(octet, 2)))
}

export type TarTestFile = TestFile & { readonly type?: string; readonly link?: string }

export function tarOf(files: readonly TarTestFile[]): Uint8Array {
  const blocks = files.flatMap(({ name, content, type = '0', link = '' }) => {
    const data = octets(content)
    const header = Buffer.alloc(512)
    octets(name).copy(header, 0, 0, 100)
    header.write('0000644\0', 100)
    header.write(`${data.length.toString(8).padStart(11, '0')}\0`, 124)
    header.write(`${'0'.repeat(11)}\0        ${type}${link}`, 136)
    header.write('ustar\x0000', 257, 'latin1')
    header.write(`${header.reduce((sum, octet) => sum + octet, 0).toString(8).padStart(6, '0')}\0 `, 148)
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)]
  })
  return new Uint8Array(Buffer.concat([...blocks, Buffer.alloc(1024)]))
}

/** RAR 5, stored (RARLAB technical note on the RAR 5.0 archive format). */
export function rar5Of(files: readonly TestFile[]): Uint8Array {
  const headers = files.flatMap(({ name, content }) => {
    const [data, rawName] = [octets(content), octets(name)]
    const fields = Buffer.concat([vint(2), vint(2), vint(data.length), vint(4), vint(data.length), vint(0x20), u32(crc32(data)), vint(0), vint(1), vint(rawName.length), rawName])
    return [rar5Header(fields), data]
  })
  const main = rar5Header(Buffer.concat([vint(1), vint(0), vint(0)]))
  const end = rar5Header(Buffer.concat([vint(5), vint(0), vint(0)]))
  return new Uint8Array(Buffer.concat([Buffer.from('526172211a070100', 'hex'), main, ...headers, end]))
}

function rar5Header(fields: Buffer): Buffer {
  const sized = Buffer.concat([vint(fields.length), fields])
  return Buffer.concat([u32(crc32(sized)), sized])
}

function vint(value: number): Buffer {
  const bytes = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest & 127) | 128)
  }
}

/** RAR 4, stored, names in the charset of the system it was made on. */
export function rar4Of(files: readonly TestFile[]): Uint8Array {
  const header = (type: number, flags: number, fields: Buffer) => {
    const rest = Buffer.concat([Buffer.from([type]), u16(flags, 7 + fields.length), fields])
    return Buffer.concat([u16(crc32(rest) & 0xffff), rest])
  }
  const entries = files.flatMap(({ name, content }) => {
    const [data, rawName] = [octets(content), octets(name)]
    const fields = Buffer.concat([u32(data.length, data.length), Buffer.from([2]), u32(crc32(data), 0x5a210000), Buffer.from([20, 0x30]), u16(rawName.length), u32(0x20), rawName])
    return [header(0x74, 0x8000, fields), data]
  })
  return new Uint8Array(Buffer.concat([Buffer.from('526172211a0700', 'hex'), header(0x73, 0, Buffer.alloc(6)), ...entries, header(0x7b, 0x4000, Buffer.alloc(0))]))
}

export function zeros(count: number): Uint8Array {
  return new Uint8Array(count)
}
