/** What a role that stays knows of its configuration, and what it does not keep for it. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readChanges, readDraftApart, readSource } from '../../../cli/config-source.ts'
import { compareConfigs } from '../../../config/changes.ts'
import { readDraft } from '../../../config/draft.ts'
import { formatProblem, loadConfig } from '../../../config/load.ts'

const folder = mkdtempSync(join(tmpdir(), 'sekisho-source-'))
afterAll(() => rmSync(folder, { recursive: true }))

const EXAMPLE = join(import.meta.dirname, '../../../config/sekisho.example.yaml')
const source = (path: string | undefined) => ({ path, currentDir: folder })

function written(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

function config(path: string | undefined) {
  const loaded = loadConfig(path, process.env, folder)
  if ('problems' in loaded) throw new Error(loaded.problems.map(formatProblem).join())
  return loaded.config
}

describe('read in a thread', () => {
  test.each([['the example', EXAMPLE], ['nothing said', undefined]])('%s is what it is here, and frozen', async (_, path) => {
    const read = await readSource(source(path))
    expect(read).toEqual({ config: config(path) })
    expect('config' in read && [Object.isFrozen(read.config), Object.isFrozen(read.config.smtp.tls)]).toEqual([true, true])
  })
  test('what is wrong comes with its place', async () => {
    const path = written('wrong.yaml', 'domains: [town.example.jp]\nsmtp: {prot: 25}\n')
    expect(await readSource(source(path))).toEqual({ problems: [`${path}:2:8: smtp.prot: no such setting; did you mean port?`] })
    expect(await readSource(source(join(folder, 'none')))).toEqual({ problems: [`${join(folder, 'none')}: cannot be read (ENOENT)`] })
  })
  test('changes are against what is in force, which keeps what needs a restart', async () => {
    const before = config(undefined)
    const path = written('changed.yaml', 'hostname: mx.example.jp\nstore: {quotaAlarmPercent: 70}\n')
    const changes = await readChanges(source(path), before)
    expect(changes).toEqual(compareConfigs(before, config(path)))
    expect(changes).toMatchObject({ needRestart: ['hostname'], inForce: { hostname: before.hostname, store: { quotaAlarmPercent: 70 } } })
    expect(await readChanges(source(written('broken.yaml', 'smtp: [')), before)).toMatchObject({ problems: [expect.stringContaining('broken.yaml:1:')] })
  })
  test.each(['policy: {groups: []}\n', 'smtp: {port: 1}'])('a draft is what it is here: %j', async yaml => {
    const base = { text: 'domains: [town.example.jp]\n', baseDir: folder, environment: {} }
    expect(await readDraftApart(yaml, base)).toEqual(readDraft(yaml, base))
  })
})

/** Packages that a module loads with all it needs, in a process of its own. */
function packagesOf(module: string): string[] {
  const script = `
    import { registerHooks } from 'node:module'
    const urls = []
    registerHooks({ load(url, context, next) { urls.push(url); return next(url, context) } })
    await import(process.argv[1])
    console.log(JSON.stringify(urls))`
  const urls = JSON.parse(execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', script, join(import.meta.dirname, '../../../cli', module)], { encoding: 'utf8' })) as string[]
  return [...new Set(urls.flatMap(url => /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []))]
}

describe('what a role loads for as long as it runs', () => {
  test('the supervisor: no package', () => expect(packagesOf('supervisor.ts')).toEqual([]))
  test.each(['gateway-role.ts', 'vault-role.ts', 'portal-role.ts', 'workers-role.ts', 'api-role.ts'])('%s: not what settings are checked with', role => {
    expect(packagesOf(role)).not.toContain('zod')
  })
})
