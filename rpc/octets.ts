/** Octets that come in pieces, put together up to a bound; undefined when there are more. */
export async function collectWithin(octets: AsyncIterable<Uint8Array>, mostBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of octets) {
    bytes += chunk.length
    if (bytes > mostBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
