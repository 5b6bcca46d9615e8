/** Pictures after disarming, as other programs see them: exiftool, libtiff, ImageMagick; and a drawing behind the wall. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MADE_TYPES } from '../../../core/disarm/registry.ts'
import { detect } from '../../../core/media/detect.ts'
import type { QueueId } from '../../../core/smtp/envelope.ts'
import { findWall } from '../../../workers/wall.ts'
import { rebuildTestFile } from '../../support/disarm.ts'
import { testJob } from '../../support/job.ts'
import { fixture } from '../../support/picture.ts'
import { CODE_ROOT, openLocalWorkshop } from '../../unit/workers/local-workshop.ts'

const NAMES = readdirSync('test/fixtures/disarm/image').filter(name => !name.endsWith('.md'))
const installed = ['exiftool', 'tiffinfo', 'identify'].every(program => spawnSync('which', [program]).status === 0)

describe.runIf(installed)('rebuilt pictures', () => {
  let directory: string
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'sekisho-image-'))
    for (const name of NAMES) {
      const bytes = fixture(name)
      const { type } = await detect(bytes, { size: bytes.length, name, claimedType: '' })
      const rebuilt = await rebuildTestFile(bytes, type, { name })
      if (rebuilt.kind !== 'rebuilt') throw new Error(`${name}: ${rebuilt.reason}`)
      writeFileSync(join(directory, `${name}.${rebuilt.file.extension}`), rebuilt.file.bytes)
    }
  })
  afterAll(() => rmSync(directory, { recursive: true }))

  test('exiftool finds no Exif, XMP, IPTC, profile, comment, thumbnail or trailer', () => {
    const files = readdirSync(directory).map(name => join(directory, name))
    const groups = ['Exif', 'XMP', 'IPTC', 'ICC_Profile', 'Photoshop', 'MakerNotes', 'GPS', 'Trailer'].map(group => `-${group}:all`)
    const seen = execFileSync('exiftool', ['-json', '-G', '-a', '-u', '-Comment', '-ThumbnailImage', ...groups, ...files], { encoding: 'utf8', maxBuffer: 1e8 })
    for (const { SourceFile, ...tags } of JSON.parse(seen)) {
      // TIFF keeps its structure in the tags that Exif borrowed from it.
      const left = Object.keys(tags).filter(tag => !/\.tif$/.test(SourceFile) || !/^EXIF:(?:Image|Bits|Compression|Photometric|Strip|Samples|Rows|Planar|[XY]Resolution|ResolutionUnit|Predictor|SampleFormat|ExtraSamples|Orientation|YCbCr|PreviewImage|JPEGTables|ReferenceBlack)/.test(tag))
      expect(left, SourceFile).toEqual([])
    }
  })
  test('libtiff reads the fax: two pages, G4, both resolutions', () => {
    const seen = execFileSync('tiffinfo', [join(directory, 'fax.tif.tif')], { encoding: 'utf8' })
    expect(seen.match(/Compression Scheme: CCITT Group 4/g)).toHaveLength(2)
    expect(seen.match(/Resolution: 204, 98 pixels\/inch/g)).toHaveLength(2)
  })
  test.each(NAMES)('ImageMagick reads %s without a complaint', name => {
    const file = readdirSync(directory).find(each => each.startsWith(`${name}.`))!
    const { status, stderr } = spawnSync('identify', ['-regard-warnings', join(directory, file)], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
  })
})

describe.runIf(installed)('with `metadata: keep`', () => {
  const KEPT = { Make: 'Acme', Model: 'Camera 1', ModifyDate: '2026:04:10 09:00:00' }
  const TAKEN = { DateTimeOriginal: '2026:04:10 08:59:59', FNumber: 2.8, ISO: 200, FocalLength: '35.0 mm', ExposureTime: '1/125', OffsetTimeOriginal: '+09:00' }
  const LOST = { Artist: 'somebody', Copyright: 'somebody', SerialNumber: '12345', ImageDescription: 'words', UserComment: 'words', GPSLatitude: 35.5, GPSLatitudeRef: 'N' }
  const arguments_ = Object.entries({ ...KEPT, ...TAKEN, ...LOST }).map(([name, value]) => `-${name}=${value}`)

  test.each(['photo.jpg', 'rgb.png', 'lossy.webp', 'photo.tif', 'photo.heic', 'photo.avif'])('exiftool finds date, camera and exposure in %s, and nothing else of what it had written', async name => {
    const directory = mkdtempSync(join(tmpdir(), 'sekisho-exif-'))
    const original = join(directory, name)
    writeFileSync(original, fixture(name))
    execFileSync('exiftool', ['-q', '-overwrite_original', ...arguments_, original])
    const bytes = new Uint8Array(readFileSync(original))
    const { type } = await detect(bytes, { size: bytes.length, name, claimedType: '' })
    const rebuilt = await rebuildTestFile(bytes, type, { name, rules: { metadata: 'keep' } })
    if (rebuilt.kind !== 'rebuilt') throw new Error(rebuilt.reason)
    const out = join(directory, `out.${rebuilt.file.extension}`)
    writeFileSync(out, rebuilt.file.bytes)
    const [seen] = JSON.parse(execFileSync('exiftool', ['-json', '-a', out], { encoding: 'utf8' }))
    rmSync(directory, { recursive: true })
    // Of TIFF only the directory of the page is read: that of the exposure is one of its private tags.
    expect(seen).toMatchObject(name.endsWith('.tif') ? KEPT : { ...KEPT, ...TAKEN })
    for (const lost of Object.keys(LOST)) expect(seen, lost).not.toHaveProperty(lost)
    expect(seen).not.toHaveProperty('Warning')
  })
})

const hasJapaneseFont = spawnSync('fc-list', [':lang=ja'], { encoding: 'utf8' }).stdout?.trim() !== ''

test.runIf(hasJapaneseFont)('Japanese text of a drawing is drawn behind the wall', async () => {
  const found = await findWall('bubblewrap', process.execPath)
  if (!found.wall) throw new Error(found.why)
  const local = await openLocalWorkshop({
    workshop: { allowedTypes: MADE_TYPES },
    launcher: {
      wall: found.wall,
      counts: { light: 1, heavy: 1, suspect: 1, verifier: 1 },
      modules: { sanitizer: join(CODE_ROOT, 'core/sanitize.ts'), disarmers: join(CODE_ROOT, 'core/disarm/registry.ts'), extraCode: [] },
    },
  })
  try {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="50"><text y="30" font-size="24">日本語</text></svg>'
    const head = 'Content-Type: image/svg+xml; name=a.svg\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64'
    const mail = `From: a@example.com\r\nMIME-Version: 1.0\r\n${head}\r\n\r\n${Buffer.from(svg).toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n`
    const result = await local.workshop.sanitize({ ...testJob(), queueId: 'q1' as QueueId }, Buffer.from(mail))
    expect(result).toMatchObject({ kind: 'done', result: { groups: [{ report: { parts: [{ deliveredName: 'a.png' }] } }] } })
  } finally {
    await local.close()
  }
})
