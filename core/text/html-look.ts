/**
 * How a run of text looks, inherited from element to element: shown or not, coloured, struck out, kept as typed.
 * Elements that change nothing share the look of their parent.
 */
import { type Color, isMarkerPen, isVivid, parseLegacyColor, sameColor, type Styling } from './html-css.ts'
import { attribute, type HtmlNode } from './html-tree.ts'

export type Look = {
  readonly visible: boolean
  /** Pixels. */
  readonly fontSize: number
  /** Undefined is the reader's own colour. */
  readonly color: Color | 'transparent' | undefined
  /** Colour of the heading or link around: not an emphasis of its own. */
  readonly usualColor: Color | 'transparent' | undefined
  readonly background: Color | 'picture'
  /** An inline background like a marker pen. */
  readonly highlighted: boolean
  readonly strike: boolean
  readonly whiteSpace: 'normal' | 'pre' | 'pre-line'
  readonly bullets: boolean
}

export const ROOT_LOOK: Look = {
  visible: true,
  fontSize: 16,
  color: undefined,
  usualColor: undefined,
  background: 0xffffff,
  highlighted: false,
  strike: false,
  whiteSpace: 'normal',
  bullets: true,
}

/** Smaller than this nobody reads: 1 px, 1 pt. */
const SMALLEST_READABLE_PX = 1.5

/** True when text of this look cannot be seen. */
export function isInvisible(look: Look, backgroundsKnown: boolean): boolean {
  if (!look.visible || look.fontSize <= SMALLEST_READABLE_PX || look.color === 'transparent') return true
  // Without a colour of its own, text is readable on whatever the reader's program paints.
  if (!backgroundsKnown || look.color === undefined || look.background === 'picture') return false
  return sameColor(look.color, look.background)
}

/** True for text whose colour says something: not black, grey or white, not what is usual around it. */
export function isEmphasized(look: Look, bodyColor: Color | undefined): boolean {
  if (look.highlighted) return true
  const { color } = look
  return typeof color === 'number' && color !== bodyColor && color !== look.usualColor && isVivid(color)
}

const LOOK_TAGS = new Set(
  's strike del pre listing xmp plaintext textarea font a h1 h2 h3 h4 h5 h6 th mark body table tr td ul ol'.split(' '),
)
const MARKER_TAGS = new Set('span font mark b strong i em u a'.split(' '))

/** Look of an element's own text. */
export function lookOf(node: HtmlNode, styling: Styling, inherited: Look): Look {
  const byTag = LOOK_TAGS.has(node.tag) ? lookOfTag(node, inherited) : inherited
  const look = isEmpty(styling) ? byTag : withStyling(node, styling, byTag)
  if (!/^(?:h[1-6]|th)$/.test(node.tag)) return look
  return look.usualColor === look.color ? look : { ...look, usualColor: look.color }
}

function isEmpty(styling: Styling): boolean {
  for (const _ in styling) return false
  return true
}

function lookOfTag(node: HtmlNode, inherited: Look): Look {
  switch (node.tag) {
    case 's':
    case 'strike':
    case 'del':
      return { ...inherited, strike: true }
    case 'pre':
    case 'listing':
    case 'xmp':
    case 'plaintext':
      return { ...inherited, whiteSpace: 'pre' }
    case 'ul':
    case 'ol':
      return inherited.bullets ? inherited : { ...inherited, bullets: true }
    case 'mark':
      return { ...inherited, highlighted: true, background: 0xffff00 }
    case 'a':
      return attribute(node, 'href') === undefined ? inherited : { ...inherited, color: undefined, usualColor: undefined }
    case 'font': {
      const color = parseLegacyColor(attribute(node, 'color') ?? '')
      return color === undefined ? inherited : { ...inherited, color }
    }
    default:
      return painted(node, inherited)
  }
}

/** `bgcolor`, `background` and `text` of body, tables and cells. */
function painted(node: HtmlNode, inherited: Look): Look {
  if (node.attributes.length === 0) return inherited
  const bgcolor = parseLegacyColor(attribute(node, 'bgcolor') ?? '')
  const background = attribute(node, 'background') ? 'picture' : (bgcolor ?? inherited.background)
  const text = node.tag === 'body' ? parseLegacyColor(attribute(node, 'text') ?? '') : undefined
  const color = text ?? inherited.color
  return background === inherited.background && color === inherited.color ? inherited : { ...inherited, background, color }
}

function withStyling(node: HtmlNode, styling: Styling, inherited: Look): Look {
  const { fontSize } = styling
  const background = styling.background ?? inherited.background
  const marks = MARKER_TAGS.has(node.tag) && typeof styling.background === 'number' && isMarkerPen(styling.background)
  return {
    visible: styling.visible ?? inherited.visible,
    fontSize: fontSize === undefined ? inherited.fontSize : 'pixels' in fontSize ? fontSize.pixels : fontSize.factor * inherited.fontSize,
    color: styling.color ?? inherited.color,
    usualColor: inherited.usualColor,
    background,
    highlighted: inherited.highlighted || marks,
    // The line of an outer element goes through its inline children whatever they say (CSS 2.2 §16.3.1).
    strike: inherited.strike || styling.strike === true,
    whiteSpace: styling.whiteSpace ?? inherited.whiteSpace,
    bullets: styling.bullets ?? inherited.bullets,
  }
}
