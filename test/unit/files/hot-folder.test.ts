import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Brought, type Sanitized, Unavailable } from '../../../files/desk.ts'
import { HotFolder, type HotFolderLine, type HotFolderOptions, Locked } from '../../../files/hot-folder.ts'

let dir: string
let folder: HotFolder | undefined
let lines: HotFolderLine[]
let held: PromiseWithResolvers<void> | undefined
const path = (...parts: string[]) => join(dir, ...parts)
const put = (name: string, content = 'x') => writeFileSync(path('in', name), content)

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sekisho-hot-'))
  mkdirSync(path('in'))
  lines = []
  held = undefined
})
afterEach(async () => {
  held?.resolve()
  await folder?.stop()
  rmSync(dir, { recursive: true, force: true })
})

/** Hands every file back in upper case; files do what they say. */
async function sanitize({ untrustedName: name, open }: Brought): Promise<Sanitized> {
  const content = Buffer.concat(await Array.fromAsync(open() as AsyncIterable<Buffer>)).toString()
  if (content === 'unreadable') throw new Error('EIO: i/o error')
  if (content === 'busy') throw new Unavailable('no process')
  if (content === 'hold') await (held = Promise.withResolvers<void>()).promise
  const kept = content === 'kept'
  const part = { name, bytes: content.length, detectedType: 'text/plain', outcome: kept ? 'quarantined' : 'rebuilt', reason: 'encrypted', removed: [] }
  const report = { verdict: 'relay', profile: 'p', policyVersion: 'v', parts: [part], findings: [] } as never
  return { report, type: 'text/plain', bytes: content.length, file: kept ? undefined : { extension: 'txt', mediaType: 'text/plain', bytes: Buffer.from(content.toUpperCase()) } }
}

async function start(options: Partial<HotFolderOptions> = {}): Promise<HotFolder> {
  folder = new HotFolder({
    inDir: path('in'),
    outDir: path('out'),
    originals: 'keep',
    settleMs: 30,
    pollMs: 20,
    atOnce: 2,
    sanitize,
    onDone: line => lines.push(line),
    ...options,
  })
  await folder.start()
  return folder
}

async function until(condition: () => boolean): Promise<void> {
  for (const untilMs = Date.now() + 10_000; !condition(); ) {
    if (Date.now() > untilMs) throw new Error(`not in time: ${condition}; ${JSON.stringify(lines)}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
const doneFiles = () => readdirSync(path('in', '.done')).flatMap(day => readdirSync(path('in', '.done', day)))

describe('a hot folder', () => {
  test('gives result and report, and moves the original away, never to OUT', async () => {
    await start()
    for (const name of ['a.txt', 'b.txt', '日本語 の.txt']) put(name, 'secret')
    await until(() => lines.length === 3)
    expect(readdirSync(path('out')).toSorted()).toEqual(
      ['a.txt', 'b.txt', '日本語 の.txt'].flatMap(name => [`${name}.report.json`, `${name}.sanitized.txt`]).concat('failed').toSorted(),
    )
    expect(readFileSync(path('out', 'a.txt.sanitized.txt'), 'utf8')).toBe('SECRET')
    expect(doneFiles().toSorted()).toEqual(['a.txt', 'b.txt', '日本語 の.txt'])
    expect(readdirSync(path('in', '.work'))).toEqual(['.lock'])
    expect(lines.find(line => line.file === 'a.txt')).toMatchObject({ file: 'a.txt', outcome: 'done', result: 'passed' })
  })

  test('a name that comes again gets a result of its own', async () => {
    await start()
    put('a.txt', 'one')
    await until(() => lines.length === 1)
    put('a.txt', 'two')
    await until(() => lines.length === 2)
    expect(readFileSync(path('out', 'a.txt.sanitized.txt'), 'utf8')).toBe('ONE')
    expect(readFileSync(path('out', 'a~2.txt.sanitized.txt'), 'utf8')).toBe('TWO')
    expect(doneFiles().toSorted()).toEqual(['a.txt', 'a~2.txt'])
  })

  test('what is still written, or is named so, is left alone', async () => {
    await start({ settleMs: 300 })
    for (const name of ['.hidden', '~$a.docx', 'a.part', 'a.crdownload', 'a.TMP', 'a.txt~']) put(name)
    mkdirSync(path('in', 'folder'))
    for (let round = 0; round < 10; round++) {
      put('slow.txt', 'x'.repeat(round + 1))
      await new Promise(resolve => setTimeout(resolve, 40))
    }
    expect(lines).toEqual([])
    renameSync(path('in', 'a.part'), path('in', 'a.txt'))
    await until(() => lines.length === 2)
    expect(lines.map(line => line.file).toSorted()).toEqual(['a.txt', 'slow.txt'])
    expect(readFileSync(path('out', 'slow.txt.sanitized.txt'), 'utf8')).toBe('X'.repeat(10))
    expect(readdirSync(path('in')).filter(name => !/^\.(work|done|failed)$/.test(name))).toHaveLength(6)
  })

  test('one that cannot be read is kept apart, with the reason in OUT/failed and the file in IN/.failed', async () => {
    await start()
    put('bad.txt', 'unreadable')
    put('good.txt')
    await until(() => lines.length === 2)
    expect(JSON.parse(readFileSync(path('out', 'failed', 'bad.txt.error.json'), 'utf8'))).toEqual({ file: 'bad.txt', error: 'EIO: i/o error' })
    expect(readdirSync(path('in', '.failed'))).toEqual(['bad.txt'])
    expect(doneFiles()).toEqual(['good.txt'])
  })

  test('one that cannot be worked on now stays for later', async () => {
    await start()
    put('a.txt', 'busy')
    await until(() => lines.length === 1)
    expect([lines[0]?.outcome, readdirSync(path('in', '.work')).toSorted()]).toEqual(['later', ['.lock', 'a.txt']])
  })

  test('`delete` deletes only what passed: an original that was kept back stays', async () => {
    await start({ originals: 'delete' })
    put('a.txt', 'fine')
    put('b.txt', 'kept')
    await until(() => lines.length === 2)
    expect(doneFiles()).toEqual(['b.txt'])
    expect(existsSync(path('out', 'b.txt.sanitized.txt'))).toBe(false)
  })

  test('stopping waits for what is in work and takes nothing new', async () => {
    const running = await start({ atOnce: 1 })
    put('a.txt', 'hold')
    await until(() => held !== undefined)
    put('b.txt')
    const stopped = running.stop()
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(lines).toEqual([])
    held?.resolve()
    await stopped
    expect(lines.map(line => line.file)).toEqual(['a.txt'])
    expect(existsSync(path('in', 'b.txt'))).toBe(true)
  })

  test('a start takes up what a killed one left, under the same name', async () => {
    mkdirSync(path('in', '.work'), { recursive: true })
    mkdirSync(path('out'))
    writeFileSync(path('in', '.work', 'left.txt'), 'left')
    writeFileSync(path('in', '.work', '.lock'), '999999999')
    writeFileSync(path('out', 'left.txt.report.json'), 'half')
    await start()
    await until(() => lines.length === 1)
    expect(readFileSync(path('out', 'left.txt.sanitized.txt'), 'utf8')).toBe('LEFT')
    expect(doneFiles()).toEqual(['left.txt'])
  })

  test('a folder that another process watches is not watched twice', async () => {
    mkdirSync(path('in', '.work'), { recursive: true })
    writeFileSync(path('in', '.work', '.lock'), String(process.ppid))
    await expect(start()).rejects.toThrow(Locked)
    folder = undefined
  })
})
