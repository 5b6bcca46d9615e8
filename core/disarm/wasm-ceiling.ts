/**
 * A ceiling for the memory of a WebAssembly module whose build has none that is low enough: the limit in its memory
 * section is rewritten before it is compiled. An allocation beyond it fails inside of the module.
 * Standard: WebAssembly core specification §5.5.8 (memory section), §5.2.2 (LEB128).
 */

const PAGE_BYTES = 65_536
const HEADER_BYTES = 8
const MEMORY_SECTION = 5

/** Changes `wasm` in place and returns it. Throws when it has no memory with a limit of its own. */
export function withMemoryCeiling(wasm: Uint8Array<ArrayBuffer>, mostBytes: number): Uint8Array<ArrayBuffer> {
  for (let at = HEADER_BYTES; at < wasm.length; ) {
    const size = readNumber(wasm, at + 1)
    if (wasm[at] === MEMORY_SECTION) {
      // One memory, with flags, its minimum, then its maximum.
      const maximumAt = readNumber(wasm, size.next + 2).next
      const { next } = readNumber(wasm, maximumAt)
      writeNumber(wasm.subarray(maximumAt, next), mostBytes / PAGE_BYTES)
      return wasm
    }
    at = size.next + size.value
  }
  throw new Error('WebAssembly module without a memory section')
}

function readNumber(bytes: Uint8Array, start: number): { readonly value: number; readonly next: number } {
  let value = 0
  let next = start
  for (let scale = 1; ; scale *= 128) {
    const octet = bytes[next++]!
    value += (octet & 0x7f) * scale
    if (octet < 0x80) return { value, next }
  }
}

/** Fills all of `place`: a number may have leading zeros. */
function writeNumber(place: Uint8Array, value: number): void {
  for (let index = 0; index < place.length; index++) {
    place[index] = (Math.floor(value / 128 ** index) & 0x7f) | (index < place.length - 1 ? 0x80 : 0)
  }
}
