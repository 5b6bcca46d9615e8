/**
 * How a process loads our code without its types, from the copies that `npm ci` has made (bin/untyped.js). So do its threads:
 * they take this over from their process, or are given it.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Arguments of Node. */
export function withoutTypes(codeRoot: string): string[] {
  return ['--import', join(codeRoot, 'bin/untyped.js')]
}

/** What a process must be able to read for it, beside the code. Where no copies were made there are none. */
export function untypedPaths(codeRoot: string): string[] {
  return ['bin/untyped.js', 'bin/untyped-place.js', '.untyped'].map(name => join(codeRoot, name)).filter(path => existsSync(path))
}
