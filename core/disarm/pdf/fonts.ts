/**
 * Fonts for text whose file brings none: PDFium asks here what to draw it with.
 *
 * Japanese Windows files name ＭＳ 明朝, ＭＳ ゴシック, HeiseiMin and the like without embedding them. They are drawn
 * with BIZ UD明朝 and BIZ UDゴシック (OFL-1.1), which have the same widths and come as packages, so pictures of pages
 * look the same on every machine. Latin text is drawn with the fonts inside PDFium.
 * Fonts are read from disk when the first page needs one. Interface: FPDF_SYSFONTINFO of PDFium's fpdf_sysfontinfo.h.
 */
import { Buffer } from 'node:buffer'
import { readPackageFile } from '../package-file.ts'

const FACES = [
  { file: '@expo-google-fonts/biz-udgothic/400Regular/BIZUDGothic_400Regular.ttf', name: 'BIZ UDGothic' },
  { file: '@expo-google-fonts/biz-udgothic/700Bold/BIZUDGothic_700Bold.ttf', name: 'BIZ UDGothic Bold' },
  { file: '@expo-google-fonts/biz-udmincho/400Regular/BIZUDMincho_400Regular.ttf', name: 'BIZ UDMincho' },
  { file: '@expo-google-fonts/biz-udmincho/700Bold/BIZUDMincho_700Bold.ttf', name: 'BIZ UDMincho Bold' },
] as const

const CJK_CHARSETS: ReadonlySet<number> = new Set([128, 129, 130, 134, 136])
const JAPANESE_NAME = /gothic|mincho|heisei|ryumin|gothicbbb|kozuka|kozmin|kozgo|meiryo|yumin|yugo|ms-?p?(?:mincho|gothic)|hgs|ipaex|ipam|ipag|\x82l\x82r|[\x81-\x9f\xe0-\xef]/i
const SERIF_NAME = /mincho|min[0-9w-]|kozmin|ryumin|serif|song|sun|batang|ming|\x96\xbe\x92\xa9|\u660e\u671d/i
const BOLD_WEIGHT = 600

const loaded = new Map<number, Buffer>()

/** A face from 1, or 0 where PDFium's own fonts do. */
export function faceFor(weight: number, charset: number, untrustedName: string): number {
  if (!CJK_CHARSETS.has(charset) && !JAPANESE_NAME.test(untrustedName)) return 0
  return 1 + (SERIF_NAME.test(untrustedName) ? 2 : 0) + (weight >= BOLD_WEIGHT ? 1 : 0)
}

export function faceName(face: number): string {
  return FACES[face - 1]?.name ?? ''
}

/** The whole font for table 0, else that table; empty when there is none. */
export function faceData(face: number, table: number): Uint8Array {
  const known = FACES[face - 1]
  if (!known) return new Uint8Array(0)
  const font = loaded.get(face) ?? Buffer.from(readPackageFile(known.file).buffer)
  loaded.set(face, font)
  if (table === 0) return font
  for (let entry = 12; entry < 12 + 16 * font.readUInt16BE(4); entry += 16) {
    if (font.readUInt32BE(entry) !== table) continue
    const start = font.readUInt32BE(entry + 8)
    return font.subarray(start, start + font.readUInt32BE(entry + 12))
  }
  return new Uint8Array(0)
}
