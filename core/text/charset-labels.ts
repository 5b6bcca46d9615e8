/**
 * From the charset label of a sender to the decoder that reads it.
 *
 * Mailers invent labels: the platform knows those of the WHATWG list, this file the ones that real mail adds.
 * Invariant: an unknown label gives undefined, never a guess; guessing is done from the bytes, and noted.
 */

/**
 * Name of what decodeText() can decode: `iso-2022-jp`, `us-ascii`, `utf-7`, `utf-16` (order open) and `utf-32…`
 * are our own, every other one is the name of a TextDecoder.
 */
export type Encoding = string

/** Keys are the label in lower case without punctuation, so `Shift-JIS`, `shift_jis` and `SHIFTJIS` are one. */
const ALIASES: Readonly<Record<string, Encoding>> = {
  ascii: 'us-ascii',
  usascii: 'us-ascii',
  ansix341968: 'us-ascii',
  iso646us: 'us-ascii',
  '7bit': 'us-ascii',
  utf8: 'utf-8',
  utf8n: 'utf-8',
  utf8bom: 'utf-8',
  utf8mb4: 'utf-8',
  cp65001: 'utf-8',
  unicode11utf8: 'utf-8',
  unicode20utf8: 'utf-8',
  utf7: 'utf-7',
  unicode11utf7: 'utf-7',
  unicode20utf7: 'utf-7',
  csutf7: 'utf-7',
  cp65000: 'utf-7',
  utf16: 'utf-16',
  unicode: 'utf-16',
  ucs2: 'utf-16',
  iso10646ucs2: 'utf-16',
  csunicode: 'utf-16',
  cp1200: 'utf-16le',
  utf16le: 'utf-16le',
  cp1201: 'utf-16be',
  utf16be: 'utf-16be',
  utf32: 'utf-32be',
  ucs4: 'utf-32be',
  utf32le: 'utf-32le',
  utf32be: 'utf-32be',
  iso2022jp: 'iso-2022-jp',
  iso2022jp1: 'iso-2022-jp',
  iso2022jp2: 'iso-2022-jp',
  iso2022jp3: 'iso-2022-jp',
  iso2022jp2004: 'iso-2022-jp',
  iso2022jpms: 'iso-2022-jp',
  iso2022jpwin: 'iso-2022-jp',
  csiso2022jp: 'iso-2022-jp',
  csiso2022jp2: 'iso-2022-jp',
  xwindowsiso2022jp: 'iso-2022-jp',
  xiso2022jp: 'iso-2022-jp',
  jis: 'iso-2022-jp',
  jis7: 'iso-2022-jp',
  junet: 'iso-2022-jp',
  cp50220: 'iso-2022-jp',
  cp50221: 'iso-2022-jp',
  cp50222: 'iso-2022-jp',
  xcp50220: 'iso-2022-jp',
  xcp50221: 'iso-2022-jp',
  xwindows50220: 'iso-2022-jp',
  xwindows50221: 'iso-2022-jp',
  iso2022kr: 'iso-2022-jp',
  csiso2022kr: 'iso-2022-jp',
  sjis: 'shift_jis',
  shiftjis: 'shift_jis',
  xsjis: 'shift_jis',
  xshiftjis: 'shift_jis',
  shiftjis2004: 'shift_jis',
  shiftjisx0213: 'shift_jis',
  mskanji: 'shift_jis',
  ms932: 'shift_jis',
  cp932: 'shift_jis',
  xmscp932: 'shift_jis',
  ibm932: 'shift_jis',
  ibm943: 'shift_jis',
  cp943: 'shift_jis',
  cp943c: 'shift_jis',
  windows31j: 'shift_jis',
  windows932: 'shift_jis',
  cswindows31j: 'shift_jis',
  csshiftjis: 'shift_jis',
  macjapanese: 'shift_jis',
  xmacjapanese: 'shift_jis',
  eucjp: 'euc-jp',
  xeucjp: 'euc-jp',
  xeuc: 'euc-jp',
  euc: 'euc-jp',
  ujis: 'euc-jp',
  eucjpms: 'euc-jp',
  eucjpwin: 'euc-jp',
  eucjis2004: 'euc-jp',
  cp51932: 'euc-jp',
  cp20932: 'euc-jp',
  cp936: 'gbk',
  ms936: 'gbk',
  windows936: 'gbk',
  cp54936: 'gb18030',
  cp950: 'big5',
  ms950: 'big5',
  cp949: 'euc-kr',
  ms949: 'euc-kr',
  uhc: 'euc-kr',
  latin1: 'windows-1252',
  cp28591: 'windows-1252',
  iso885911: 'windows-874',
}

/** Labels that TextDecoder accepts but that mean nothing in mail. */
const MEANINGLESS = new Set(['x-user-defined', 'replacement'])

/** Longest label that is looked at; the registered ones are below 50. */
const MAX_LABEL_LENGTH = 64

/** Encoding for a sender's label, or undefined when it is missing or unknown. Never throws. */
export function encodingOf(untrustedLabel: string | undefined): Encoding | undefined {
  if (untrustedLabel === undefined || untrustedLabel.length > MAX_LABEL_LENGTH) return undefined
  const label = untrustedLabel.toLowerCase().replace(/^[\s"'=?]+|[\s"';,:?].*$/gs, '')
  const key = label.replace(/[-_.\s]/g, '')
  if (Object.hasOwn(ALIASES, key)) return ALIASES[key]
  for (const candidate of [label, label.replaceAll('_', '-'), label.replace(/^x-/, '')]) {
    const decoder = decoderFor(candidate)
    if (decoder !== undefined && !MEANINGLESS.has(decoder.encoding)) return decoder.encoding
  }
  return undefined
}

function decoderFor(label: string): TextDecoder | undefined {
  try {
    return new TextDecoder(label)
  } catch {
    return undefined
  }
}
