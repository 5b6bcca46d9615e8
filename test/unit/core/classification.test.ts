import { describe, expect, test } from 'vitest'
import { type ClassRules, classify, noticeForMessage } from '../../../core/classification.ts'
import type { NoticeContext } from '../../../core/job.ts'

const RULES: ClassRules = {
  defaultClass: 2,
  matches: [
    { from: '@secret.example.jp', subject: '', classification: 3 },
    { from: '', subject: '【公開】', classification: 1 },
  ],
}
const mail = (headerFrom: string, subject: string, reversePath: string | null = null) => ({ headerFrom, reversePath, subject })

describe('the class of a mail', () => {
  test.each([
    ['nothing says anything', mail('a@b.example', 'x'), undefined, 2],
    ['the mailbox alone', mail('a@b.example', 'x'), 1, 1],
    ['a match alone, below the default', mail('a@b.example', '【公開】行事'), undefined, 1],
    ['the header’s sender', mail('"総務" <A@SECRET.example.jp>', 'x'), 1, 3],
    ['the envelope’s sender', mail('', 'x', 'a@secret.example.jp'), 1, 3],
    ['the highest of all', mail('a@secret.example.jp', '【公開】'), 2, 3],
  ] as const)('%s', (_name, message, ofPeople, expected) => expect(classify(message, ofPeople, RULES)).toBe(expected))
})

test('the notice names the day of the class that sender and subject make', () => {
  const notice: NoticeContext = { language: 'ja', url: '', checkCode: '', keptUntil: '30日', contact: '', texts: {} }
  expect(noticeForMessage(notice, mail('a@secret.example.jp', ''))).toBe(notice)
  const byClass = { ...RULES, ofPeople: undefined, keptUntil: { 1: '90日', 2: '30日', 3: '7日' } }
  expect(noticeForMessage({ ...notice, byClass }, mail('a@secret.example.jp', '')).keptUntil).toBe('7日')
  expect(noticeForMessage({ ...notice, byClass }, mail('a@b.example', '【公開】')).keptUntil).toBe('90日')
})
