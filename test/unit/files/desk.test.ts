/** Files and mails brought by hand, through really launched processes that are started when they are needed. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deskRules } from '../../../cli/own-workshop.ts'
import { loadConfig } from '../../../config/load.ts'
import { unlock } from '../../../core/unlock.ts'
import { lockedNames } from '../../../core/unlock/zip.ts'
import { sanitizeBrought } from '../../../files/desk.ts'
import { summaryOf } from '../../../files/results.ts'
import { JOBS, type LocalWorkshop, message, openLocalWorkshop } from '../workers/local-workshop.ts'

let local: LocalWorkshop
beforeAll(async () => {
  local = await openLocalWorkshop({
    awaitReady: false,
    workshop: { filesWithinMs: 2500, suspects: { ready: 0, most: 1 }, onDemand: { light: 1, heavy: 1, verifier: 1 } },
    launcher: {
      counts: { light: 0, heavy: 0, suspect: 0, verifier: 0 },
      modules: {
        sanitizer: join(JOBS, 'scripted-sanitizer.ts'),
        disarmers: join(JOBS, 'scripted-disarmers.ts'),
        extraCode: [JOBS],
      },
    },
  })
})
afterAll(() => local.close())

const loaded = loadConfig(undefined, {})
if (!('config' in loaded)) throw new Error('the defaults are no configuration')
const rules = deskRules(loaded.config)

function bring(name: string, content: string | Uint8Array) {
  const open = async function* () {
    yield Buffer.from(content)
  }
  return sanitizeBrought({ untrustedName: name, untrustedType: '', open }, rules, local.workshop)
}

describe('files at the desk', () => {
  test('no process is started before something is brought', () => expect(local.launcher.pids).toEqual([]))

  test('one that is rebuilt comes back with its report', async () => {
    const { report, file } = await bring('a.txt', 'upper please')
    expect(file).toEqual({ extension: 'txt', mediaType: 'text/plain', bytes: Buffer.from('UPPER PLEASE') })
    expect(report.parts).toMatchObject([{ id: '1', name: 'a.txt', detectedType: 'text/plain', bytes: 12, outcome: 'rebuilt' }])
    expect(local.launcher.pids).toHaveLength(1)
  })

  test('what may leave is locked where that is asked for, under its own name', async () => {
    const open = async function* () {
      yield Buffer.from('upper please')
    }
    const { file, report } = await sanitizeBrought({ untrustedName: '通知.txt', untrustedType: '', open }, { ...rules, lockWith: 'long-Enough-1' }, local.workshop)
    expect(file).toMatchObject({ extension: 'zip', mediaType: 'application/zip' })
    expect(await lockedNames(file!.bytes, 10)).toEqual(['通知.txt'])
    expect(await unlock(file!.bytes, 'application/zip', ['long-Enough-1'], { outputBytes: 1000, entries: 10 })).toMatchObject({ kind: 'unlocked' })
    expect(Buffer.from(file!.bytes).includes('UPPER') || JSON.stringify(report).includes('Enough')).toBe(false)
  })

  test('one that kills its process twice, and one that holds it up, are kept back; the others go on', async () => {
    const [exit, loop, upper] = await Promise.all([bring('b.txt', 'exit now'), bring('c.txt', 'loop on'), bring('d.txt', 'upper')])
    expect(exit.report.parts).toMatchObject([{ outcome: 'quarantined', reason: 'cannot-disarm', bytes: 8 }])
    expect(loop.report.parts).toMatchObject([{ outcome: 'quarantined', reason: 'time-limit' }])
    expect([exit.file, loop.file]).toEqual([undefined, undefined])
    expect(upper.file?.bytes).toEqual(Buffer.from('UPPER'))
  })

  test('one that is too large is named without being held', async () => {
    const large = { ...rules, limits: { ...rules.limits, fileBytes: 70_000 } }
    let given = 0
    const open = async function* () {
      for (const piece of ['upper ', 'x'.repeat(200_000)]) yield Buffer.from(piece)
    }
    const workshop = {
      ...local.workshop,
      rebuild: (...args: Parameters<typeof local.workshop.rebuild>) => {
        given = args[0].untrustedBytes.length
        return local.workshop.rebuild(...args)
      },
    } as typeof local.workshop
    const { report, file } = await sanitizeBrought({ untrustedName: 'e.txt', untrustedType: '', open }, large, workshop)
    expect(file).toBeUndefined()
    expect(report.parts).toMatchObject([{ detectedType: 'text/plain', bytes: 200_006, reason: 'too-large' }])
    expect(given).toBe(65_536 + 4096)
  })

  test('a mail goes the way of a mail, verified', async () => {
    const mail = message({ Subject: 'Hello' })
    const { file, report, type, bytes } = await bring('m.eml', mail)
    expect([type, bytes]).toEqual(['message/rfc822', mail.length])
    expect(file?.extension).toBe('eml')
    expect(report.verdict).toBe('relay')
  })
})

test.each([
  [[{ outcome: 'rebuilt', removed: [] }], 'passed'],
  [[{ outcome: 'rebuilt', removed: [{ what: 'macro', count: 2 }] }], 'changed'],
  [[{ outcome: 'quarantined', reason: 'encrypted', removed: [] }], 'kept: encrypted'],
  [[{ outcome: 'container', removed: [] }, { outcome: 'quarantined', reason: 'encrypted', removed: [] }], 'changed'],
])('parts %j are summed up as %s', (parts, result) =>
  expect(summaryOf({ type: '', bytes: 1, report: { verdict: 'relay', profile: '', policyVersion: '', findings: [], parts: parts as never } }).result).toBe(result))
