/** Copies of modules without their types, in a small house of its own: made by bin/strip-types.js, used by bin/untyped.js. */
import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, copyFileSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const BIN = join(import.meta.dirname, '../../../bin')
const ROOMS = ['cli', 'config', 'core', 'files', 'gateway', 'loadtest', 'portal', 'rest', 'rpc', 'store', 'vault', 'workers']
const GREETING = "export const greeting: string = 'as written'\n"
const MAIN = `import { Worker, isMainThread } from 'node:worker_threads'
import { greeting } from '../core/text/greeting.ts'
const where: string = isMainThread ? 'process' : 'thread'
console.log(where, greeting)
if (isMainThread) new Worker(new URL(import.meta.url))
`

let house = ''
beforeEach(() => {
  house = mkdtempSync(join(tmpdir(), 'sekisho-untyped-'))
  for (const room of [...ROOMS, 'bin', 'core/text']) mkdirSync(join(house, room), { recursive: true })
  for (const file of ['untyped.js', 'untyped-place.js', 'strip-types.js']) copyFileSync(join(BIN, file), join(house, 'bin', file))
  writeFileSync(join(house, 'package.json'), '{"type":"module"}')
  writeFileSync(join(house, 'cli/main.ts'), MAIN)
  writeFileSync(join(house, 'core/text/greeting.ts'), GREETING)
  writeFileSync(join(house, 'core/only-types.d.ts'), 'export type Nothing = never\n')
})
afterEach(() => rmSync(house, { recursive: true }))

const node = (...given: readonly string[]) => execFileSync(process.execPath, ['--no-warnings', ...given], { cwd: house, encoding: 'utf8' })
const strip = () => node('bin/strip-types.js')
const started = () => node('--import', join(house, 'bin/untyped.js'), 'cli/main.ts')
const copies = () => globSync('.untyped/*/*.js', { cwd: house }).map(each => join(house, each))

test('each module has a copy, in a folder of the version of Node, and declarations have none', () => {
  strip()
  expect(copies()).toHaveLength(2)
  expect(copies().every(each => each.startsWith(join(house, '.untyped', process.version)))).toBe(true)
})

test('the copies are what runs, in the process and in its threads', () => {
  strip()
  for (const copy of copies()) appendFileSync(copy, "console.log('copy')\n")
  expect(started().match(/copy/g)).toHaveLength(4)
})

test('a module that has changed since is loaded as it is now', () => {
  strip()
  writeFileSync(join(house, 'core/text/greeting.ts'), GREETING.replace('as written', 'changed'))
  expect(started()).toBe('process changed\nthread changed\n')
})

test('without copies everything runs from TypeScript', () => expect(started()).toBe('process as written\nthread as written\n'))

test('a place in the code is told as it is in the TypeScript', () => {
  writeFileSync(join(house, 'cli/main.ts'), "type Long = { readonly a: string }\n\nexport const it = (given: Long): never => {\n  throw new Error(given.a)\n}\nit({ a: 'here' })\n")
  strip()
  const { stderr } = spawnSync(process.execPath, ['--import', join(house, 'bin/untyped.js'), 'cli/main.ts'], { cwd: house, encoding: 'utf8' })
  expect(stderr).toContain(`${join(house, 'cli/main.ts')}:4:9`)
})

test('what ends half-way leaves no copies', () => {
  writeFileSync(join(house, 'workers/not-only-types.ts'), 'export enum Colour { Red }\n')
  expect(strip).toThrow()
  expect(copies().filter(each => each.startsWith(join(house, '.untyped', process.version, '/')))).toEqual([])
  expect(started()).toBe('process as written\nthread as written\n')
})

test('copies of what is gone are taken away', () => {
  strip()
  rmSync(join(house, 'core/text/greeting.ts'))
  strip()
  expect(copies()).toHaveLength(1)
})
