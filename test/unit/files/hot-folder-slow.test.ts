/** A hot folder on a share that answers slowly: what a look has read is old by the time that it is used. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { HotFolder, type HotFolderLine } from '../../../files/hot-folder.ts'

vi.mock(import('node:fs/promises'), async original => {
  const real = await original()
  const late = async (...given: Parameters<typeof real.readdir>) => {
    const names = await real.readdir(...given)
    await new Promise(resolve => setTimeout(resolve, 25))
    return names
  }
  return { ...real, readdir: late as unknown as typeof real.readdir }
})

test('what is done while a look reads the folder is not worked on again', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sekisho-hot-'))
  const path = (...parts: string[]) => join(dir, ...parts)
  const lines: HotFolderLine[] = []
  mkdirSync(path('in'))
  const names = Array.from({ length: 10 }, (_, i) => `${i}.txt`)
  for (const name of names) writeFileSync(path('in', name), 'x')
  const folder = new HotFolder({
    inDir: path('in'),
    outDir: path('out'),
    originals: 'keep',
    settleMs: 0,
    pollMs: 5,
    atOnce: 2,
    sanitize: async () => {
      await new Promise(resolve => setTimeout(resolve, 10))
      const report = { verdict: 'relay', profile: 'p', policyVersion: 'v', parts: [], findings: [] } as never
      return { report, type: 'text/plain', bytes: 1, file: { extension: 'txt', mediaType: 'text/plain', bytes: Buffer.from('X') } }
    },
    onDone: line => lines.push(line),
  })
  onTestFinished(async () => {
    await folder.stop()
    rmSync(dir, { recursive: true, force: true })
  })
  await folder.start()
  while (lines.length < names.length) await new Promise(resolve => setTimeout(resolve, 5))
  await folder.stop()
  expect(lines.filter(({ outcome }) => outcome !== 'done')).toEqual([])
  expect(lines.map(({ file }) => file).toSorted()).toEqual(names)
  expect(readdirSync(path('out', 'failed'))).toEqual([])
})
