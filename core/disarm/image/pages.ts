/**
 * TIFF, page by page: faxes and scans of many pages, each with a size and a resolution of its own.
 *
 * Two-colour pages stay two-coloured and are coded as faxes are (ITU-T T.6, "G4"), which every viewer of TIFF reads
 * and which is the smallest; pages that were JPEG stay JPEG, all others are coded without loss (LZW).
 */
import { ruleFor } from '../../objects.ts'
import { leftBehind, type Maker } from './made.ts'
import { checkMemory, checkWork, type Look, lookAt, NotThatFormat, OverLimit, type Source, toTiff } from './pixels.ts'
import { joinTiff, type OwnPage, readTiff, type TiffPage } from './tiff.ts'

/** A two-colour pixel costs an eighth of any other. */
const BILEVEL_SHARE = 1 / 8

export const makeTiff: Maker = async ({ untrustedBytes, limits, rules }) => {
  const pages = readTiff(untrustedBytes, limits.pages)
  if (pages === 'too many') throw new OverLimit()
  if (pages === undefined || pages.length === 0) throw new NotThatFormat()
  const cost = pages.map(({ width, height, bilevel }) => width * height * (bilevel ? BILEVEL_SHARE : 1))
  if (cost.reduce((sum, each) => sum + each, 0) > limits.pixels) throw new OverLimit()

  checkWork(3 * pages.reduce((sum, { width, height, bilevel }) => sum + (bilevel ? 0 : width * height), 0), untrustedBytes.length)

  const keepsFacts = ruleFor('metadata', rules) === 'keep'
  const coded: OwnPage[] = []
  let codedBytes = 0
  for (const [number, page] of pages.entries()) {
    const source: Source = { untrustedBytes, format: 'tiff', limits, frames: { page: number } }
    const look = await lookAt(source)
    checkMemory(look, 1)
    const bytes = await toTiff(source, look, { compression: compressionFor(page, look), resolution: page.resolution })
    codedBytes += bytes.length
    if (codedBytes > limits.outputBytes) throw new OverLimit()
    coded.push({ bytes, facts: keepsFacts ? page.facts : [] })
  }
  return {
    bytes: joinTiff(coded),
    mediaType: 'image/tiff',
    extension: 'tif',
    removed: leftBehind({ metadata: pages.reduce((sum, page) => sum + page.metadata - (keepsFacts ? page.facts.length : 0), 0) }),
  }
}

function compressionFor({ bilevel, photographic }: TiffPage, { grey, alpha, sixteenBit }: Look): 'ccittfax4' | 'jpeg' | 'lzw' {
  if (bilevel && grey) return 'ccittfax4'
  return photographic && !alpha && !sixteenBit ? 'jpeg' : 'lzw'
}
