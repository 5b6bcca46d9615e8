/**
 * Pictures: decoded to pixels and coded anew, so that nothing crosses but what can be seen.
 *
 *   type ──▶ maker (coded.ts │ pages.ts │ bitmap.ts) ──▶ pixels.ts, heic.ts ──▶ new octets
 *
 * Sizes are read and checked before anything is decoded. A picture is written in the format it came in where office
 * machines open that, else as JPEG or PNG. What stood beside the pixels (Exif, XMP, texts, a second file at the end)
 * is counted and left behind. Whatever a decoder throws is a verdict here: nothing is thrown further.
 */
import type { Disarmed, Disarmer, DisarmInput } from '../contract.ts'
import { makeBmp, makeIcon } from './bitmap.ts'
import { makeAvif, makeGif, makeHeic, makeJpeg, makePng, makeWebp } from './coded.ts'
import type { Maker } from './made.ts'
import { makeTiff } from './pages.ts'
import { cannotFor } from './pixels.ts'

const MAKERS: Readonly<Record<string, Maker>> = {
  'image/jpeg': makeJpeg,
  'image/png': makePng,
  'image/gif': makeGif,
  'image/webp': makeWebp,
  'image/tiff': makeTiff,
  'image/avif': makeAvif,
  'image/heic': makeHeic,
  'image/bmp': makeBmp,
  'image/x-icon': makeIcon,
}

export const imageDisarmer: Disarmer = {
  table: [
    { object: 'pixels, transparency, frames and their times, pages', becomes: 'rebuilt' },
    { object: 'resolution, both axes', becomes: 'kept' },
    { object: 'orientation and colour profile: applied to the pixels', becomes: 'rebuilt' },
    { object: 'date, camera and exposure in Exif or TIFF, written anew where they are kept', becomes: 'removed', kind: 'metadata' },
    { object: 'places, people, serial numbers, thumbnails and everything else in Exif; XMP, IPTC, comments, text chunks, private tags', becomes: 'removed', kind: 'metadata' },
    { object: 'private chunks and blocks', becomes: 'removed', kind: 'customData' },
    { object: 'data behind the end of the picture', becomes: 'removed', kind: 'trailingData' },
    { object: 'further pictures that a viewer does not show (HEIC, AVIF), frames of an animated PNG', becomes: 'removed', kind: 'pictures' },
  ],
  async disarm(input: DisarmInput): Promise<Disarmed> {
    const make = Object.hasOwn(MAKERS, input.detectedType) ? MAKERS[input.detectedType] : undefined
    if (!make) return { kind: 'cannot', reason: 'unsupported' }
    try {
      const { bytes, mediaType, extension, removed, findings = [] } = await make(input)
      if (bytes.length > input.limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
      return { kind: 'rebuilt', bytes, mediaType, extension, removed, findings }
    } catch (error) {
      return cannotFor(error)
    }
  },
}
