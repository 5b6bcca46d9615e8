/** Where modules without their types stand: beside the code, and trusted and protected like it. Both ends of untyped.js use it. */
import { join } from 'node:path'

export const FOLDER = join(import.meta.dirname, '../.untyped', process.version)

/** `digest`: hex SHA-256 of the TypeScript. */
export function placeOf(digest) {
  return join(FOLDER, `${digest}.js`)
}
