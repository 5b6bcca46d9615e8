/**
 * A drawing in DXF as a sketch: its lines, arcs, circles, outlines and texts on one page of ours, black on white. What a CAD program
 * would show besides (dimensions, hatches, line widths, colours, layouts) is left out, and the viewer says so.
 *
 *   rebuilt DXF ──▶ entities, blocks put in their places ──▶ strokes and texts ──▶ scaled to the page ──▶ PDF of ours
 *
 * Source: AutoCAD 2012 DXF Reference (entities, their group codes).
 */
import { Buffer } from 'node:buffer'
import { decodeText } from '../text/charset.ts'
import { pdfOf, ucs2 } from './written-pages.ts'

type Point = readonly [x: number, y: number]
/** x' = a·x + c·y + e, y' = b·x + d·y + f */
type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number]
type Entity = { readonly name: string; readonly pairs: readonly Pair[]; readonly vertices: Entity[] }
type Pair = { readonly code: number; readonly value: string }
type Label = { readonly at: Point; readonly height: number; readonly turn: number; readonly text: string }
export type Sketch = { readonly pdf: Uint8Array; readonly text: string }

const SAME: Matrix = [1, 0, 0, 1, 0, 0]
const LONG_SIDE = 842
const SHORT_SIDE = 595
const MARGIN = 30
const MOST_POINTS = 400_000
const MOST_LABELS = 5_000
/** A block may be put into places of blocks that are put into places themselves. */
const MOST_ENTITIES = 1_000_000
const DEEPEST = 6
const ARC_STEP = Math.PI / 24
/** Points of a file that lie further out than any paper are mistakes, and not numbers are none. */
const FURTHEST = 1e9

/** Undefined where nothing is there that could be drawn. */
export function dxfSketch(bytes: Uint8Array): Sketch | undefined {
  const { entities, blocks, codePage } = readDrawing(bytes)
  const sketching = new Sketching(blocks, codePage)
  for (const entity of entities) sketching.add(entity, SAME, 0)
  return sketching.finish()
}

function readDrawing(bytes: Uint8Array): { readonly entities: readonly Entity[]; readonly blocks: ReadonlyMap<string, readonly Entity[]>; readonly codePage: string | undefined } {
  const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').split('\r\n')
  const [entities, blocks] = [[] as Entity[], new Map<string, Entity[]>()]
  let [section, block, codePage]: [string, Entity[] | undefined, string | undefined] = ['', undefined, undefined]
  let record: Pair[] = []
  let whole: Entity | undefined
  const end = () => {
    const name = record[0]?.value ?? ''
    if (name === 'SECTION') section = textOf(record, 2)
    else if (section === 'BLOCKS' && name === 'BLOCK') blocks.set(textOf(record, 2), (block = []))
    else if ((section === 'BLOCKS' && block) || section === 'ENTITIES') {
      const entity = { name, pairs: record, vertices: [] }
      if (name === 'VERTEX') whole?.vertices.push(entity)
      else {
        whole = entity
        ;(section === 'ENTITIES' ? entities : block!).push(entity)
      }
    }
    if (section === 'HEADER') codePage = codePageOf(record)
  }
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const pair = { code: Number(lines[at]), value: lines[at + 1]! }
    if (pair.code === 0) {
      end()
      record = []
    }
    record.push(pair)
  }
  end()
  return { entities, blocks, codePage }
}

function textOf(pairs: readonly Pair[], code: number): string {
  return pairs.find(pair => pair.code === code)?.value.trim() ?? ''
}

function codePageOf(header: readonly Pair[]): string | undefined {
  const at = header.findIndex(({ code, value }) => code === 9 && value.trim() === '$DWGCODEPAGE')
  return at >= 0 && /932/.test(header[at + 1]?.value ?? '') ? 'shift_jis' : undefined
}

class Sketching {
  readonly #blocks: ReadonlyMap<string, readonly Entity[]>
  readonly #codePage: string | undefined
  readonly #strokes: Point[][] = []
  readonly #labels: Label[] = []
  #points = 0
  #entities = 0

  constructor(blocks: ReadonlyMap<string, readonly Entity[]>, codePage: string | undefined) {
    this.#blocks = blocks
    this.#codePage = codePage
  }

  add(entity: Entity, place: Matrix, depth: number): void {
    const { name, pairs } = entity
    // Of the sheet, not of the model: another page.
    if (++this.#entities > MOST_ENTITIES || this.#points > MOST_POINTS || textOf(pairs, 67) === '1') return
    if (name === 'LINE') this.#stroke([pointOf(pairs, 10), pointOf(pairs, 11)], place)
    else if (name === 'CIRCLE') this.#stroke(arc(pointOf(pairs, 10), numberOf(pairs, 40), 0, 2 * Math.PI), place)
    else if (name === 'ARC') this.#arc(pairs, place)
    else if (name === 'ELLIPSE') this.#stroke(ellipse(pairs), place)
    else if (name === 'LWPOLYLINE') this.#outline(pointsOf(pairs, 10), numberOf(pairs, 70), place)
    else if (name === 'POLYLINE') this.#outline(entity.vertices.map(vertex => pointOf(vertex.pairs, 10)), numberOf(pairs, 70), place)
    else if (name === 'SPLINE') this.#outline(pointsOf(pairs, pairs.some(({ code }) => code === 11) ? 11 : 10), 0, place)
    else if (name === 'SOLID' || name === 'TRACE' || name === '3DFACE') this.#outline([10, 11, 13, 12].map(code => pointOf(pairs, code)), 1, place)
    else if (name === 'TEXT' || name === 'MTEXT' || name === 'ATTRIB') this.#label(pairs, place)
    else if (name === 'INSERT') this.#insert(pairs, place, depth)
  }

  #arc(pairs: readonly Pair[], place: Matrix): void {
    const from = radians(numberOf(pairs, 50))
    const to = radians(numberOf(pairs, 51))
    this.#stroke(arc(pointOf(pairs, 10), numberOf(pairs, 40), from, to > from ? to : to + 2 * Math.PI), place)
  }

  #outline(points: readonly Point[], flags: number, place: Matrix): void {
    this.#stroke((flags & 1) === 1 && points.length > 0 ? [...points, points[0]!] : points, place)
  }

  #stroke(points: readonly Point[], place: Matrix): void {
    const placed = points.map(point => put(point, place)).filter(isSane)
    if (placed.length < 2) return
    this.#points += placed.length
    this.#strokes.push(placed)
  }

  #label(pairs: readonly Pair[], place: Matrix): void {
    const at = put(pointOf(pairs, 10), place)
    const octets = pairs.filter(({ code }) => code === 1 || code === 3).map(({ value }) => value).join('')
    const text = plainText(decodeText(Buffer.from(octets, 'latin1'), this.#codePage).text)
    if (!isSane(at) || text.trim() === '' || this.#labels.length >= MOST_LABELS) return
    const grown = Math.hypot(place[2], place[3])
    this.#labels.push({ at, height: (numberOf(pairs, 40) || 1) * grown, turn: radians(numberOf(pairs, 50)) + Math.atan2(place[1], place[0]), text })
  }

  #insert(pairs: readonly Pair[], place: Matrix, depth: number): void {
    if (depth >= DEEPEST) return
    const [x, y] = pointOf(pairs, 10)
    const [sx, sy, turn] = [numberOf(pairs, 41) || 1, numberOf(pairs, 42) || 1, radians(numberOf(pairs, 50))]
    const own: Matrix = [sx * Math.cos(turn), sx * Math.sin(turn), -sy * Math.sin(turn), sy * Math.cos(turn), x, y]
    const whole = times(place, own)
    for (const entity of this.#blocks.get(textOf(pairs, 2)) ?? []) {
      if (this.#entities > MOST_ENTITIES) return
      this.add(entity, whole, depth + 1)
    }
  }

  finish(): Sketch | undefined {
    const all = [...this.#strokes.flat(), ...this.#labels.flatMap(cornersOf)]
    if (all.length === 0) return undefined
    const [left, right] = rangeOf(all, 0)
    const [bottom, top] = rangeOf(all, 1)
    const [width, height] = right - left >= top - bottom ? [LONG_SIDE, SHORT_SIDE] : [SHORT_SIDE, LONG_SIDE]
    const scale = Math.min((width - 2 * MARGIN) / Math.max(right - left, 1e-9), (height - 2 * MARGIN) / Math.max(top - bottom, 1e-9), 1e9)
    const onPage = ([x, y]: Point) => `${fixed(MARGIN + (x - left) * scale)} ${fixed(MARGIN + (y - bottom) * scale)}`
    const strokes = this.#strokes.map(points => `${points.map((point, index) => `${onPage(point)} ${index === 0 ? 'm' : 'l'}`).join(' ')} S`)
    const labels = this.#labels.map(({ at, height: size, turn, text }) => {
      const [cos, sin] = [Math.cos(turn), Math.sin(turn)].map(fixed) as [string, string]
      return `/F ${fixed(Math.min(200, Math.max(1, size * scale)))} Tf ${cos} ${sin} ${fixed(-Math.sin(turn))} ${cos} ${onPage(at)} Tm <${ucs2(text.slice(0, 200))}> Tj`
    })
    const content = `0.5 w 1 J 1 j\n${strokes.join('\n')}\nBT\n${labels.join('\n')}\nET`
    return { pdf: pdfOf({ width, height }, content), text: this.#labels.map(({ text }) => text).join('\n') }
  }
}

/** Where a label begins, and about where it ends. */
function cornersOf({ at: [x, y], height, turn, text }: Label): Point[] {
  const width = height * text.length
  return [[0, 0], [width, 0], [0, 1.2 * height]].map(([along, up]) => [x + along! * Math.cos(turn) - up! * Math.sin(turn), y + along! * Math.sin(turn) + up! * Math.cos(turn)] as const)
}

function numberOf(pairs: readonly Pair[], code: number): number {
  const value = Number(pairs.find(pair => pair.code === code)?.value ?? 0)
  return Number.isFinite(value) ? value : 0
}

function pointOf(pairs: readonly Pair[], code: number): Point {
  return [numberOf(pairs, code), numberOf(pairs, code + 10)]
}

/** Each x is followed by its y. */
function pointsOf(pairs: readonly Pair[], code: number): Point[] {
  const points: Point[] = []
  let x = 0
  for (const pair of pairs) {
    if (pair.code === code) x = Number(pair.value)
    else if (pair.code === code + 10 && points.length < MOST_POINTS) points.push([x, Number(pair.value)])
  }
  return points
}

function arc([x, y]: Point, radius: number, from: number, to: number): Point[] {
  const steps = Math.max(2, Math.ceil((to - from) / ARC_STEP))
  return Array.from({ length: steps + 1 }, (_, step) => {
    const angle = from + ((to - from) * step) / steps
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)]
  })
}

function ellipse(pairs: readonly Pair[]): Point[] {
  const [cx, cy] = pointOf(pairs, 10)
  const [mx, my] = pointOf(pairs, 11)
  const ratio = numberOf(pairs, 40)
  const from = numberOf(pairs, 41)
  const to = Math.min(numberOf(pairs, 42) || 2 * Math.PI, from + 2 * Math.PI)
  return arc([0, 0], 1, from, to > from ? to : from + 2 * Math.PI).map(([x, y]) => [cx + x * mx - y * my * ratio, cy + x * my + y * mx * ratio])
}

/** Codes of formatting inside of texts. */
function plainText(text: string): string {
  return text
    .replace(/\\[ACFHQTWfp][^;]{0,100};/g, '')
    .replace(/\\P/g, ' ')
    .replace(/\\[LlOoKk]|[{}]/g, '')
    .replace(/%%[dD]/g, '°')
    .replace(/%%[pP]/g, '±')
    .replace(/%%[cC]/g, 'φ')
    .replace(/\\U\+([0-9A-Fa-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/[\u0000-\u001f]/g, '')
}

function put([x, y]: Point, [a, b, c, d, e, f]: Matrix): Point {
  return [a * x + c * y + e, b * x + d * y + f]
}

function times([a, b, c, d, e, f]: Matrix, [a2, b2, c2, d2, e2, f2]: Matrix): Matrix {
  return [a * a2 + c * b2, b * a2 + d * b2, a * c2 + c * d2, b * c2 + d * d2, a * e2 + c * f2 + e, b * e2 + d * f2 + f]
}

function isSane([x, y]: Point): boolean {
  return Math.abs(x) < FURTHEST && Math.abs(y) < FURTHEST
}

function rangeOf(points: readonly Point[], axis: 0 | 1): readonly [number, number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const point of points) {
    least = Math.min(least, point[axis])
    most = Math.max(most, point[axis])
  }
  return [least, most]
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180
}

function fixed(value: number): string {
  return value.toFixed(2)
}
