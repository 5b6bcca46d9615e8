/** Many pieces into a file at once. */
import type { FileHandle } from 'node:fs/promises'

/** One call of the system for all pieces. What it leaves over (a full disk does that) is tried again, and fails then. */
export async function writePieces(file: FileHandle, pieces: readonly Uint8Array[], position: number): Promise<void> {
  let [left, at] = [pieces.filter(piece => piece.length > 0), position]
  while (left.length > 0) {
    const { bytesWritten } = await file.writev(left, at)
    if (bytesWritten === 0) throw new Error('the file takes no more octets')
    at += bytesWritten
    left = afterFirst(bytesWritten, left)
  }
}

function afterFirst(count: number, pieces: readonly Uint8Array[]): Uint8Array[] {
  let skipped = 0
  return pieces.flatMap(piece => {
    const cut = Math.min(piece.length, Math.max(0, count - skipped))
    skipped += piece.length
    return cut < piece.length ? [piece.subarray(cut)] : []
  })
}
