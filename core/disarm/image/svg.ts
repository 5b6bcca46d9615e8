/**
 * SVG, drawn and written as PNG: no reader on the other side has to trust a drawing that can hold programs.
 *
 *   octets ──▶ svg-filter.ts (allow-list, cost, pictures inside) ──▶ renderer ──▶ pixels ──▶ PNG
 *
 * Small drawings are enlarged, so that lines stay sharp on paper. Text needs fonts of this machine: a drawing whose
 * characters no font here can draw is kept back, not shown with boxes.
 */
import { Buffer } from 'node:buffer'
import type { Disarmed, Disarmer, DisarmInput } from '../contract.ts'
import { leftBehind } from './made.ts'
import { cannotFor, inkOf, lookAt, type Source, toPng } from './pixels.ts'
import { filterSvg } from './svg-filter.ts'

/** Pixels of the longer side. */
const SHORTEST_SIDE = 1000
const LONGEST_SIDE = 4000
/** Resolution in which one unit of the drawing is one pixel. */
const UNIT_DENSITY = 72
const LONGEST_BYTES = 8 << 20

export const svgDisarmer: Disarmer = {
  table: [
    { object: 'shapes, paints, text, pictures inside: drawn as one PNG', becomes: 'rebuilt' },
    { object: 'scripts and event attributes', becomes: 'removed', kind: 'scripts' },
    { object: 'animations', becomes: 'removed', kind: 'actions' },
    { object: 'references to anything outside the file', becomes: 'removed', kind: 'remoteContent' },
    { object: 'links', becomes: 'removed', kind: 'hyperlinks' },
    { object: 'filters and foreign content', becomes: 'removed', kind: 'layout' },
    { object: 'pictures inside that cannot be re-encoded', becomes: 'removed', kind: 'pictures' },
    { object: 'document type', becomes: 'removed', kind: 'documentTypes' },
    { object: 'metadata', becomes: 'removed', kind: 'metadata' },
    { object: 'text for which this machine has no font', becomes: 'blocked' },
  ],
  async disarm(input: DisarmInput): Promise<Disarmed> {
    if (input.untrustedBytes.length > LONGEST_BYTES) return { kind: 'cannot', reason: 'limit' }
    const filtered = await filterSvg(input.untrustedBytes, 4 * LONGEST_BYTES, bytes => input.tools.picture(bytes))
    if (filtered.kind === 'cannot') return filtered
    try {
      if (!(await canDraw(filtered.text, input))) return { kind: 'cannot', reason: 'unsupported' }
      const bytes = await draw(filtered.bytes, input)
      if (bytes.length > input.limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
      return { kind: 'rebuilt', bytes, mediaType: 'image/png', extension: 'png', removed: leftBehind(filtered.counts), findings: [] }
    } catch (error) {
      return cannotFor(error)
    }
  },
}

async function draw(svg: Uint8Array, { limits }: DisarmInput): Promise<Uint8Array> {
  const source: Source = { untrustedBytes: svg, format: 'svg', limits, density: UNIT_DENSITY }
  const { width, height } = await lookAt(source)
  const longest = Math.max(width, height)
  // Within the limit of pixels, whatever the shape.
  const most = Math.min(LONGEST_SIDE, Math.sqrt(limits.pixels * (longest / Math.min(width, height))))
  const wanted = Math.min(most, Math.max(SHORTEST_SIDE, longest))
  const sized: Source = { ...source, density: (UNIT_DENSITY * wanted * 0.999) / longest }
  return toPng(sized, await lookAt(sized))
}

/** A stroke that lies flat in every font; the box that stands for a missing character is as high as wide. */
const FLAT = { latin: '-', japanese: '\u4e00' } as const
const fonts = new Map<string, Promise<boolean>>()

async function canDraw(text: string, { limits }: DisarmInput): Promise<boolean> {
  const needsJapanese = /[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]/.test(text)
  if (/[\x21-\u2e7f]/.test(text) && !(await hasFont(FLAT.latin, limits))) return false
  return !needsJapanese || (await hasFont(FLAT.japanese, limits))
}

/** Fonts do not change while the process runs. */
function hasFont(character: string, limits: DisarmInput['limits']): Promise<boolean> {
  const known = fonts.get(character) ?? drawsFlat(character, limits)
  fonts.set(character, known)
  return known
}

async function drawsFlat(character: string, limits: DisarmInput['limits']): Promise<boolean> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90"><text x="20" y="60" font-size="50" font-family="sans-serif">${character}</text></svg>`
  const ink = await inkOf({ untrustedBytes: new Uint8Array(Buffer.from(svg)), format: 'svg', limits: { ...limits, pixels: 10_000 } })
  return ink !== undefined && ink.height * 2 < ink.width
}
