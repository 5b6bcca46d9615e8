/** What is put in front of a command; that it holds is seen in test/system/wall.test.ts, from inside. */
import { spawn } from 'node:child_process'
import { describe, expect, test, vi } from 'vitest'
import { commandOf } from '../../../workers/child-command.ts'
import { killBelow, residentMiB } from '../../../workers/resident.ts'
import { findWall, inClosedBox, inKeylessBox, type Wall } from '../../../workers/wall.ts'

const BUBBLEWRAP: Wall = { kind: 'bubblewrap', bwrap: '/usr/bin/bwrap', libraries: ['/lib/any-linux'] }
const UNSHARE: Wall = { kind: 'unshare', unshare: '/usr/bin/unshare', setpriv: '/usr/bin/setpriv' }
const CODE = {
  nodePath: '/opt/node',
  codeRoot: '/opt/sekisho',
  heavyThreads: 1,
  memoryMiB: 256,
  dataDir: '/var/lib/sekisho',
}

/** Pairs of an option and its first operand. */
const operands = (words: readonly string[], option: string) =>
  words.flatMap((word, at) => (word === option ? [words[at + 1]] : []))

describe('a closed box', () => {
  const words = inClosedBox(BUBBLEWRAP, { readable: ['/opt/code'], hidden: '/data' }, ['/opt/node', 'x.ts'])

  test('binds node, its libraries and the code, all read-only, and nothing else', () => {
    expect(operands(words, '--ro-bind')).toEqual(['/lib/any-linux', '/opt/node', '/opt/code'])
    expect(words.filter(word => /^--(?:bind|dev|proc|tmpfs)/.test(word))).toEqual([])
  })

  test.each(['--unshare-net', '--unshare-pid', '--unshare-user', '--unshare-ipc', '--die-with-parent'])(
    'has %s',
    option => expect(words).toContain(option),
  )

  test('tells the command its number outside as the last argument', () => {
    expect(words.slice(0, 4)).toEqual(['/bin/sh', '-c', 'exec "$@" "$$"', 'sh'])
    expect(words.slice(-3)).toEqual(['--', '/opt/node', 'x.ts'])
  })

  test('by unshare hides the data, and what runs has no rights to undo that', () => {
    const byUnshare = inClosedBox(UNSHARE, { readable: [], hidden: '/data' }, ['/opt/node'])
    expect(byUnshare).toEqual(expect.arrayContaining(['--net', '--pid', '--kill-child', '/data', '--no-new-privs']))
    expect(byUnshare.indexOf('--bounding-set=-all')).toBeGreaterThan(byUnshare.indexOf('/data'))
  })
})

describe('the gateway’s box', () => {
  const box = { hidden: '/data/vault/identities', sealed: '/data/vault', code: '/opt/sekisho', writable: ['/data', '/log'] }

  test('can write in its folders only, the vault is sealed in after them, the keys are emptied last', () => {
    const words = inKeylessBox(BUBBLEWRAP, box, ['/opt/node'])
    expect(operands(words, '--ro-bind')).toEqual(expect.arrayContaining(['/', '/data/vault']))
    expect(operands(words, '--bind-try')).toEqual(['/tmp', '/var/tmp', '/data', '/log'])
    expect(words.lastIndexOf('/data/vault')).toBeGreaterThan(words.lastIndexOf('--bind-try'))
    expect(words.indexOf('--tmpfs')).toBeGreaterThan(words.lastIndexOf('/data/vault'))
  })

  test('by unshare keeps its process number, so that signals reach it', () =>
    expect(inKeylessBox(UNSHARE, box, ['/opt/node'])).not.toContain('--fork'))
})

describe('the command of a worker', () => {
  test.each(['sanitizer', 'verifier'] as const)('%s reads the same paths with a wall as without', role => {
    const bare = commandOf({ role, lane: 'light' }, CODE)
    const walled = commandOf({ role, lane: 'light' }, { ...CODE, wall: BUBBLEWRAP })
    expect(bare[0]).toBe('/opt/node')
    expect(walled.slice(-bare.length)).toEqual(bare)
    const granted = bare.flatMap(word => word.match(/^--allow-fs-read=(.*)/)?.[1] ?? [])
    expect(operands(walled, '--ro-bind').slice(2)).toEqual(granted)
    expect(granted.some(path => path.startsWith(CODE.dataDir))).toBe(false)
  })
})

describe('finding a wall', () => {
  test('none is none, and says so', async () =>
    expect(await findWall('none', process.execPath)).toEqual({ wall: undefined, why: 'sandbox.wall is none' }))

  test('a wall in which the program does not start is not used', async () => {
    const found = await findWall('auto', '/nonexistent/node')
    expect(found.wall).toBeUndefined()
    expect(found).toMatchObject({ why: expect.stringMatching(/bubblewrap|Linux/) })
  })
})

test('memory is that of a process and of what it started', async () => {
  const own = await residentMiB(process.pid)
  expect(process.platform === 'linux' ? own > 10 : own === 0).toBe(true)
  expect(await residentMiB(2 ** 30)).toBe(0)
})

test('what a process has started is ended, the process itself goes on', async () => {
  const shell = spawn('/bin/sh', ['-c', 'sleep 60; echo over'], { stdio: ['ignore', 'pipe', 'ignore'] })
  let said = ''
  shell.stdout.on('data', chunk => (said += chunk))
  await vi.waitUntil(() => {
    killBelow(shell.pid!)
    return process.platform !== 'linux' || said !== ''
  })
  shell.kill('SIGKILL')
  expect(said).toBe(process.platform === 'linux' ? 'over\n' : '')
  expect(() => killBelow(2 ** 30)).not.toThrow()
})
