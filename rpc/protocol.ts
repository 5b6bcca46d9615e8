/**
 * How two of our processes on one host speak: HTTP on a Unix socket, one POST /rpc/<method> per question.
 *
 *   method     JSON asked, JSON answered
 *   stream     JSON asked, octets answered
 *   exchange   a packet each way: u32 length of JSON │ JSON │ octets to the end
 *
 * Both sides name PROTOCOL_VERSION in a header: after an upgrade without a restart they must not guess.
 */
export const PROTOCOL_VERSION = '1'
export const PROTOCOL_HEADER = 'sekisho-protocol'

/** Longest JSON of a question, and of the head of a packet. */
export const LARGEST_JSON_BYTES = 1 << 20
const LENGTH_BYTES = 4

/** Body of every answer that is not 200. */
export type RpcFailure = {
  readonly error: 'bad-request' | 'not-found' | 'version' | 'failed'
  readonly message: string
}

/** JSON first, octets after it as they come. */
export type RpcPacket = {
  readonly meta: unknown
  readonly octets: AsyncIterable<Uint8Array>
  /** Reads to the end whatever nobody wanted. */
  drain(): Promise<void>
}

/** Head of a packet, to be followed by its octets. */
export function packetHead(meta: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(meta ?? null))
  const head = Buffer.allocUnsafe(LENGTH_BYTES + json.length)
  head.writeUInt32BE(json.length, 0)
  json.copy(head, LENGTH_BYTES)
  return head
}

export async function* packetPieces(meta: unknown, octets?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield packetHead(meta)
  if (octets) yield* octets
}

/** Resolves when the head has come. `octets` must be read to its end, or the line destroyed. @throws RangeError, SyntaxError */
export async function readPacket(pieces: AsyncIterable<Uint8Array>): Promise<RpcPacket> {
  const iterator = pieces[Symbol.asyncIterator]()
  let have: Buffer = Buffer.alloc(0)
  const fill = async (bytes: number) => {
    const chunks = [have]
    let length = have.length
    while (length < bytes) {
      const next = await iterator.next()
      if (next.done) throw new RangeError('packet cut short')
      chunks.push(Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength))
      length += next.value.length
    }
    have = Buffer.concat(chunks)
  }
  await fill(LENGTH_BYTES)
  const end = LENGTH_BYTES + have.readUInt32BE(0)
  if (end > LARGEST_JSON_BYTES) throw new RangeError('head of packet too long')
  await fill(end)
  const meta: unknown = JSON.parse(have.toString('utf8', LENGTH_BYTES, end))
  const drain = async () => {
    while (!(await iterator.next()).done);
  }
  return { meta, octets: startingWith(have.subarray(end), iterator), drain }
}

async function* startingWith(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
}
