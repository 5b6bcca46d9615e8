/**
 * Given to Node by `--import`: our modules are loaded without their types, from where strip-types.js has put them.
 *
 *   .ts file ── its octets' SHA-256 ──▶ .untyped/<version of Node>/<SHA-256>.js │ not there: Node strips the types, as it always can
 *
 * Named by content, so what is there can never be of another state of the file. Plain JavaScript, because TypeScript would
 * load what this is here to avoid: the compiler that strips types takes some 12 MiB and a quarter of a second in each thread.
 */
import { readFileSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { fileURLToPath } from 'node:url'
import { FOLDER, placeIn } from './untyped-place.js'

// A Node too old for it comes as far as bin/sekisho.js, which says so.
nodeModule.registerHooks?.({
  load(url, context, nextLoad) {
    const source = url.startsWith('file:') && url.endsWith('.ts') ? untyped(fileURLToPath(url)) : undefined
    return source === undefined ? nextLoad(url, context) : { format: 'module', source, shortCircuit: true }
  },
})

/** Whatever goes wrong with the copy, the file itself is there. */
function untyped(path) {
  try {
    return readFileSync(placeIn(FOLDER, readFileSync(path)), 'utf8')
  } catch {
    return undefined
  }
}
