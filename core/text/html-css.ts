/**
 * The little CSS that changes what a reader sees: shown or hidden, struck out, coloured, kept as typed.
 * One block of declarations in, one Styling out; the cascade is in html-sheet.ts, inheritance in html-prune.ts.
 *
 * Where a value is not understood it says nothing: text is then shown rather than hidden.
 * Standards: CSS 2.2, CSS Color 4 §4-5 (hex, rgb, names).
 */

/** 0xRRGGBB. */
export type Color = number

export type Styling = {
  readonly display?: 'none' | 'inline' | 'block'
  /** The box is there but cannot be seen: moved out of the window, clipped or shrunk to nothing, transparent. */
  readonly away?: boolean
  readonly visible?: boolean
  /** Factor of the inherited size for em and %, else pixels. */
  readonly fontSize?: { readonly pixels: number } | { readonly factor: number }
  readonly color?: Color | 'transparent'
  /** `picture` when text may stand on an image or gradient. */
  readonly background?: Color | 'picture'
  readonly strike?: boolean
  readonly whiteSpace?: 'normal' | 'pre' | 'pre-line'
  readonly bullets?: boolean
  /** No space above and below, as Word writes its paragraphs: one line each, not one paragraph each. */
  readonly tight?: boolean
}

const COLOR_NAMES: Readonly<Record<string, Color>> = {
  black: 0x000000, windowtext: 0x000000, white: 0xffffff, window: 0xffffff, snow: 0xfffafa, ivory: 0xfffff0,
  whitesmoke: 0xf5f5f5, ghostwhite: 0xf8f8ff, floralwhite: 0xfffaf0, aliceblue: 0xf0f8ff, azure: 0xf0ffff,
  gray: 0x808080, grey: 0x808080, silver: 0xc0c0c0, dimgray: 0x696969, dimgrey: 0x696969, darkgray: 0xa9a9a9,
  darkgrey: 0xa9a9a9, lightgray: 0xd3d3d3, lightgrey: 0xd3d3d3, gainsboro: 0xdcdcdc,
  red: 0xff0000, darkred: 0x8b0000, maroon: 0x800000, crimson: 0xdc143c, firebrick: 0xb22222, tomato: 0xff6347,
  orangered: 0xff4500, orange: 0xffa500, darkorange: 0xff8c00, gold: 0xffd700, yellow: 0xffff00, brown: 0xa52a2a,
  pink: 0xffc0cb, hotpink: 0xff69b4, deeppink: 0xff1493, magenta: 0xff00ff, fuchsia: 0xff00ff, purple: 0x800080,
  violet: 0xee82ee, indigo: 0x4b0082, blue: 0x0000ff, mediumblue: 0x0000cd, darkblue: 0x00008b, navy: 0x000080,
  royalblue: 0x4169e1, dodgerblue: 0x1e90ff, deepskyblue: 0x00bfff, skyblue: 0x87ceeb, aqua: 0x00ffff, cyan: 0x00ffff,
  teal: 0x008080, green: 0x008000, darkgreen: 0x006400, forestgreen: 0x228b22, seagreen: 0x2e8b57, limegreen: 0x32cd32,
  lime: 0x00ff00, olive: 0x808000, lightyellow: 0xffffe0,
}

const RGB = /^rgba?\( *([\d.]+)(%?)[ ,]+([\d.]+)%?[ ,]+([\d.]+)%?(?:[ ,/]+([\d.]+)(%?))? *\)$/

/** A CSS colour; undefined when it is not understood. */
export function parseColor(value: string): Color | 'transparent' | undefined {
  if (value.startsWith('#')) return parseHex(value.slice(1))
  if (value === 'transparent') return 'transparent'
  if (value.startsWith('rgb')) {
    const match = RGB.exec(value)
    if (!match) return undefined
    if (match[4 + 1] !== undefined && Number(match[5]) === 0) return 'transparent'
    const scale = match[2] === '%' ? 2.55 : 1
    const channel = (digits: string | undefined): number => Math.min(255, Math.round(Number(digits) * scale))
    return (channel(match[1]) << 16) | (channel(match[3]) << 8) | channel(match[4])
  }
  return Object.hasOwn(COLOR_NAMES, value) ? COLOR_NAMES[value] : undefined
}

function parseHex(digits: string): Color | 'transparent' | undefined {
  if (!/^(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/.test(digits)) return undefined
  const long = digits.length <= 4 ? digits.replace(/./g, '$&$&') : digits
  if (long.length === 8 && long.endsWith('00')) return 'transparent'
  return Number.parseInt(long.slice(0, 6), 16)
}

/** Colour of `<font color>` and `bgcolor`, where the # may be missing (WHATWG HTML §2.3.6, the regular cases). */
export function parseLegacyColor(value: string): Color | undefined {
  const trimmed = value.trim().toLowerCase()
  const color = parseColor(trimmed) ?? parseHex(trimmed)
  return color === 'transparent' ? undefined : color
}

/** True when `text` cannot be told from `background` by eye: white on white, #fefefe on white. */
export function sameColor(text: Color, background: Color): boolean {
  const apart = (shift: number): number => Math.abs(((text >> shift) & 255) - ((background >> shift) & 255))
  return Math.max(apart(16), apart(8), apart(0)) <= 10
}

/** True for a colour that stands out from black, grey and white. */
export function isVivid(color: Color): boolean {
  const [red, green, blue] = channels(color)
  return Math.max(red, green, blue) - Math.min(red, green, blue) >= 64
}

/** True for a background like that of a marker pen: vivid, and light enough for black text. */
export function isMarkerPen(color: Color): boolean {
  const [red, green, blue] = channels(color)
  return isVivid(color) && red * 0.3 + green * 0.59 + blue * 0.11 >= 110
}

function channels(color: Color): [number, number, number] {
  return [color >> 16, (color >> 8) & 255, color & 255]
}

const PIXELS: Readonly<Record<string, number>> = { px: 1, pt: 4 / 3, pc: 16, in: 96, cm: 37.8, mm: 3.78, em: 16, rem: 16, ex: 8, '': 1 }
const LENGTH = /^([+-]?(?:\d+\.?\d*|\.\d+))([a-z]*|%)$/

/** A length in pixels, relative units taken at the usual font size; undefined for anything else. */
function pixels(value: string | undefined): number | undefined {
  const match = value === undefined ? null : LENGTH.exec(value)
  const unit = match && PIXELS[match[2]!]
  return unit ? Number(match[1]) * unit : undefined
}

const SIZE_NAMES = new Set(['xx-small', 'x-small', 'small', 'medium', 'large', 'x-large', 'xx-large'])

function fontSize(value: string): Styling['fontSize'] {
  if (SIZE_NAMES.has(value)) return { pixels: 16 }
  const match = LENGTH.exec(value)
  if (!match) return undefined
  if (match[2] === 'em' || match[2] === '%') return { factor: Number(match[1]) / (match[2] === '%' ? 100 : 1) }
  const size = pixels(value)
  return size === undefined ? undefined : { pixels: size }
}

/** Declarations that matter here, by property. Only these are kept. */
export type Declarations = Map<string, string>

const PROPERTIES = new Set(
  ('display visibility opacity font-size font color background background-color background-image position left top ' +
    'text-indent margin margin-top margin-bottom margin-left height max-height width max-width overflow overflow-x overflow-y clip clip-path transform ' +
    'text-decoration text-decoration-line white-space list-style list-style-type').split(' '),
)

export type Block = { readonly normal: Declarations; readonly important: Declarations }

/** Reads `name: value; …`. CSS comments must be gone already. */
export function parseBlock(source: string): Block {
  const normal: Declarations = new Map()
  const important: Declarations = new Map()
  const text = source.includes('\\') ? unescapeCss(source) : source
  let at = 0
  while (at < text.length) {
    let end = text.indexOf(';', at)
    if (end < 0) end = text.length
    const colon = text.indexOf(':', at)
    if (colon < 0) break
    if (colon < end) {
      const name = text.slice(at, colon).trim().toLowerCase()
      if (PROPERTIES.has(name)) declare(name, text.slice(colon + 1, end), normal, important)
    }
    at = end + 1
  }
  return { normal, important }
}

/** No value of these properties that we understand is longer; a picture is told by its first characters. */
const MAX_VALUE_CHARS = 200

function declare(name: string, raw: string, normal: Declarations, important: Declarations): void {
  const mark = raw.lastIndexOf('!')
  const weighty = mark >= 0 && raw.slice(mark + 1, mark + 20).trim().toLowerCase() === 'important'
  const value = (weighty ? raw.slice(0, mark) : raw).trim().slice(0, MAX_VALUE_CHARS).toLowerCase()
  ;(weighty ? important : normal).set(name, value)
}

function unescapeCss(source: string): string {
  return source.replace(/\\(?:([0-9a-f]{1,6})\s?|(.))/gi, (_all, hex: string | undefined, char: string | undefined) => {
    const codePoint = hex === undefined ? -1 : Number.parseInt(hex, 16)
    return codePoint > 0 && codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : (char ?? '')
  })
}

/** What the declarations of one element, already cascaded, do to its looks. */
export function styling(declared: Declarations): Styling {
  const out: { -readonly [Key in keyof Styling]: Styling[Key] } = {}
  for (const [name, value] of declared) {
    if (name === 'display') out.display = value === 'none' ? 'none' : value.startsWith('inline') ? 'inline' : 'block'
    else if (name === 'visibility') out.visible = value !== 'hidden' && value !== 'collapse'
    else if (name === 'font-size') setDefined(out, 'fontSize', fontSize(value))
    else if (name === 'font') setDefined(out, 'fontSize', fontSize(/(?:^|\s)([\d.]+[a-z%]*)(?:\/|\s|$)/.exec(value)?.[1] ?? ''))
    else if (name === 'color') setDefined(out, 'color', parseColor(value))
    else if (name.startsWith('background')) setDefined(out, 'background', background(value) ?? out.background)
    else if (name.startsWith('text-decoration')) out.strike = value.includes('line-through')
    else if (name === 'white-space') out.whiteSpace = whiteSpace(value)
    else if (name.startsWith('list-style')) out.bullets = !/\bnone\b/.test(value)
  }
  if (isAway(declared)) out.away = true
  if (isTight(declared)) out.tight = true
  return out
}

function setDefined<Key extends keyof Styling>(out: { -readonly [K in keyof Styling]: Styling[K] }, key: Key, value: Styling[Key]): void {
  if (value !== undefined) out[key] = value
}

function isTight(declared: Declarations): boolean {
  const [top, right, bottom = top] = (declared.get('margin') ?? '').split(/ +/, 4)
  const above = pixels(declared.get('margin-top') ?? top)
  const below = pixels(declared.get('margin-bottom') ?? (right === undefined ? top : bottom))
  return above !== undefined && below !== undefined && above + below < 4
}

function whiteSpace(value: string): 'normal' | 'pre' | 'pre-line' {
  if (value === 'pre-line') return 'pre-line'
  return value.startsWith('pre') || value === 'break-spaces' ? 'pre' : 'normal'
}

function background(value: string): Color | 'picture' | undefined {
  if (value.includes('url(') || value.includes('gradient(')) return 'picture'
  const whole = parseColor(value)
  if (typeof whole === 'number') return whole
  for (const word of value.split(' ', 12)) {
    const color = parseColor(word)
    if (typeof color === 'number') return color
  }
  return undefined
}

const CLIPPED = /^(?:rect\((?:[01](?:px)?[ ,]*){4}\)|inset\((?:50|100)%.*|circle\(0.*)/
const SHRUNK = /scale(?:3d|x|y)?\( *0(?:\.0+)? *[,)]|translate(?:3d|x|y)?\([^)]*-\d{4,}/

/** Far enough to be outside of any window, in pixels. */
const OUT_OF_WINDOW = -500

function isAway(declared: Declarations): boolean {
  const opacity = declared.get('opacity')
  if (opacity !== undefined && Number.parseFloat(opacity) <= 0.02) return true
  const far = (name: string): boolean => (pixels(declared.get(name)) ?? 0) <= OUT_OF_WINDOW
  if (far('text-indent') || far('margin-left')) return true
  const position = declared.get('position')
  if (position !== undefined && position !== 'static' && (far('left') || far('top'))) return true
  if (CLIPPED.test(declared.get('clip') ?? '') || CLIPPED.test(declared.get('clip-path') ?? '')) return true
  if (SHRUNK.test(declared.get('transform') ?? '')) return true
  return isCutOff(declared)
}

/** No height or width to show anything in, and what overflows is cut. */
function isCutOff(declared: Declarations): boolean {
  const cut = ['overflow', 'overflow-x', 'overflow-y'].some(name => /hidden|clip/.test(declared.get(name) ?? ''))
  const none = (name: string): boolean => (pixels(declared.get(name)) ?? 2) <= 1
  return cut && ['height', 'max-height', 'width', 'max-width'].some(none)
}
