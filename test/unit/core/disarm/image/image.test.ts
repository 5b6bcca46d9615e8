import { Buffer } from 'node:buffer'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { keptExif } from '../../../../../core/disarm/image/exif.ts'
import { imageDisarmer } from '../../../../../core/disarm/image/disarmer.ts'
import { joinTiff, readTiff } from '../../../../../core/disarm/image/tiff.ts'
import { disarmerContract } from '../../../../contract/disarmer.contract.ts'
import { disarmInput, type InputChanges, rebuildTestFile } from '../../../../support/disarm.ts'
import { concat, differenceOf, fixture, pixelsOf, shapeOf } from '../../../../support/picture.ts'

const TYPES: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg', png: 'image/png', gif: 'image/gif', webp: 'image/webp', tif: 'image/tiff', avif: 'image/avif',
  heic: 'image/heic', bmp: 'image/bmp', ico: 'image/x-icon',
}
const typeOf = (name: string) => TYPES[name.split('.').at(-1)!]!

async function disarm(untrustedBytes: Uint8Array, type: string, changes: InputChanges = {}) {
  return imageDisarmer.disarm(disarmInput(untrustedBytes, type, changes))
}
async function rebuild(untrustedBytes: Uint8Array, type: string, changes: InputChanges = {}) {
  const result = await disarm(untrustedBytes, type, changes)
  if (result.kind !== 'rebuilt') throw new Error(result.reason)
  return result
}
const rebuildFixture = (name: string) => rebuild(fixture(name), typeOf(name))

async function depthOf(bytes: Uint8Array) {
  const { width, height, depth, pages, delay, loop } = await sharp(bytes, { animated: true }).metadata()
  return { width, height, depth, pages, delay, loop }
}

const RUNS = 12
for (const name of ['palette.png', 'alpha.png', 'deep.png', 'anim.gif', 'lossless.webp', 'fax.tif', 'palette.bmp', 'icon.ico']) {
  disarmerContract(`imageDisarmer, ${name},`, { bytes: fixture(name), detectedType: typeOf(name), tooFewBytes: 60, runs: RUNS })
}
for (const name of ['oriented.jpg', 'photo.gif', 'lossy.webp', 'photo.tif', 'photo.avif', 'photo.heic']) {
  disarmerContract(`imageDisarmer, ${name},`, { bytes: fixture(name), detectedType: typeOf(name), tooFewBytes: 60, runs: RUNS, lossy: shapeOf })
}

describe('pixels stay what they were', () => {
  test.each([
    'rgb.png', 'alpha.png', 'palette.png', 'bilevel.png', 'deep.png', 'grey16.png', 'interlaced.png', 'anim.gif', 'lossless.webp',
    'lzw.tif', 'deep.tif',
  ])('exactly: %s', async name => {
    const { bytes } = await rebuildFixture(name)
    expect(await pixelsOf(bytes)).toEqual(await pixelsOf(fixture(name)))
    expect(await depthOf(bytes)).toEqual(await depthOf(fixture(name)))
  })
  test.each(['photo.jpg', 'grey.jpg', 'progressive.jpg', 'photo.gif', 'lossy.webp', 'anim.webp', 'photo.tif'])('nearly: %s', async name => {
    const { bytes } = await rebuildFixture(name)
    expect(await differenceOf(bytes, fixture(name))).toBeLessThan(4)
    expect(bytes.length).toBeLessThan(fixture(name).length * 1.35)
  })
  test.each(['rgb.bmp', 'palette.bmp', 'rle.bmp', 'core.bmp', 'bilevel.bmp', 'alpha.bmp'])('exactly, as the program that wrote %s sees it', async name => {
    const png: Readonly<Record<string, string>> = { 'rgb.bmp': 'rgb.png', 'core.bmp': 'rgb.png', 'bilevel.bmp': 'bilevel.png', 'alpha.bmp': 'alpha.png' }
    const { bytes, mediaType } = await rebuildFixture(name)
    expect(mediaType).toBe('image/png')
    expect(await pixelsOf(bytes)).toEqual(await pixelsOf(fixture(png[name] ?? 'palette.png')))
  })
  test.each(['photo.avif', 'photo.heic'])('%s becomes a JPEG that looks like it', async name => {
    const { bytes, mediaType, extension } = await rebuildFixture(name)
    expect([mediaType, extension]).toEqual(['image/jpeg', 'jpg'])
    expect(await shapeOf(bytes)).toMatchObject({ format: 'jpeg', width: 120, height: 90 })
    const original = await sharp(fixture('photo.jpg')).extract({ left: 0, top: 0, width: 120, height: 90 }).png().toBuffer()
    expect(await differenceOf(bytes, original)).toBeLessThan(20)
  })
  test('all pictures of an icon stay, each with its transparency', async () => {
    const { bytes } = await rebuildFixture('icon.ico')
    const icon = Buffer.from(bytes)
    expect(icon.readUInt16LE(4)).toBe(3)
    const sizes = [0, 1, 2].map(i => [icon[6 + 16 * i], icon[7 + 16 * i]])
    expect(sizes).toEqual([[32, 32], [16, 16], [0, 0]])
    const at = icon.readUInt32LE(6 + 32 + 12)
    const { data } = await sharp(icon.subarray(at)).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
    expect(data[3]).toBeGreaterThan(100)
    expect(data[3]).toBeLessThan(150)
  })
})

describe('orientation, colour and resolution', () => {
  test('a picture lying on its side stands upright, and says nothing about it', async () => {
    const { bytes } = await rebuildFixture('oriented.jpg')
    const { width, height, orientation, exif } = await sharp(bytes).metadata()
    expect([width, height, orientation, exif]).toEqual([120, 200, undefined, undefined])
    expect(await differenceOf(bytes, await sharp(fixture('oriented.jpg')).autoOrient().png().toBuffer())).toBeLessThan(4)
  })
  test('CMYK becomes sRGB as a viewer would show it', async () => {
    const { bytes } = await rebuildFixture('cmyk.jpg')
    expect(await sharp(bytes).metadata()).toMatchObject({ space: 'srgb', channels: 3 })
    const { data } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true })
    // The sample is red at its start; read upside down it would be cyan.
    expect(data[0]!).toBeGreaterThan(data[1]! + 60)
  })
  test('grey stays one channel', async () => expect(await sharp((await rebuildFixture('grey.jpg')).bytes).metadata()).toMatchObject({ space: 'b-w', channels: 1 }))
  test('a colour profile is applied and gone', async () => {
    const p3 = await sharp(fixture('photo.jpg')).withIccProfile('p3').png().toBuffer()
    const { bytes } = await rebuild(new Uint8Array(p3), 'image/png')
    expect((await sharp(bytes).metadata()).hasProfile).toBe(false)
    expect(await differenceOf(bytes, fixture('photo.jpg'))).toBeLessThan(6)
  })
  test('resolution of a scan stays', async () => {
    const { bytes } = await rebuildFixture('progressive.jpg')
    expect((await sharp(bytes).metadata()).density).toBe(300)
  })
})

describe('faxes', () => {
  test('pages with lengths of their own, two colours, both axes of the resolution, coded as small as faxes are', async () => {
    const { bytes } = await rebuildFixture('fax.tif')
    expect(bytes.length).toBeLessThan(fixture('fax.tif').length)
    for (const page of [0, 1]) {
      expect(await sharp(bytes, { page }).metadata()).toMatchObject({ width: 1728, height: page === 0 ? 1000 : 700, pages: 2, bitsPerSample: 1, density: 204 })
      expect(await pixelsOf(bytes, page)).toEqual(await pixelsOf(fixture('fax.tif'), page))
    }
  })
  test('a hundred pages fit where as many photographs would not', async () => {
    const result = await disarm(fixture('fax.tif'), 'image/tiff', { limits: { pixels: 1728 * 1000 } })
    expect(result.kind).toBe('rebuilt')
  })
  test('too many pages, or a circle of directories', async () => {
    expect(await disarm(fixture('fax.tif'), 'image/tiff', { limits: { pages: 1 } })).toEqual({ kind: 'cannot', reason: 'limit' })
    const circle = Buffer.from(fixture('lzw.tif'))
    const directory = circle.readUInt32LE(4)
    circle.writeUInt32LE(directory, directory + 2 + 12 * circle.readUInt16LE(directory))
    expect(await disarm(new Uint8Array(circle), 'image/tiff')).toEqual({ kind: 'cannot', reason: 'malformed' })
  })
})

describe('what is no pixel stays behind', () => {
  const SECRET = /secret|Acme|alert|GPS|hello/i
  test.each([
    ['oriented.jpg', [{ what: 'metadata', count: 4 }]],
    ['anim.gif', [{ what: 'metadata', count: 1 }]],
    ['rgb.png', [{ what: 'metadata', count: 4 }]],
  ])('texts and properties of %s', async (name, removed) => {
    const result = await rebuildFixture(name)
    expect(result.removed).toEqual(removed)
    expect(Buffer.from(result.bytes).toString('latin1')).not.toMatch(SECRET)
  })
  test('Exif and XMP of WebP and TIFF', async () => {
    const tagged = sharp(fixture('photo.jpg')).withExif({ IFD0: { Copyright: 'secret', Artist: 'Acme' } }).withXmp('<secret/>')
    for (const [type, bytes] of [['image/webp', await tagged.clone().webp().toBuffer()], ['image/tiff', await tagged.clone().tiff().toBuffer()]] as const) {
      const result = await rebuild(new Uint8Array(bytes), type)
      expect(result.removed).toMatchObject([{ what: 'metadata' }])
      expect(Buffer.from(result.bytes).toString('latin1')).not.toMatch(SECRET)
    }
  })
  describe('with `metadata: keep`', () => {
    const keep = { rules: { metadata: 'keep' } } as const
    const tagged = () =>
      sharp(fixture('photo.jpg')).withExif({
        IFD0: { Make: 'Acme', Model: 'Camera 1', DateTime: '2026:04:10 09:00:00', Artist: 'secret', Copyright: 'secret', ImageDescription: 'secret' },
        IFD2: { DateTimeOriginal: '2026:04:10 08:59:59', FNumber: '28/10', ISOSpeedRatings: '200', UserComment: 'secret', BodySerialNumber: 'secret-1' },
        IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '35/1 40/1 0/1' },
      }).withXmp('<secret/>')
    const variants = ['jpeg', 'png', 'webp', 'avif'] as const
    const coded = async (format: (typeof variants)[number]) => new Uint8Array(await tagged().toFormat(format).toBuffer())

    test.each(variants)('%s: date, camera and exposure written anew; nothing of people, places and texts', async format => {
      const original = await coded(format)
      const { bytes, mediaType, removed } = await rebuild(original, `image/${format}`, keep)
      const text = Buffer.from(bytes).toString('latin1')
      for (const kept of ['Acme', 'Camera 1', '2026:04:10 09:00:00', '2026:04:10 08:59:59']) expect(text).toContain(kept)
      expect(text).not.toMatch(/secret|GPS|photoshop/i)
      expect(removed).toMatchObject([{ what: 'metadata' }])
      expect(await differenceOf(bytes, original)).toBeLessThan(6)
      const again = await rebuild(bytes, mediaType, keep)
      expect(again.removed).toEqual([])
      expect(Buffer.from(again.bytes).toString('latin1')).toContain('Camera 1')
      expect(Buffer.from((await rebuild(original, `image/${format}`)).bytes).toString('latin1')).not.toMatch(/Acme|2026:04/)
    })

    test('TIFF: the tags of the page', async () => {
      const text = (tag: number, value: string) => ({ tag, place: 'image' as const, type: 2, count: value.length + 1, octets: Buffer.from(`${value}\0`) })
      const { bytes: page } = await rebuildFixture('photo.tif')
      const original = joinTiff([{ bytes: page, facts: [text(0x010f, 'Acme'), text(0x0110, 'Camera 1'), text(0x013b, 'secret')] }])
      const { bytes, removed } = await rebuild(original, 'image/tiff', keep)
      expect(removed).toEqual([{ what: 'metadata', count: 1 }])
      const words = Buffer.from(bytes).toString('latin1')
      expect([words.includes('Acme\0'), words.includes('Camera 1\0'), words.includes('secret')]).toEqual([true, true, false])
      expect((await rebuild(bytes, 'image/tiff', keep)).removed).toEqual([])
    })

    test('TIFF: how it was taken, in a directory of its own', async () => {
      const taken = (tag: number, value: string) => ({ tag, place: 'exif' as const, type: 2, count: value.length + 1, octets: Buffer.from(`${value}\0`) })
      const exposure = { tag: 0x829a, place: 'exif' as const, type: 5, count: 1, octets: Buffer.from('010000007d000000', 'hex') }
      const { bytes: page } = await rebuildFixture('photo.tif')
      const original = joinTiff([{ bytes: page, facts: [taken(0x9003, '2026:04:01 09:00:00'), exposure, taken(0xa431, 'serial-1')] }])
      const { bytes, removed } = await rebuild(original, 'image/tiff', keep)
      expect(removed).toEqual([{ what: 'metadata', count: 1 }])
      const words = Buffer.from(bytes).toString('latin1')
      expect([words.includes('2026:04:01 09:00:00\0'), words.includes('serial-1')]).toEqual([true, false])
      expect(readTiff(bytes, 1)).toMatchObject([{ facts: [{ tag: 0x829a, octets: exposure.octets }, { tag: 0x9003 }], metadata: 2 }])
      expect((await rebuild(bytes, 'image/tiff', keep)).removed).toEqual([])
      expect((await rebuild(original, 'image/tiff')).removed).toEqual([{ what: 'metadata', count: 3 }])
    })

    test('a picture lying on its side stands upright all the same, and says nothing about it', async () => {
      const turned = new Uint8Array(await tagged().withMetadata({ orientation: 6 }).jpeg().toBuffer())
      const { bytes } = await rebuild(turned, 'image/jpeg', keep)
      const before = await sharp(turned).metadata()
      expect(await sharp(bytes).metadata()).toMatchObject({ width: before.height, height: before.width })
      expect((await sharp(bytes).metadata()).orientation).toBeUndefined()
    })

    test('pictures with transparency in WebP keep it beside what is told', async () => {
      const original = new Uint8Array(await sharp(fixture('alpha.png')).withExif({ IFD0: { Model: 'Camera 1' } }).webp({ lossless: true }).toBuffer())
      const { bytes } = await rebuild(original, 'image/webp', keep)
      expect(await pixelsOf(bytes)).toEqual(await pixelsOf(original))
      expect(Buffer.from((await sharp(bytes).metadata()).exif!).toString('latin1')).toContain('Camera 1')
    })

    test.each([
      ['a name that is no name', { IFD0: { Model: 'x'.repeat(200) } }],
      ['a date that is none', { IFD0: { DateTime: '<script>alert(1)</script>' } }],
    ])('%s is left behind', async (_, exif) => {
      const original = new Uint8Array(await sharp(fixture('photo.jpg')).withExif(exif).jpeg().toBuffer())
      const { bytes, removed } = await rebuild(original, 'image/jpeg', keep)
      expect(Buffer.from(bytes).includes('Exif')).toBe(false)
      expect(removed).toEqual([{ what: 'metadata', count: 1 }])
    })

    test('no octets make the reader of Exif throw', () =>
      fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom('49492a0008000000', '4d4d002a00000008', ''), (octets, head) => {
        const { octets: composed } = keptExif(concat(Buffer.from(head, 'hex'), octets), { metadata: 'keep' })
        expect(composed === undefined || keptExif(composed, { metadata: 'keep' }).octets!.equals(composed)).toBe(true)
      }), { numRuns: 500 }))
  })

  test.each(['photo.jpg', 'rgb.png', 'anim.gif', 'lossless.webp', 'rgb.bmp', 'icon.ico'])('a second file behind %s', async name => {
    const result = await rebuild(concat(fixture(name), 'PK\x03\x04 secret <script>alert(1)</script>'), typeOf(name))
    expect(result.removed).toContainEqual({ what: 'trailingData', count: 1 })
    expect(Buffer.from(result.bytes).toString('latin1')).not.toMatch(SECRET)
  })
  test('a private chunk of a PNG', async () => {
    const png = Buffer.from(fixture('palette.png'))
    const chunk = Buffer.concat([Buffer.from([0, 0, 0, 6]), Buffer.from('prVtsecret'), Buffer.alloc(4)])
    const { removed, bytes } = await rebuild(concat(png.subarray(0, 33), chunk, png.subarray(33)), 'image/png')
    expect(removed).toContainEqual({ what: 'customData', count: 1 })
    expect(Buffer.from(bytes).toString('latin1')).not.toMatch(SECRET)
  })
  test('frames of an animated PNG, which its readers do not all show', async () => {
    const png = Buffer.from(fixture('palette.png'))
    const frame = (length: number, name: string) => Buffer.concat([Buffer.from([0, 0, 0, length]), Buffer.from(name), Buffer.alloc(length + 4)])
    const animated = concat(png.subarray(0, 33), frame(8, 'acTL'), frame(26, 'fcTL'), png.subarray(33, -12), frame(26, 'fcTL'), frame(9, 'fdAT'), png.subarray(-12))
    expect((await rebuild(animated, 'image/png')).removed).toContainEqual({ what: 'pictures', count: 1 })
  })
  test('colours of pixels that cannot be seen', async () => {
    const hidden = Buffer.alloc(64 * 4).map((_, i) => (i % 4 === 3 ? 0 : 'secret'.charCodeAt(i % 6)))
    const png = await sharp(hidden, { raw: { width: 8, height: 8, channels: 4 } }).png({ palette: true }).toBuffer()
    const { bytes } = await rebuild(new Uint8Array(png), 'image/png')
    expect((await pixelsOf(bytes)).every(octet => octet === 0)).toBe(true)
  })
})

describe('damage', () => {
  test('a missing end mark costs nothing but a finding', async () => {
    const { bytes, findings } = await rebuild(fixture('photo.jpg').slice(0, -2), 'image/jpeg')
    expect(findings).toEqual([{ code: 'media.damaged-picture' }])
    expect(await differenceOf(bytes, fixture('photo.jpg'))).toBeLessThan(4)
  })
  test.each(['photo.jpg', 'rgb.png', 'photo.gif', 'lossy.webp', 'lzw.tif', 'rgb.bmp', 'photo.heic', 'photo.avif', 'icon.ico'])('half of %s is kept back, never shown half', async name => {
    const half = fixture(name).slice(0, fixture(name).length >> 1)
    expect(await disarm(half, typeOf(name))).toEqual({ kind: 'cannot', reason: 'malformed' })
  })
  test('half of a JPEG that pretends to be whole', async () => {
    const half = concat(fixture('photo.jpg').slice(0, 4000), '\xff\xd9')
    expect(await disarm(half, 'image/jpeg')).toEqual({ kind: 'cannot', reason: 'malformed' })
  })
  test('octets of another format are not read, whatever the type says', async () => {
    expect(await disarm(fixture('rgb.png'), 'image/jpeg')).toEqual({ kind: 'cannot', reason: 'malformed' })
    expect(await disarm(new Uint8Array(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')), 'image/png')).toEqual({ kind: 'cannot', reason: 'malformed' })
  })
})

/** A PNG that promises a size; its rows are all zero. */
function pngOf(width: number, height: number, rows: number): Uint8Array<ArrayBuffer> {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 1
  const data = deflateSync(Buffer.alloc((Math.ceil(width / 8) + 1) * rows))
  const chunk = (name: string, content: Buffer) => {
    const start = Buffer.alloc(4)
    start.writeUInt32BE(content.length)
    const end = Buffer.alloc(4)
    end.writeUInt32BE(crc(Buffer.concat([Buffer.from(name), content])))
    return Buffer.concat([start, Buffer.from(name), content, end])
  }
  return concat('\x89PNG\r\n\x1a\n', chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0)))
}
function crc(bytes: Buffer): number {
  let value = ~0
  for (const octet of bytes) {
    value ^= octet
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  }
  return ~value >>> 0
}

describe('bombs', () => {
  const LIMIT = { kind: 'cannot', reason: 'limit' } as const
  test('20,000 pixels squared in 50 KB', async () => {
    expect(await disarm(pngOf(20_000, 20_000, 20_000), 'image/png', { limits: { pixels: 100_000_000 } })).toEqual(LIMIT)
  })
  test('a colour picture of a few octets may not have as many pixels as a plan has', async () => {
    const white = await sharp({ create: { width: 7000, height: 5000, channels: 3, background: 'white' } }).png().toBuffer()
    expect(await disarm(new Uint8Array(white), 'image/png', { limits: { pixels: 100_000_000 } })).toMatchObject({ kind: 'cannot', reason: 'limit' })
    const wideAsFile = await disarm(pngOf(7000, 5000, 5000), 'image/png', { limits: { pixels: 100_000_000 } })
    expect(wideAsFile.kind).toBe('rebuilt')
  })
  test('frames count together', async () => {
    const frames = Buffer.alloc(40 * 40 * 3 * 30).map((_, i) => i >> 5)
    const gif = await sharp(frames, { raw: { width: 40, height: 40 * 30, channels: 3, pageHeight: 40 } }).gif().toBuffer()
    expect(await disarm(new Uint8Array(gif), 'image/gif', { limits: { pixels: 40 * 40 * 10 } })).toEqual(LIMIT)
    expect(await disarm(new Uint8Array(gif), 'image/gif', { limits: { pages: 10 } })).toEqual(LIMIT)
  })
  test('a header that lies about the size of a BMP, an icon, a HEIC', async () => {
    const bmp = Buffer.from(fixture('rgb.bmp'))
    bmp.writeInt32LE(60_000, 18)
    bmp.writeInt32LE(60_000, 22)
    expect(await disarm(new Uint8Array(bmp), 'image/bmp')).toEqual(LIMIT)
    expect(await disarm(fixture('photo.heic'), 'image/heic', { limits: { pixels: 1000 } })).toEqual(LIMIT)
    expect(await disarm(fixture('icon.ico'), 'image/x-icon', { limits: { pages: 2 } })).toEqual(LIMIT)
  })
  test.each(['photo.jpg', 'rgb.png', 'photo.gif', 'lossy.webp', 'lzw.tif', 'photo.avif', 'rgb.bmp', 'icon.ico'])('%s above the limit of pixels', async name => {
    expect(await disarm(fixture(name), typeOf(name), { limits: { pixels: 500 } })).toEqual(LIMIT)
  })
})

test('the whole way of a file: the name of a photograph from a telephone', async () => {
  const rebuilt = await rebuildTestFile(fixture('photo.heic'), 'image/heic', { name: 'IMG_1034.HEIC' })
  expect(rebuilt).toMatchObject({ kind: 'rebuilt', file: { extension: 'jpg', removed: [] } })
})
test('a type nobody makes here', async () => expect(await disarm(fixture('rgb.png'), 'image/jxl')).toEqual({ kind: 'cannot', reason: 'unsupported' }))
