import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Mailbox } from '../../../../core/smtp/envelope.ts'
import { CallAhead, type Existence } from '../../../../gateway/inbound/call-ahead.ts'
import { RecipientFile, recipientCheck } from '../../../../gateway/inbound/recipients.ts'
import { until } from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'inbound-recipients-'))
afterAll(() => rmSync(folder, { recursive: true }))
const mailbox = (text: string) => text as Mailbox

function callAhead(answers: Record<string, Existence>, asked: string[], overrides: { nowMs?: () => number; maxEntries?: number; maxUnderWay?: number } = {}): CallAhead {
  return new CallAhead({
    probe: async address => {
      asked.push(address)
      const answer = answers[address]
      if (answer === undefined) throw new Error('the hop is on fire')
      return answer
    },
    positiveMs: 1000,
    negativeMs: 100,
    maxEntries: 10,
    maxUnderWay: 10,
    nowMs: () => 0,
    ...overrides,
  })
}

describe('the recipient file', () => {
  const path = join(folder, 'recipients')
  writeFileSync(path, '# staff\nB@inside.example\n  c@inside.example # the mayor\r\n@all.example\n')

  test('lists mailboxes without regard to case, whole domains, and nothing else', () => {
    const check = recipientCheck({ domains: ['inside.example', 'all.example'], file: new RecipientFile(path, () => 0, () => undefined) })
    expect(check(mailbox('b@inside.example'))).toBeUndefined()
    expect(check(mailbox('C@inside.example'))).toBeUndefined()
    expect(check(mailbox('anybody@all.example'))).toBeUndefined()
    expect(check(mailbox('d@inside.example'))).toBe('recipientUnknown')
    expect(check(mailbox('b@elsewhere.example'))).toBe('notListed')
    expect(check(mailbox('Postmaster@inside.example'))).toBeUndefined()
    expect(check(mailbox('postmaster@elsewhere.example'))).toBe('notListed')
  })

  test('is read again when it has changed; when it is gone, the old list stays', async () => {
    const changing = join(folder, 'changing')
    writeFileSync(changing, 'b@inside.example\n')
    let nowMs = 0
    const errors: unknown[] = []
    const file = new RecipientFile(changing, () => nowMs, error => void errors.push(error))
    writeFileSync(changing, 'b@inside.example\nnew@inside.example\n')
    expect(file.has(mailbox('new@inside.example'))).toBe(false)
    nowMs = 3000
    await until(() => file.has(mailbox('new@inside.example')))
    unlinkSync(changing)
    file.reload()
    expect(errors).toHaveLength(1)
    expect(file.has(mailbox('new@inside.example'))).toBe(true)
  })

  test('must be there at the start', () => {
    expect(() => new RecipientFile(join(folder, 'missing'), () => 0, () => undefined)).toThrow()
  })
})

describe('the call-ahead', () => {
  test('answers as the next hop does; no answer is "later", never yes or no', async () => {
    const check = recipientCheck({
      domains: ['inside.example'],
      callAhead: callAhead({ 'yes@inside.example': 'ok', 'no@inside.example': 'unknown', 'down@inside.example': 'unavailable' }, []),
    })
    expect(await check(mailbox('yes@inside.example'))).toBeUndefined()
    expect(await check(mailbox('no@inside.example'))).toBe('recipientUnknown')
    expect(await check(mailbox('down@inside.example'))).toBe('recipientUnknownYet')
    expect(await check(mailbox('fire@inside.example'))).toBe('recipientUnknownYet')
  })

  test('remembers yes and no for their time, and never a failure', async () => {
    let nowMs = 0
    const asked: string[] = []
    const ahead = callAhead({ yes: 'ok', no: 'unknown', down: 'unavailable' }, asked, { nowMs: () => nowMs })
    for (const atMs of [0, 50, 500, 1500]) {
      nowMs = atMs
      for (const name of ['yes', 'no', 'down']) await ahead.ask(mailbox(name))
    }
    expect(asked.filter(name => name === 'yes')).toHaveLength(2)
    expect(asked.filter(name => name === 'no')).toHaveLength(3)
    expect(asked.filter(name => name === 'down')).toHaveLength(4)
  })

  test('asks once for the same mailbox at the same time, and is bounded', async () => {
    const asked: string[] = []
    const ahead = callAhead({ a: 'ok', b: 'ok', c: 'ok' }, asked, { maxUnderWay: 2, maxEntries: 1 })
    const answers = await Promise.all(['a', 'a', 'b', 'c'].map(name => ahead.ask(mailbox(name))))
    expect(answers).toEqual(['ok', 'ok', 'ok', 'unavailable'])
    expect(asked).toEqual(['a', 'b'])
    await ahead.ask(mailbox('b'))
    await ahead.ask(mailbox('a'))
    expect(asked).toEqual(['a', 'b', 'a'])
  })
})
