/** Which buttons each verdict leaves, written down as a table. */
import { describe, expect, test } from 'vitest'
import { unlock } from '../../../../core/unlock.ts'
import type { MemberReport, PartReport } from '../../../../core/verdict.ts'
import { REASONS } from '../../../../core/text/reasons.ts'
import { piecesOf } from '../../../../portal/part-key.ts'
import { actionsFor, type Kept, UNLOCKABLE } from '../../../../portal/pages/part-actions.ts'
import { memberOf, partOf } from '../../../support/portal-fakes.ts'

const KEPT: Kept = { originalUntilMs: 2, textUntilMs: 1, hasMailbox: true, askable: new Set(['1', '2']), mayPreview: true }
const kept = (reason: string, more: Partial<PartReport> = {}): PartReport => partOf('2', { outcome: 'quarantined', reason, ...more })
const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
const PDF = 'application/pdf'
const ZIP = 'application/zip'

function actionsOf(part: PartReport, at = 0, now: Partial<Kept> = {}): string {
  return actionsFor(piecesOf(part)[at]!, { ...KEPT, ...now }).join(' ')
}

describe('buttons by verdict', () => {
  test.for<[string, PartReport, string]>([
    ['text of the mail', partOf('1', { outcome: 'body' }), ''],
    ['superseded', partOf('1', { outcome: 'superseded' }), ''],
    ['container', partOf('1', { outcome: 'container' }), ''],
    ['pending', partOf('1', { outcome: 'pending', reason: 'processing', detectedType: PDF }), ''],
    ['rebuilt document', partOf('2', { name: 'a.docx', detectedType: DOCX }), 'take mail preview ask'],
    ['rebuilt PDF', partOf('2', { name: 'a.pdf', detectedType: PDF }), 'take mail preview ask'],
    ['rebuilt archive with a program in it', partOf('2', { detectedType: ZIP, members: [memberOf('x.exe', { outcome: 'quarantined', reason: 'dangerous-type' })] }), 'take mail'],
    ['locked ZIP', kept('encrypted', { detectedType: ZIP }), 'password ask'],
    ['locked PDF', kept('encrypted', { detectedType: PDF }), 'password preview ask'],
    ['locked old document', kept('encrypted', { detectedType: 'application/msword' }), 'password preview ask'],
    ['locked file that no password of ours opens', kept('encrypted', { detectedType: 'application/x-js-taro' }), 'ask'],
    ['wrong password', kept('wrong-password', { detectedType: ZIP }), 'password ask'],
    ['encrypted mail', kept('encrypted-mail'), 'ask'],
    ['program', kept('dangerous-type', { name: 'a.exe', detectedType: 'application/x-msdownload' }), ''],
    ['program by its name alone', kept('cannot-disarm', { name: 'a.exe' }), ''],
    ['malware', kept('malware', { detectedType: PDF }), ''],
    ['unknown', kept('unknown-type'), 'ask again'],
    ['no disarmer', kept('cannot-disarm'), 'ask again'],
    ['JWW', kept('format-jww'), 'ask again'],
    ['damaged PDF', kept('malformed', { detectedType: PDF }), 'ask'],
    ['policy keeps a PDF', kept('attachment-policy', { detectedType: PDF }), 'preview ask'],
    ['blocked object', kept('blocked-object', { detectedType: DOCX, object: 'macros' }), 'preview ask'],
    ['a reason of a policy row that nobody knows', kept('x-own'), 'ask'],
  ])('%s', ([, part, want]) => expect(actionsOf(part)).toBe(want))

  test('no reason is without a decision', () => {
    for (const reason of Object.keys(REASONS)) expect(actionsOf(kept(reason)) === '').toBe(['malware', 'dangerous-type'].includes(reason))
  })
})

describe('a file inside another one', () => {
  const inside = (member: MemberReport, of: Partial<PartReport> = {}) => actionsOf(partOf('2', { detectedType: ZIP, members: [member], ...of }), 1)
  test('is looked at and unlocked, not asked for', () => {
    expect(inside(memberOf('a.pdf', { detectedType: PDF }))).toBe('preview')
    expect(inside(memberOf('a.zip', { detectedType: ZIP, outcome: 'quarantined', reason: 'encrypted' }))).toBe('password')
  })
  test('of malware has nothing', () => expect(inside(memberOf('a.pdf', { detectedType: PDF }), { outcome: 'quarantined', reason: 'malware' })).toBe(''))
})

describe('what is gone is not offered', () => {
  const rebuilt = partOf('2', { detectedType: PDF })
  test.for<[string, Partial<Kept>, string]>([
    ['without the text, the copy is made again', { textUntilMs: undefined }, 'take mail preview ask'],
    ['without the original', { originalUntilMs: undefined }, 'take'],
    ['without both', { originalUntilMs: undefined, textUntilMs: undefined }, ''],
    ['without a mailbox', { hasMailbox: false }, 'take preview ask'],
    ['what may not be asked for', { askable: new Set() }, 'take mail preview'],
    ['pages of a class that shows none', { mayPreview: false }, 'take mail ask'],
  ])('%s', ([, now, want]) => expect(actionsOf(rebuilt, 0, now)).toBe(want))
  test('a locked file without its original', () => expect(actionsOf(kept('encrypted', { detectedType: ZIP }), 0, { originalUntilMs: undefined })).toBe(''))
})

test('what is offered a password can be opened by one', async () => {
  for (const type of UNLOCKABLE) expect(await unlock(Buffer.from('x'), type, ['p'], { outputBytes: 1, entries: 1 })).not.toMatchObject({ reason: 'unsupported' })
  expect(await unlock(Buffer.from('x'), 'application/x-js-taro', ['p'], { outputBytes: 1, entries: 1 })).toMatchObject({ reason: 'unsupported' })
})
