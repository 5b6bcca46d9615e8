/** Every cell of the table of rights, and what must hold for all of them. */
import { describe, expect, test } from 'vitest'
import { type Person, ROLES, type Role, type SignedIn } from '../../../../portal/people/person.ts'
import { may, type Subject } from '../../../../portal/rights/may.ts'
import { type Act, MAIL_RELATIONS, REQUEST_RELATIONS, RIGHTS_ROWS } from '../../../../portal/rights/table.ts'

const AT = { nowMs: 1_000_000, stepUpMs: 300_000 }

function who(roles: readonly Role[], stepped: number | 'never' = AT.nowMs, tenant = 'default'): SignedIn {
  const person: Person = { personId: 1, tenant, login: 'x', name: 'x', language: 'ja', roles: new Set(roles), departments: [], mailbox: '' }
  return { person, session: { sessionId: 's', startedAtMs: 0, factors: 'two', steppedUpAtMs: stepped === 'never' ? undefined : stepped, csrfToken: '' } }
}

function subjects(about: string, tenant = 'default'): Subject[] {
  if (about === 'mail') return MAIL_RELATIONS.map(relation => ({ kind: 'mail', tenant, relation }))
  if (about === 'request') return REQUEST_RELATIONS.map(relation => ({ kind: 'request', tenant, relation }))
  return [{ kind: 'house', tenant }]
}

const ROLE_SETS: readonly (readonly Role[])[] = [[], ...ROLES.map(role => [role]), ['staff', 'approver'], ['staff', 'administrator'], [...ROLES]]
const CELLS = RIGHTS_ROWS.flatMap(row => ROLE_SETS.flatMap(roles => subjects(row.about).map(subject => ({ row, roles, subject }))))
const yes = (roles: readonly Role[], act: Act, subject: Subject) => may(who(roles), act, subject, AT) === 'yes'
const mail = (relation: (typeof MAIL_RELATIONS)[number]): Subject => ({ kind: 'mail', tenant: 'default', relation })

/** Who may, written down a second time: relation to the mail across, O for yes. */
const MAIL_MATRIX = `
                own shared delegated passed-on glass none
mail.metadata   O   O      O         O         O     -
mail.contents   O   O      O         O         O     -
mail.take       O   O      O         O         -     -
mail.unlock     O   O      O         O         -     -
mail.request    O   O      O         -         -     -
mail.pass-on    O   O      O         -         -     -
mail.care       -   O      -         -         -     -`

const HOUSE_MATRIX = `
                  staff approver administrator auditor
file.bring        O     -        -             -
dashboard.see     -     -        O             O
queue.see         -     -        O             O
queue.change      -     -        O             -
quarantine.see    -     -        O             O
quarantine.change -     -        O             -
policy.see        -     -        O             O
policy.change     -     -        O             -
people.see        -     -        O             O
people.change     -     -        O             -
audit.see         -     -        O             O
inspection.see    -     -        O             O
inspection.attest -     -        O             -
contacts.change   -     -        O             -
token.see         -     -        O             O
token.change      -     -        O             -
approvers.change  -     -        O             -
emergency.change  -     -        O             -
glass.see         -     -        O             O
glass.ask         -     -        O             -
glass.confirm     -     O        O             -`

function matrix(text: string): { readonly columns: string[]; readonly rows: (readonly [string, string[]])[] } {
  const [head, ...lines] = text.trim().split('\n')
  const rows = lines.map(line => line.split(/\s+/)).map(([act, ...cells]) => [act!, cells] as const)
  return { columns: head!.trim().split(/\s+/), rows }
}

test('staff and mails', () => {
  const { columns, rows } = matrix(MAIL_MATRIX)
  expect(rows.map(([act]) => act)).toEqual(RIGHTS_ROWS.filter(row => row.about === 'mail').map(row => row.act))
  for (const [act, cells] of rows) {
    const real = columns.map(relation => (yes(['staff'], act as Act, mail(relation as never)) ? 'O' : '-'))
    expect([act, real], act).toEqual([act, cells])
  }
})

test('roles and the house', () => {
  const { columns, rows } = matrix(HOUSE_MATRIX)
  expect(rows.map(([act]) => act)).toEqual(RIGHTS_ROWS.filter(row => row.about === 'house').map(row => row.act))
  for (const [act, cells] of rows) {
    const real = columns.map(role => (yes([role as Role], act as Act, { kind: 'house', tenant: 'default' }) ? 'O' : '-'))
    expect([act, real], act).toEqual([act, cells])
  }
})

test.each([
  ['request.see', ['requester', 'approver']],
  ['request.decide', ['approver']],
  ['request.withdraw', ['requester']],
  ['request.fetch', ['requester']],
] as const)('staff and requests: %s', (act, relations) => {
  for (const relation of REQUEST_RELATIONS) {
    expect(yes(['staff'], act, { kind: 'request', tenant: 'default', relation }), relation).toBe((relations as readonly string[]).includes(relation))
  }
})

describe('for every cell', () => {
  test('nothing crosses from one town to another, and nothing is told', () => {
    for (const { row, roles } of CELLS) for (const there of subjects(row.about, 'otsu')) expect(may(who(roles), row.act, there, AT)).toBe('unseen')
  })

  test('contents and files of a mail that is not theirs stay shut for every role', () => {
    for (const roles of ROLE_SETS) {
      for (const act of ['mail.contents', 'mail.take', 'mail.unlock', 'mail.request', 'mail.pass-on'] as const) expect(yes(roles, act, mail('none')), `${act} ${roles}`).toBe(false)
    }
  })

  test('an auditor changes nothing by role', () => {
    for (const { act, changes, about } of RIGHTS_ROWS.filter(row => row.changes)) {
      expect(changes).toBe(true)
      for (const subject of subjects(about).filter(each => each.kind === 'house' || each.relation === 'none')) expect(yes(['auditor'], act, subject), act).toBe(false)
    }
  })

  test('nobody decides about an own request, whatever they are', () => {
    for (const roles of ROLE_SETS) expect(yes(roles, 'request.decide', { kind: 'request', tenant: 'default', relation: 'requester' })).toBe(false)
  })

  test('who has no business with a mail is not told that it exists', () => {
    expect(may(who(['staff', 'approver']), 'mail.contents', mail('none'), AT)).toBe('unseen')
    expect(may(who(['administrator']), 'mail.contents', mail('none'), AT)).toBe('role')
    expect(may(who(['staff']), 'mail.request', mail('passed-on'), AT)).toBe('role')
  })

  test('a step-up is good for minutes', () => {
    const request: Subject = { kind: 'request', tenant: 'default', relation: 'requester' }
    expect(may(who(['staff'], 'never'), 'request.fetch', request, AT)).toBe('step-up')
    expect(may(who(['staff'], AT.nowMs - 299_999), 'request.fetch', request, AT)).toBe('yes')
    expect(may(who(['staff'], AT.nowMs - 300_000), 'request.fetch', request, AT)).toBe('step-up')
    for (const { row, roles, subject } of CELLS.filter(cell => cell.row.stepUp)) expect(may(who(roles, 'never'), row.act, subject, AT)).not.toBe('yes')
  })

  test('an act and a thing that do not belong together are a mistake of ours', () => {
    expect(() => may(who(['staff']), 'mail.take', { kind: 'house', tenant: 'default' }, AT)).toThrow(TypeError)
  })
})
