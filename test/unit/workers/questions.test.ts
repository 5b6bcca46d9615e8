import { describe, expect, test } from 'vitest'
import { type Answering, Questions } from '../../../workers/questions.ts'
import { TEST_BOUNDS } from '../../support/disarm.ts'
import { testPolicy } from '../../support/job.ts'

const FILE = { meta: {}, octets: new Uint8Array(), policy: testPolicy(), bounds: TEST_BOUNDS }

function asking(rules: Partial<Answering> = {}) {
  const asked: string[] = []
  const questions = new Questions('q1', {
    lookupTxt: async (_queueId, name) => {
      asked.push(name)
      return [['v=DKIM1']]
    },
    txtWithinMs: 200,
    rebuildFile: async () => ({ kind: 'kept', reason: 'cannot-disarm', members: [] }),
    filesWithinMs: 1000,
    ...rules,
  })
  return { questions, asked }
}

describe('TXT questions', () => {
  test.each(['sel._domainkey.example.jp', 'a.b._domainkey.town.example.jp', '_dmarc.example.jp', '_DMARC.Example.JP'])(
    '%s is asked',
    async name => {
      const { questions, asked } = asking()
      expect(await questions.txt(name)).toEqual({ records: [['v=DKIM1']] })
      expect(asked).toEqual([name])
    },
  )

  test.each([
    'example.jp',
    'secret.evil.example',
    '_domainkey.example.jp',
    'sel._domainkey',
    '_dmarc.',
    'x._dmarc.example.jp',
    'sel._domainkey.exa mple.jp',
    'sel._domainkey.example.jp\n',
    'a'.repeat(64) + '._domainkey.example.jp',
    `s._domainkey.${'a.'.repeat(130)}jp`,
    7,
    undefined,
  ])('%j is refused unasked', async name => {
    const { questions, asked } = asking()
    expect(await questions.txt(name)).toEqual({ error: 'EREFUSED' })
    expect(asked).toEqual([])
  })

  test('the eleventh is refused', async () => {
    const { questions, asked } = asking()
    const answers = []
    for (let i = 0; i < 12; i++) answers.push(await questions.txt(`_dmarc.s${i}.example.jp`))
    expect(asked.length).toBe(10)
    expect(answers.slice(10)).toEqual([{ error: 'EREFUSED' }, { error: 'EREFUSED' }])
  })

  test('keys are at most half of them: the policy of a forged domain is always asked for', async () => {
    const { questions, asked } = asking()
    for (let i = 0; i < 12; i++) await questions.txt(`s${i}._domainkey.example.jp`)
    expect(asked.length).toBe(5)
    expect(await questions.txt('_dmarc.example.jp')).toEqual({ records: [['v=DKIM1']] })
  })

  test('none is answered once files are being rebuilt', async () => {
    const { questions, asked } = asking()
    await questions.file(FILE)
    expect(await questions.txt('_dmarc.example.jp')).toEqual({ error: 'EREFUSED' })
    expect(asked).toEqual([])
  })

  test('a silent resolver ends in a time-out, one for all questions', async () => {
    const { questions } = asking({ lookupTxt: () => new Promise(() => {}) })
    const startMs = Date.now()
    expect(await Promise.all([questions.txt('_dmarc.a.jp'), questions.txt('_dmarc.b.jp')])).toEqual([
      { error: 'ETIMEOUT' },
      { error: 'ETIMEOUT' },
    ])
    expect(await questions.txt('_dmarc.c.jp')).toEqual({ error: 'ETIMEOUT' })
    expect(Date.now() - startMs).toBeLessThan(4000)
  })

  test('the resolver’s code is passed on, anything else is ESERVFAIL', async () => {
    const failing = (error: unknown) => asking({ lookupTxt: () => Promise.reject(error) }).questions.txt('_dmarc.a.jp')
    expect(await failing(Object.assign(new Error(), { code: 'ENOTFOUND' }))).toEqual({ error: 'ENOTFOUND' })
    expect(await failing('no reason')).toEqual({ error: 'ESERVFAIL' })
  })
})

describe('files', () => {
  test('that are not ready in time are pending, and so are all after them', async () => {
    const { questions } = asking({ rebuildFile: () => new Promise(() => {}), filesWithinMs: 50 })
    expect(await questions.file(FILE)).toEqual({ kind: 'pending' })
    expect(await questions.file(FILE)).toEqual({ kind: 'pending' })
  })

  test('whose lane fails are pending', async () => {
    const { questions } = asking({ rebuildFile: () => Promise.reject(new Error()) })
    expect(await questions.file(FILE)).toEqual({ kind: 'pending' })
  })
})
