import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { LooseFile } from '../../../core/rebuild.ts'
import { composeFixedNotice } from '../../../core/notice-only.ts'
import { CANARY_JOB } from '../../../workers/canary.ts'
import { createClamd } from '../../../workers/clamd.ts'
import type { LooseResult, WorkResult } from '../../../workers/contract.ts'
import { scanned } from '../../../workers/scanned.ts'
import { type FakeClamd, startFakeClamd } from '../../support/fake-clamd.ts'

let clamd: FakeClamd
beforeAll(async () => {
  clamd = await startFakeClamd()
})
beforeEach(() => {
  clamd.mood = 'well'
  clamd.scanned.length = 0
})
afterAll(() => clamd.close())

async function* chunks(...pieces: readonly string[]) {
  for (const piece of pieces) yield Buffer.from(piece)
}
const client = (more = {}) => createClamd({ address: clamd.address, timeoutMs: 2000, atOnce: 2, ...more })

describe('the client of clamd', () => {
  test('sends octets in chunks and understands the answer', async () => {
    expect(await client().scan(chunks('a', '', 'x'.repeat(100_000)))).toEqual({ kind: 'clean' })
    expect(clamd.scanned).toEqual([`a${'x'.repeat(100_000)}`])
    expect(await client().scan(chunks('here: EI', 'CAR'))).toEqual({ kind: 'found', name: 'Test.Eicar' })
    expect(await client().scan(chunks())).toEqual({ kind: 'clean' })
  })

  test('what is larger than clamd takes was not scanned', async () =>
    expect(await client().scan(chunks('x'.repeat(150_000), 'x'.repeat(150_000), 'EICAR'))).toMatchObject({ kind: 'refused', why: expect.stringMatching(/size limit/) }))

  test.each([
    ['hangs-up', {}, 'down', /./],
    ['silent', { timeoutMs: 100 }, 'down', /within 100 ms/],
    ['nonsense', {}, 'refused', /what\?/],
    ['well', { address: '127.0.0.1:1' }, 'down', /ECONNREFUSED/],
    ['well', { address: '/nowhere/clamd.ctl' }, 'down', /ENOENT/],
  ] as const)('one that %s, asked with %j, is %s', async (mood, options, kind, why) => {
    clamd.mood = mood
    const scan = await client(options).scan(chunks('EICAR'))
    expect(scan).toMatchObject({ kind, why: expect.stringMatching(why) })
  })

  test('an input that cannot be read is not clean', async () => {
    const broken = async function* () {
      yield Buffer.from('a')
      throw new Error('unreadable')
    }
    expect(await client().scan(broken())).toMatchObject({ kind: 'down', why: 'unreadable' })
  })

  test('asks no more at once than it may, and everyone gets an answer', async () => {
    clamd.mostAtOnce = 0
    const scanner = client({ atOnce: 2 })
    const scans = await Promise.all(Array.from({ length: 12 }, (_, i) => scanner.scan(chunks(i === 5 ? 'EICAR' : 'a'))))
    expect(scans.map(scan => scan.kind)).toEqual(Array.from({ length: 12 }, (_, i) => (i === 5 ? 'found' : 'clean')))
    expect(clamd.mostAtOnce).toBeLessThanOrEqual(3)
  })
})

const alarms: string[] = []
const FILE = { mediaType: 'text/plain', extension: 'txt', removed: [], findings: [], members: [] }

/** The workshop behind it hands every file back in upper case and every message as it is told. */
function workshop({ message = 'composed', required = true, address = clamd.address, verdict = 'relay' } = {}) {
  alarms.length = 0
  const done = (octets: string): WorkResult =>
    ({ kind: 'done', degraded: 'no', alarms: [], result: { verdict: { kind: verdict }, groups: [{ message: Buffer.from(octets) }] } }) as never
  const inner = {
    ready: true,
    sanitize: async () => done(message),
    begin: () => ({ write: async () => {}, finish: async () => done(message), abort: () => {} }),
    notice: async (job: typeof CANARY_JOB, facts: { bytes: number; reason: 'malware' }): Promise<WorkResult> => ({
      kind: 'done',
      degraded: 'notice',
      alarms: [],
      result: composeFixedNotice(job, facts),
    }),
    rebuild: async (file: LooseFile): Promise<LooseResult> => {
      const bytes = Buffer.from(Buffer.from(file.untrustedBytes).toString().toUpperCase())
      return { kind: 'judged', file: { report: {} as never, rebuilt: { kind: 'rebuilt', file: { ...FILE, kind: 'rebuilt', bytes } } } }
    },
    close: async () => {},
  }
  const scanner = createClamd({ address, timeoutMs: 2000, atOnce: 2 })
  return scanned(inner, scanner, { required, before: true, after: true, onAlarm: text => alarms.push(text) })
}
const file = (content: string, wholeBytes = content.length) => ({ untrustedBytes: Buffer.from(content), untrustedName: 'a', wholeBytes })
const NO_RULES = {} as never
const DOWN = '127.0.0.1:1'

describe('a message behind an antivirus', () => {
  test('that is clean passes, scanned before and after', async () => {
    expect(await workshop().sanitize(CANARY_JOB, Buffer.from('raw'))).toMatchObject({ kind: 'done', degraded: 'no', result: { groups: [{ report: { antivirus: 'clean' } }] } })
    expect(clamd.scanned.toSorted()).toEqual(['composed', 'raw'])
  })

  test.each([
    ['came', 'EICAR', 'composed'],
    ['was rebuilt', 'raw', 'EICAR'],
  ])('with something found in what %s becomes the fixed notice', async (what, raw, message) => {
    const work = workshop({ message }).begin(CANARY_JOB, () => chunks(raw))
    await work.write(Buffer.from(raw))
    const result = await work.finish()
    if (result.kind !== 'done') return expect.fail(result.kind)
    expect(result.alarms).toEqual([`antivirus: Test.Eicar in what ${what}`])
    expect(result.result.groups[0]!.report.parts).toMatchObject([{ outcome: 'quarantined', reason: 'malware', bytes: raw.length }])
    expect(Buffer.from(result.result.groups[0]!.message).toString()).not.toContain('EICAR')
  })

  test('that is refused anyway stays refused', async () =>
    expect(await workshop({ verdict: 'reject' }).sanitize(CANARY_JOB, Buffer.from('EICAR'))).toMatchObject({ result: { verdict: { kind: 'reject' } } }))

  test('is not taken while clamd is down and required, and passes with an alarm where it is not', async () => {
    expect(await workshop({ address: DOWN }).sanitize(CANARY_JOB, Buffer.from('a'))).toMatchObject({ kind: 'sick', reason: expect.stringMatching(/antivirus: cannot be asked/) })
    expect(await workshop({ address: DOWN, required: false }).sanitize(CANARY_JOB, Buffer.from('a'))).toMatchObject({ kind: 'done', degraded: 'no' })
    expect(alarms[0]).toMatch(/cannot be asked/)
  })

  test('too large for clamd is kept back with that reason where it is required', async () => {
    const result = await workshop().sanitize(CANARY_JOB, Buffer.alloc(300_000))
    expect(result).toMatchObject({ kind: 'done', result: { groups: [{ report: { parts: [{ reason: 'not-scanned' }] } }] } })
  })
})

describe('a file behind an antivirus', () => {
  test('that is clean comes back; one with something in it does not, before or after', async () => {
    expect(await workshop().rebuild(file('clean'), NO_RULES)).toMatchObject({ kind: 'judged' })
    expect(await workshop().rebuild(file('EICAR'), NO_RULES)).toEqual({ kind: 'kept', reason: 'malware' })
    expect(clamd.scanned).toEqual(['clean', 'CLEAN', 'EICAR'])
    expect(await workshop().rebuild(file('eicar'), NO_RULES)).toEqual({ kind: 'kept', reason: 'malware' })
  })

  test('of which only the ends are here is not scanned: nothing of it leaves', async () => {
    clamd.scanned.length = 0
    await workshop().rebuild(file('ends', 9999), NO_RULES)
    expect(clamd.scanned).toEqual(['ENDS'])
  })

  test('waits while clamd is down and required', async () => {
    expect(await workshop({ address: DOWN }).rebuild(file('a'), NO_RULES)).toMatchObject({ kind: 'busy', why: expect.stringMatching(/antivirus/) })
    expect(await workshop({ address: DOWN, required: false }).rebuild(file('a'), NO_RULES)).toMatchObject({ kind: 'judged' })
  })
})
