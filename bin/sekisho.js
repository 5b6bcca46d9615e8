#!/usr/bin/env node
/**
 * Finds a Node that is new enough and starts cli/main.ts with it: the running one, or the one that
 * `npm ci` put into node_modules/.bin. Says what to do when there is neither.
 * Plain old JavaScript on purpose: an old Node must be able to read it.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const NEEDED = [24, 15]
const main = new URL('../cli/main.ts', import.meta.url)
const untyped = new URL('untyped.js', import.meta.url)
const bundled = fileURLToPath(
  new URL(
    process.platform === 'win32' ? '../node_modules/.bin/node.cmd' : '../node_modules/.bin/node',
    import.meta.url,
  ),
)

const running = process.versions.node.split('.').map(Number)
const isNewEnough = running[0] > NEEDED[0] || (running[0] === NEEDED[0] && running[1] >= NEEDED[1])

if (isNewEnough) {
  import(untyped.href).then(() => import(main.href)).then(module => module.main())
} else if (existsSync(bundled)) {
  const child = spawn(bundled, ['--import', untyped.href, fileURLToPath(main)].concat(process.argv.slice(2)), { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exitCode = code === null ? 128 + (constants.signals[signal] || 0) : code
  })
} else {
  console.error(
    'sekisho: needs Node ' +
      NEEDED.join('.') +
      ' or newer, this is ' +
      process.versions.node +
      '.\n' +
      'Run `npm ci` in the folder of Sekisho: it brings a Node of its own for Linux and for macOS on Intel.\n' +
      'Elsewhere install a current Node from https://nodejs.org/ and start again.',
  )
  process.exitCode = 1
}
