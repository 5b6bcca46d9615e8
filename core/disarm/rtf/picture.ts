/**
 * Pictures inside RTF: which can be re-encoded, and how the result is written.
 *
 * Standards: RTF 1.9.1, "Pictures".
 */
import { Buffer } from 'node:buffer'
import type { ObjectKind, ObjectRules } from '../../objects.ts'
import { ruleFor } from '../../objects.ts'
import type { DisarmTools } from '../contract.ts'

/** Where the picture stands among the pieces, and its size and crop as words. */
export type PicturePlace = { readonly piece: number; readonly words: string; readonly format: string; readonly bytes: Buffer }

const BITMAPS = new Set(['pngblip', 'jpegblip'])
const VECTORS = new Set(['emfblip', 'wmetafile', 'macpict', 'pmmetafile', 'dibitmap', 'wbitmap'])
const BLIPS: Readonly<Record<string, string>> = { 'image/png': 'pngblip', 'image/jpeg': 'jpegblip' }

export function kindOfPicture(word: string): boolean {
  return BITMAPS.has(word) || VECTORS.has(word)
}

/** What to write at the place, or what is lost. */
export async function encodePicture(place: PicturePlace, tools: DisarmTools, rules: ObjectRules): Promise<string | ObjectKind> {
  if (!BITMAPS.has(place.format)) return 'vectorPictures'
  if (ruleFor('pictures', rules) !== 'keep') return 'pictures'
  const picture = await tools.picture(place.bytes)
  const blip = picture && BLIPS[picture.mediaType]
  return blip ? `{\\pict \\${blip} ${place.words}${Buffer.from(picture.bytes).toString('hex')}}` : 'pictures'
}
