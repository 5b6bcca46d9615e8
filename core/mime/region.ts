/**
 * A stretch of body between two delimiters: of a leaf, or the text outside the delimiters of a multipart.
 *
 * The reader only knows where it ends; what happens to the octets is decided here.
 */
import { Anomalies } from './anomalies.ts'
import { type Frame, strayHead } from './frame.ts'
import { Leaf } from './leaf.ts'
import type { PartHead } from './part.ts'
import type { Reading } from './reading.ts'
import { StrayText } from './stray.ts'

export type Region = {
  /** Part that findings about the delimiters in here belong to. */
  readonly id: string
  readonly offset: number
  /** What the reader sees while it looks for the end. */
  readonly notes: Anomalies
  write(window: Buffer, start: number, end: number): void
  end(bodyEnd: number): void
}

type LeafRegionOptions = {
  readonly offset: number
  readonly emit: ((decoded: Uint8Array) => void) | undefined
  /** Called when everything is decoded, before the partEnd. */
  readonly onEnd?: () => void
}

export function leafRegion(reading: Reading, head: PartHead, options: LeafRegionOptions): Region {
  const { offset, emit, onEnd } = options
  const leaf = new Leaf(head, { lineBytes: reading.limits.lineBytes, emit })
  return {
    id: head.id,
    offset,
    notes: new Anomalies(),
    write: (window, start, end) => leaf.write(window, start, end),
    end: bodyEnd => {
      leaf.end((code, detail) => reading.find(head.id, code, detail))
      onEnd?.()
      const bodyLength = bodyEnd - offset
      reading.events.partEnd({ id: head.id, bodyOffset: offset, bodyLength, decodedLength: leaf.decodedLength })
    },
  }
}

/** A leaf whose octets go to the consumer if it wants them. */
export function wantedLeaf(reading: Reading, head: PartHead, options: { offset: number; wanted: boolean }): Region {
  const emit = options.wanted ? (decoded: Uint8Array) => reading.events.partData(head.id, decoded) : undefined
  return leafRegion(reading, head, { offset: options.offset, emit })
}

/** Text before the first or after the last delimiter of `frame`; becomes a leaf when it is more than custom. */
export function strayRegion(reading: Reading, frame: Frame, offset: number): Region {
  const preamble = frame.place === 'preamble'
  let opened: Region | undefined
  const stray = new StrayText({
    open: () => {
      const head = strayHead(frame, preamble ? 0 : frame.children + 1, offset)
      // On the part, so that it is told from a text that was meant to be read.
      reading.find(head.id, preamble ? 'structure.preamble' : 'structure.epilogue')
      opened = wantedLeaf(reading, head, { offset, wanted: reading.start(head) })
    },
    write: (window, start, end) => opened!.write(window, start, end),
    trivial: text => {
      if (text) reading.find(frame.id, preamble ? 'structure.usual-preamble' : 'structure.epilogue')
    },
  })
  return {
    id: frame.id,
    offset,
    notes: new Anomalies(),
    write: (window, start, end) => stray.write(window, start, end),
    end: bodyEnd => {
      stray.end()
      opened?.end(bodyEnd)
    },
  }
}
