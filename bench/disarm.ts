/**
 * How fast is a file rebuilt, and how much memory does that take?
 *
 *   node bench/disarm.ts [case] [rounds]
 *
 * One case per format, each in a process of its own, so that its peak is its own. Files are made here, larger than
 * those of the tests. Printed are the median and the slowest round, octets in and out, the processor's time of one round (which
 * a busy machine does not lengthen), and the peak of resident memory above that before the first round.
 */
import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import sharp from 'sharp'
import { PdfWriter } from '../core/disarm/pdf/writer.ts'
import { DISARMERS } from '../core/disarm/registry.ts'
import { rebuildFile } from '../core/rebuild.ts'
import { testPolicy } from '../test/support/job.ts'
import { DOCX, docx, XLSX, xlsx } from '../test/support/ooxml.ts'

type Case = { readonly mediaType: string; readonly make: () => Promise<Uint8Array<ArrayBufferLike>> }

const BOUNDS = { outputBytes: 64 << 20, pixels: 100_000_000, pages: 2000, rasterDpi: 150, entries: 10_000, depth: 4, members: 2000, memberBytes: 256 << 20 }

/** Soft shapes under the noise of a sensor. */
function photograph(width: number, height: number) {
  const pixels = Buffer.alloc(width * height * 3)
  let noise = 1
  for (let i = 0, at = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)]
    noise = (noise * 1_103_515_245 + 12_345) >>> 0
    const grain = (noise >>> 24) / 16
    pixels[at++] = 128 + 90 * Math.sin(x / 300) + grain
    pixels[at++] = 128 + 90 * Math.sin(y / 200) + grain
    pixels[at++] = 128 + 90 * Math.sin((x + y) / 500) + grain
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
}

function page(width: number, height: number): Uint8Array {
  return Buffer.alloc(width * height).map((_, i) => (Math.floor(i / width / 40) % 2 && Math.floor((i % width) / 12) % 3 ? 0 : 255))
}

/** Text that hardly packs, as that of long documents. */
function words(count: number, from: number): string {
  let seed = from
  return Array.from({ length: count }, () => String.fromCharCode(0x4e00 + ((seed = (seed * 1_103_515_245 + 12_345) >>> 0) >>> 16) % 0x3000)).join('')
}

function paragraphs(count: number): string {
  return Array.from({ length: count }, (_, i) => `<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>${words(6, i)}</w:t></w:r><w:r><w:t>${words(60, i + 1)}</w:t></w:r></w:p>`).join('')
}

function rows(count: number): string {
  const row = (r: number) => Array.from({ length: 20 }, (_, c) => `<c r="${String.fromCharCode(65 + c)}${r}" s="1"><f>A${r}*${c}</f><v>${r * c}</v></c>`).join('')
  return `<sheetData>${Array.from({ length: count }, (_, i) => `<row r="${i + 1}">${row(i + 1)}</row>`).join('')}</sheetData>`
}

/** Pages full of text, a photograph on every other one, and a font that a program for text would embed. */
async function pdf(pages: number): Promise<Uint8Array> {
  const writer = new PdfWriter(64 << 20)
  const [root, tree, font, picture] = Array.from({ length: 4 }, () => writer.allocate())
  const kids: string[] = []
  for (let index = 0; index < pages; index++) {
    const [number, content] = [writer.allocate(), writer.allocate()]
    const lines = Array.from({ length: 50 }, (_, line) => `BT /F1 11 Tf 1 0 0 1 50 ${790 - 15 * line} Tm [(Page ${index}, line ${line} of a document that) -20 (goes on and on)] TJ ET`)
    const drawn = index % 2 === 0 ? 'q 200 0 0 150 350 20 cm /P Do Q' : ''
    writer.put(number, { text: `<</Type/Page/Parent ${tree} 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 ${font} 0 R>>/XObject<</P ${picture} 0 R>>>>/Contents ${content} 0 R>>` })
    writer.put(content, { text: '<<>>', data: Buffer.from([...lines, drawn].join('\n')) })
    kids.push(`${number} 0 R`)
  }
  const data = await photograph(1600, 1200).jpeg({ quality: 85 }).toBuffer()
  writer.put(root!, { text: `<</Type/Catalog/Pages ${tree} 0 R/OpenAction<</S/JavaScript/JS(app.alert)>>>>` })
  writer.put(tree!, { text: `<</Type/Pages/Count ${pages}/Kids[${kids.join(' ')}]>>` })
  writer.put(font!, { text: '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>' })
  writer.put(picture!, { text: '<</Type/XObject/Subtype/Image/Width 1600/Height 1200/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode>>', data })
  return writer.finish(root!, '')
}

const CASES: Readonly<Record<string, Case>> = {
  'jpeg-12mp': { mediaType: 'image/jpeg', make: () => photograph(4000, 3000).jpeg({ quality: 90 }).toBuffer() },
  'jpeg-12mp-turned': { mediaType: 'image/jpeg', make: () => photograph(4000, 3000).withMetadata({ orientation: 6 }).jpeg({ quality: 90 }).toBuffer() },
  'png-screenshot': { mediaType: 'image/png', make: () => sharp(page(1920, 1080), { raw: { width: 1920, height: 1080, channels: 1 } }).png().toBuffer() },
  'png-2mp': { mediaType: 'image/png', make: () => photograph(1920, 1080).png().toBuffer() },
  'tiff-fax': {
    mediaType: 'image/tiff',
    make: () => sharp(page(1728, 2200), { raw: { width: 1728, height: 2200, channels: 1 } }).toColourspace('b-w').tiff({ compression: 'ccittfax4', bitdepth: 1 }).toBuffer(),
  },
  'gif-animated': {
    mediaType: 'image/gif',
    make: () => sharp(page(400, 300 * 30), { raw: { width: 400, height: 300 * 30, channels: 1, pageHeight: 300 } }).gif().toBuffer(),
  },
  'docx-1mb': { mediaType: DOCX, make: async () => docx(paragraphs(7000)) },
  'xlsx-formulas': { mediaType: XLSX, make: async () => xlsx(rows(2500)) },
  'pdf-10-pages': { mediaType: 'application/pdf', make: async () => pdf(10) },
  'pdf-100-pages': { mediaType: 'application/pdf', make: async () => pdf(100) },
  json: { mediaType: 'application/json', make: async () => Buffer.from(JSON.stringify(Array.from({ length: 20_000 }, (_, id) => ({ id, 氏名: '山田太郎', 金額: 1200.5 })))) },
  xml: { mediaType: 'application/xml', make: async () => Buffer.from(`<a>${'<b c="1">値</b>'.repeat(60_000)}</a>`) },
}

const [name, rounds = '9'] = process.argv.slice(2)
const chosen = name === undefined ? undefined : CASES[name]
if (chosen) await measure(name!, chosen, Number(rounds))
else {
  console.log(JSON.stringify({ node: process.version, cpu: cpus()[0]?.model, cores: cpus().length }))
  for (const each of Object.keys(CASES)) spawnSync(process.execPath, ['--no-warnings', import.meta.filename, each, rounds], { stdio: 'inherit' })
}

async function measure(what: string, { mediaType, make }: Case, count: number): Promise<void> {
  const untrustedBytes = new Uint8Array(await make())
  const task = { untrustedBytes, untrustedName: 'file', detectedType: mediaType, declaredCharset: undefined, mode: 'disarm' } as const
  await DISARMERS.get(mediaType)!.load()
  const beforeMiB = process.memoryUsage.rss() / 2 ** 20
  const times: number[] = []
  let bytesOut = 0
  const cpuBefore = process.cpuUsage()
  for (let round = 0; round < count; round++) {
    const start = performance.now()
    const rebuilt = await rebuildFile(task, { disarmers: DISARMERS, policy: testPolicy(), bounds: BOUNDS })
    if (rebuilt.kind !== 'rebuilt') throw new Error(`${what}: ${rebuilt.reason}`)
    times.push(performance.now() - start)
    bytesOut = rebuilt.file.bytes.length
  }
  const { user, system } = process.cpuUsage(cpuBefore)
  const sorted = times.toSorted((a, b) => a - b)
  const medianMs = sorted[Math.floor(sorted.length / 2)]!
  const peakMiB = process.resourceUsage().maxRSS / 1024
  const rounded = (value: number) => Math.round(value * 10) / 10
  console.log(
    JSON.stringify({
      case: what,
      bytes: untrustedBytes.length,
      bytesOut,
      medianMs: rounded(medianMs),
      slowestMs: rounded(sorted.at(-1)!),
      cpuMs: rounded((user + system) / 1000 / count),
      MBps: rounded(untrustedBytes.length / medianMs / 1000),
      peakAboveMiB: Math.round(peakMiB - beforeMiB),
    }),
  )
}
