/**
 * The way from the objects of one file to the objects of a new one: only what a shape asks for is ever looked at.
 *
 *   shape ── asks for ──▶ Source ──▶ [Rebuild: link, count, queue] ──▶ PdfWriter
 *
 * Mark and sweep in one: an object gets its number when a shape first refers to it, and is written when its turn in
 * the queue comes. The same object under the same shape is one object. No recursion over references, so neither
 * cycles nor chains of a million objects grow a stack.
 */
import type { DisarmInput } from '../contract.ts'
import { type ObjectKind, type ObjectRule, type Removed, ruleFor, sumRemoved } from '../../objects.ts'
import { OverLimit, type Ref, type Stream, type Value } from './object.ts'
import { type Unpacked, unpack } from './filters.ts'
import { exactCorners } from './page-boxes.ts'
import type { Source } from './source.ts'
import { type Body, PdfWriter } from './writer.ts'

/**
 * What an object of some kind may be. `fits` looks at the object itself only, not behind its references; what fits
 * can be written.
 */
export type ObjectShape = {
  readonly name: string
  fits(value: Value, job: Rebuild): boolean
  write(value: Value, job: Rebuild): Body | Promise<Body>
}

type Waiting = { readonly number: number; readonly value: Value; readonly shape: ObjectShape }

const MOST_OBJECTS = 500_000
/** Streams are unpacked one after the other, so memory is that of the largest and time that of all. */
const STREAM_SHARE = 4
const ALL_STREAMS_SHARE = 16

export class Rebuild {
  readonly source: Source
  readonly input: DisarmInput
  readonly writer: PdfWriter
  readonly exactCorners: ReadonlyMap<number, number>
  /** Pages of the new file by object of the old one; filled before anything is linked. */
  readonly pageNumbers = new Map<number, number>()
  readonly contentNumbers = new Map<string, number>()
  /** Places that the file has names for. */
  readonly namedPlaces = new Map<string, Value>()
  readonly #numbers = new Map<string, number>()
  readonly #queue: Waiting[] = []
  readonly #removed: Removed[] = []
  #unpackedBytes = 0

  constructor(source: Source, input: DisarmInput) {
    this.source = source
    this.input = input
    this.writer = new PdfWriter(input.limits.outputBytes)
    this.exactCorners = exactCorners(input.untrustedBytes)
  }

  /** `7 0 R` of the new file, or undefined when the object does not fit the shape. */
  link(ref: Ref, shape: ObjectShape): string | undefined {
    const key = `${shape.name} ${ref.number}`
    const known = this.#numbers.get(key)
    if (known !== undefined) return known === 0 ? undefined : `${known} 0 R`
    const value = this.source.resolve(ref)
    const fits = shape.fits(value, this)
    this.#numbers.set(key, fits ? this.enqueue(value, shape) : 0)
    return this.link(ref, shape)
  }

  /** As `link`, but only for what has been linked already. */
  linked(ref: Ref, shape: ObjectShape): string | undefined {
    const known = this.#numbers.get(`${shape.name} ${ref.number}`)
    return known === undefined || known === 0 ? undefined : `${known} 0 R`
  }

  /** Gives an object of the old file that stands in another one a number of its own in the new file. */
  add(value: Value, shape: ObjectShape): string | undefined {
    return shape.fits(value, this) ? `${this.enqueue(value, shape)} 0 R` : undefined
  }

  enqueue(value: Value, shape: ObjectShape): number {
    const number = this.writer.allocate()
    if (number > MOST_OBJECTS) throw new OverLimit()
    this.#queue.push({ number, value, shape })
    return number
  }

  /** Writes everything that was linked, and what that links in turn. */
  async settle(): Promise<void> {
    // A plain index: the queue grows while it is worked off.
    for (let index = 0; index < this.#queue.length; index++) {
      const { number, value, shape } = this.#queue[index]!
      const body = shape.write(value, this)
      this.writer.put(number, body instanceof Promise ? await body : body)
    }
    this.#queue.length = 0
  }

  rule(kind: ObjectKind): ObjectRule {
    return ruleFor(kind, this.input.rules)
  }

  keeps(kind: ObjectKind): boolean {
    return this.rule(kind) === 'keep'
  }

  removed(what: ObjectKind, detail?: string): void {
    this.#removed.push({ what, count: 1, ...(detail === undefined ? {} : { detail }) })
    if (this.#removed.length > 1000) this.#removed.splice(0, this.#removed.length, ...sumRemoved(this.#removed))
  }

  removedLines(): Removed[] {
    // How often a file says who wrote it means nothing to a reader.
    return sumRemoved(this.#removed).map(line => (line.what === 'metadata' ? { ...line, count: 1 } : line))
  }

  /** The octets of a stream with its general filters off; undefined when they cannot be had. */
  unpack(stream: Stream): Unpacked | undefined {
    const mostBytes = STREAM_SHARE * this.input.limits.outputBytes
    const unpacked = unpack(stream, this.source, mostBytes)
    this.spend(unpacked?.data.length ?? 0)
    return unpacked
  }

  get mostStreamBytes(): number {
    return STREAM_SHARE * this.input.limits.outputBytes
  }

  spend(bytes: number): void {
    this.#unpackedBytes += bytes
    if (this.#unpackedBytes > ALL_STREAMS_SHARE * this.input.limits.outputBytes) throw new OverLimit()
  }
}
