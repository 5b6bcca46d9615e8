/**
 * Run by `npm ci`: keeps each of our modules without its types, so that no process has to take them away at every start
 * (untyped.js reads what is written here). Does what Node does, by Node itself; without it all works, slower.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { join } from 'node:path'
import { FOLDER, placeIn } from './untyped-place.js'

const ROOT = join(import.meta.dirname, '..')
const UNFINISHED = `${FOLDER}.unfinished`
/** What runs beside these is started by developers only. */
const ROOMS = ['cli', 'config', 'core', 'files', 'gateway', 'loadtest', 'portal', 'rest', 'rpc', 'store', 'vault', 'workers']

// A Node too old for Sekisho may run `npm ci` where none is bundled: bin/sekisho.js says so at the start.
if (nodeModule.stripTypeScriptTypes !== undefined) {
  // Copies of files that have changed would be found by nobody.
  rmSync(join(FOLDER, '..'), { recursive: true, force: true })
  mkdirSync(UNFINISHED, { recursive: true })
  for (const path of modules()) keepUntyped(readFileSync(path))
  // All or none: what a full disk or an end half-way has left is nowhere that anybody looks.
  renameSync(UNFINISHED, FOLDER)
}

function modules() {
  const files = ROOMS.flatMap(room => readdirSync(join(ROOT, room), { recursive: true }).map(name => join(ROOT, room, name)))
  return files.filter(path => path.endsWith('.ts') && !path.endsWith('.d.ts'))
}

function keepUntyped(source) {
  writeFileSync(placeIn(UNFINISHED, source), nodeModule.stripTypeScriptTypes(source.toString()))
}
