/** Reads a message and keeps every event, for tests. */
import { DEFAULT_READER_LIMITS, type PartHead, type PartTail, type ReaderLimits } from '../../../../core/mime/part.ts'
import { MimeReader } from '../../../../core/mime/reader.ts'

export type ReadPart = { readonly head: PartHead; tail: PartTail | undefined; data: Buffer }
export type ReadMessage = {
  readonly parts: ReadPart[]
  readonly findings: string[]
  /** All events in order, data joined, to compare two readings. */
  readonly log: string[]
}

export function read(message: Uint8Array | string, cuts: readonly number[] = [], limits: Partial<ReaderLimits> = {}): ReadMessage {
  const bytes = typeof message === 'string' ? Buffer.from(message, 'latin1') : Buffer.from(message)
  const parts = new Map<string, ReadPart>()
  const chunks = new Map<string, Buffer[]>()
  const findings: string[] = []
  const log: string[] = []
  const reader = new MimeReader(
    {
      partStart(head) {
        if (parts.has(head.id)) throw new Error(`part ${head.id} twice`)
        parts.set(head.id, { head, tail: undefined, data: Buffer.alloc(0) })
        chunks.set(head.id, [])
        log.push(`start ${JSON.stringify({ ...head, contentType: [head.contentType.type, ...head.contentType.params] })}`)
        return true
      },
      partData: (id, decoded) => void chunks.get(id)!.push(Buffer.from(decoded)),
      partEnd(tail) {
        const part = parts.get(tail.id)!
        part.tail = tail
        part.data = Buffer.concat(chunks.get(tail.id)!)
        log.push(`end ${JSON.stringify(tail)} ${part.data.toString('latin1')}`)
      },
      finding({ partId, code, detail }) {
        findings.push(code)
        log.push(`finding ${partId} ${code} ${detail}`)
      },
    },
    { ...DEFAULT_READER_LIMITS, ...limits },
  )
  let start = 0
  for (const cut of [...cuts].filter(at => at <= bytes.length).sort((a, b) => a - b)) {
    // A copy that is spoiled afterwards: the reader must not keep views of chunks.
    const chunk = Buffer.from(bytes.subarray(start, cut))
    reader.write(chunk)
    chunk.fill(0x58)
    start = cut
  }
  reader.write(bytes.subarray(start))
  reader.end()
  return { parts: [...parts.values()], findings, log }
}

/** Lines joined by CRLF. */
export function crlf(...lines: string[]): string {
  return lines.map(line => `${line}\r\n`).join('')
}
