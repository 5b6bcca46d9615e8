/** Where a module without its types stands: beside the code, and trusted and protected like it. Both ends of it ask here. */
import { hash } from 'node:crypto'
import { join } from 'node:path'

export const FOLDER = join(import.meta.dirname, '../.untyped', process.version)

/** `typescript`: all octets of the file. */
export function placeIn(folder, typescript) {
  return join(folder, `${hash('sha256', typescript)}.js`)
}
