/** Personnel changes: files as they really come, the diff, the day of effect, and what fails a dry run. */
import { describe, expect, test } from 'vitest'
import type { Moved } from '../../../../portal/people/laying.ts'
import { PersonnelChanges } from '../../../../portal/people/personnel-change.ts'
import { readPersonnelFile } from '../../../../portal/people/personnel-file.ts'
import { changeText, peopleImportTexts, problemText } from '../../../../portal/texts/people-import.ts'
import { expectLinear } from '../../../support/linear.ts'
import { BY, openHouse, VISITOR } from '../support/house.ts'

const DAY = '2027-04-01'
const HEAD = '職員番号,ユーザーID,氏名,メールアドレス,所属コード,職名,区分,承認者,役割,終了日\n'

/** 職員番号,所属コード and one line, as Excel saves it. */
const CP932 = Buffer.from('9045 88f5 94d4 8d86 2c 8f8a 91ae 8352 815b 8368 0d0a 37 2c 3130 31 0d0a'.replace(/ /g, ''), 'hex')

const file = (text: string, day = DAY) => readPersonnelFile(Buffer.from(HEAD + text), day)

async function town() {
  const house = await openHouse()
  const moved: Moved[] = []
  const changes = new PersonnelChanges(house)
  changes.tell(list => void moved.push(...list))
  const add = (code: string, name: string, parentCode?: string) => house.departments.add({ tenant: 'default', code, name, parentCode, fromDate: '2020-04-01' }, BY).departmentId
  const [general, tax, it] = [add('10', '総務部'), add('101', '税務課', '10'), add('102', '情報政策課', '10')]
  const seat = (login: string, number: string, departmentId: number, post: string, approves = false) => {
    const person = house.person(login)
    house.people.change(person.personId, { staffNumber: number }, BY)
    house.memberships.join({ personId: person.personId, departmentId, kind: 'main', post, approves, fromDate: '2020-04-01' }, BY)
    return person
  }
  const [sato, kacho, ito] = [seat('sato', '1', tax, '主事'), seat('kacho', '2', tax, '課長', true), seat('ito', '3', it, '課長', true)]
  seat('bucho', '4', general, '部長', true)
  const rehearse = (text: string, day = DAY) => {
    const read = file(text, day)
    return read.kind === 'problems' ? read : changes.rehearse('default', { about: 'people', lines: read.lines }, day)
  }
  const told = (text: string) => {
    const result = rehearse(text)
    return result.kind === 'diff' ? result.diff.map(each => changeText(each, 'ja')) : result.problems.map(each => problemText(each, 'ja'))
  }
  const plan = (text: string, day: string, today: string) => {
    const read = file(text, day)
    if (read.kind === 'problems') throw new Error('problems')
    return changes.plan('default', { about: 'people', lines: read.lines }, { day, today, sha256: 'x' }, BY)
  }
  const posts = (personId: number, day: string) => house.memberships.ofPerson(personId, day).map(({ departmentId, post }) => `${house.departments.byId(departmentId)!.name} ${post}`)
  return { ...house, changes, moved, general, tax, it, sato, kacho, ito, rehearse, told, plan, posts }
}

describe('files as they come', () => {
  test('of Excel in CP932, and with a byte order mark', () => {
    expect(readPersonnelFile(CP932, DAY)).toMatchObject({ kind: 'lines', lines: [{ line: 2, staffNumber: '7', department: '101' }] })
    expect(readPersonnelFile(Buffer.from(`\ufeff${HEAD}7,,,,101,,,,,\n`), DAY)).toMatchObject({ kind: 'lines', lines: [{ staffNumber: '7' }] })
  })

  test('English names in any order, quoted cells, empty lines, a missing last line end', () => {
    const text = 'Kind,LOGIN,"department code",Post\r\n\r\nconcurrent,Sato,101,"主任,  ""係長""\n兼務"'
    expect(readPersonnelFile(Buffer.from(text), DAY)).toMatchObject({ lines: [{ line: 3, login: 'sato', department: '101', kind: 'concurrent', post: '主任, "係長" 兼務' }] })
  })

  test('everything that is wrong is told at once, with line, column and remedy', () => {
    const read = file('1,,,,101,,出向,,,\n,,,,101,,,,,\n3,,,,,,,,,\n4,,,,101,,,多分,王様,明日\n5,,,,101,,,,,2027-03-31\n')
    const problems = read.kind === 'problems' ? read.problems.map(each => problemText(each, 'ja')) : []
    expect(problems.map(text => text.split(':')[0])).toEqual(['2行目 「区分」', '3行目 「職員番号」', '4行目 「所属コード」', '5行目 「承認者」', '5行目 「終了日」', '5行目 「役割」', '6行目 「終了日」'])
    expect(problems[0]).toBe('2行目 「区分」: 区分を読めません。本務、兼務、育休、休職、復職、退職のどれかにしてください。 (出向)')
  })

  test.each([
    ['no-column', Buffer.from('氏名\n佐藤\n')],
    ['quotes', Buffer.from(`${HEAD}1,"open,,,101,,,,,\n`)],
    ['quotes', Buffer.from(`${HEAD}1,"a"b,,,101,,,,,\n`)],
    ['encoding', Buffer.from([...Buffer.from(HEAD), 0x37, 0xff, 0xff, 0x0a])],
    ['empty', Buffer.from('\n\n')],
    ['too-long', Buffer.from(`${HEAD}${'9'.repeat(600)},,,,101,,,,,\n`)],
    ['too-large', Buffer.alloc(17 * 2 ** 20, 0x20)],
  ])('%s', (problem, bytes) => expect(readPersonnelFile(bytes, DAY)).toMatchObject({ kind: 'problems', problems: [{ problem }] }))

  test('every problem has words in both languages', () => {
    expect(Object.keys(peopleImportTexts('en').problems)).toEqual(Object.keys(peopleImportTexts('ja').problems))
  })

  test('reading is linear, also without an end to quotes', () => {
    const read = (bytes: Buffer) => readPersonnelFile(bytes, DAY)
    expectLinear(rows => Buffer.from(HEAD + '1,,"""""""",,101,,,,,\n'.repeat(rows)), read, 4_000)
    expectLinear(length => Buffer.from(`${HEAD}"${'a""'.repeat(length)}`), read, 200_000)
  })
})

describe('the diff', () => {
  test('reads like an order of appointment', async () => {
    const { told } = await town()
    expect(told('1,,,,102,主任,本務,,,\n1,,,,101,主任,兼務,,,2027-09-30\n')).toEqual([
      'sato 太郎 (sato) 異動: 総務部 税務課 主事 → 総務部 情報政策課 主任, 総務部 税務課 主任 (兼務, 2027-09-30まで)',
    ])
    expect(told('9,yamada,山田 太郎,yamada@town.example.jp,101,主事,採用,,,2028-03-31\n')).toEqual(['山田 太郎 (yamada) 新規: なし → 総務部 税務課 主事 (2028-03-31まで)'])
    expect(told('1,,,,,,育休,,,2028-03-31\n')).toEqual(['sato 太郎 (sato) 休業: 総務部 税務課 主事'])
    expect(told('1,,佐藤 華子,hanako@town.example.jp,101,主事,,,,\n')).toEqual(['佐藤 華子 (sato) 変更: 総務部 税務課 主事 [氏名, メールアドレス]'])
    expect(told('1,,,,101,主事,,,,\n')).toEqual([])
  })

  test('leaves no trace', async () => {
    const { told, db, posts, sato } = await town()
    const before = db.all('SELECT count(*) AS rows FROM audit')
    told('1,,,,,,退職,,,\n9,yamada,山田,,101,,,,,\n')
    expect(db.all('SELECT count(*) AS rows FROM audit')).toEqual(before)
    expect(posts(sato.personId, DAY)).toEqual(['税務課 主事'])
    expect(db.verifyAudit()).toMatchObject({ ok: true })
  })
})

describe('what fails a dry run', () => {
  test.each([
    ['no-approver', '2,,,,102,主幹,本務,,,\n'],
    ['no-approver', '2,,,,,,退職,,,\n'],
    ['no-approver', '2,,,,,,育休,,,\n'],
    ['unknown-department', '1,,,,404,,,,,\n'],
    ['unknown-person', '77,,,,,,退職,,,\n'],
    ['new-needs', '77,,山田,,101,,,,,\n'],
    ['mailbox-taken', '77,yamada,山田,sato@town.example.jp,101,,,,,\n'],
    ['login-taken', '77,sato,山田,,101,,,,,\n'],
  ])('%s: %s', async (problem, text) => {
    const { rehearse } = await town()
    const result = rehearse(text)
    // A login of the file finds its person where the number is new.
    if (problem === 'login-taken') expect(result).toMatchObject({ kind: 'diff', diff: [{ login: 'sato', also: ['name', 'staffNumber'] }] })
    else expect(result).toMatchObject({ kind: 'problems', problems: [{ problem }] })
  })

  test('not where the successor comes in the same file, nor where a deputy stands in', async () => {
    const { rehearse, memberships, kacho, sato } = await town()
    expect(rehearse('2,,,,102,主幹,,,,\n1,,,,101,課長,,○,,\n').kind).toBe('diff')
    memberships.setDeputy(kacho.personId, sato.personId, 1, { fromDate: '2027-04-01' }, BY)
    expect(rehearse('2,,,,,,育休,,,\n').kind).toBe('diff')
  })
})

test('what had no approver before is not the file’s doing', async () => {
  const { told, departments, memberships, person } = await town()
  const { departmentId } = departments.add({ tenant: 'default', code: '30', name: '議会事務局', fromDate: '2020-04-01' }, BY)
  memberships.join({ personId: person('shoki').personId, departmentId, kind: 'main', post: '書記', approves: false, fromDate: '2020-04-01' }, BY)
  expect(told('1,,,,102,主任,,,,\n')).toEqual(['sato 太郎 (sato) 異動: 総務部 税務課 主事 → 総務部 情報政策課 主任'])
})

describe('the day of effect', () => {
  const TEXT = '2,,,,102,課長,,○,,\n3,,,,101,課長,,○,,\n'

  test('before it nothing has changed, on it everything, and sessions end', async () => {
    const { plan, changes, posts, ito, kacho, people, sessions } = await town()
    const cookie = sessions.begin(ito.personId, 'default', { method: 'password', factors: 'one', stage: 'open', ...VISITOR })
    expect(plan(TEXT, '2027-04-05', '2027-04-01').kind).toBe('diff')
    expect(changes.turn('2027-04-04')).toBe(0)
    expect(posts(ito.personId, '2027-04-05')).toEqual(['情報政策課 課長'])
    expect(sessions.find(cookie, 'inner')).toBeDefined()
    expect(changes.turn('2027-04-05')).toBe(1)
    expect(changes.turn('2027-04-05')).toBe(0)
    expect([posts(ito.personId, '2027-04-04'), posts(ito.personId, '2027-04-05'), posts(kacho.personId, '2027-04-05')]).toEqual([['情報政策課 課長'], ['税務課 課長'], ['情報政策課 課長']])
    expect(sessions.find(cookie, 'inner')).toBeUndefined()
    expect(people.person(ito.personId, '2027-04-05')!.roles.has('approver')).toBe(true)
    expect(changes.list('default')).toMatchObject([{ effectiveDate: '2027-04-05', state: 'in-force', lines: 2 }])
  })

  test('who came into a post takes over from who left it', async () => {
    const { plan, moved, ito, kacho, tax, it } = await town()
    plan(TEXT, DAY, DAY)
    expect(moved).toEqual([
      { personId: kacho.personId, departmentId: tax, successorIds: [ito.personId] },
      { personId: ito.personId, departmentId: it, successorIds: [kacho.personId] },
    ])
  })

  test('withdrawn before it, it never happens', async () => {
    const { plan, changes, posts, ito } = await town()
    const planned = plan(TEXT, '2027-04-05', DAY)
    expect(changes.withdraw('otsu', planned.changeId!, BY)).toBe(false)
    expect(changes.withdraw('default', planned.changeId!, BY)).toBe(true)
    expect(changes.turn('2027-04-05')).toBe(0)
    expect(posts(ito.personId, '2027-04-05')).toEqual(['情報政策課 課長'])
    expect(changes.withdraw('default', planned.changeId!, BY)).toBe(false)
  })

  test('one that no longer fits is an alarm, once a day, and the next one goes on', async () => {
    const { plan, changes, departments, tax, records } = await town()
    plan('1,,,,101,主任,,,,\n', '2027-04-05', DAY)
    plan('1,,,,102,主任,,,,\n', '2027-04-06', DAY)
    departments.change(tax, { toDate: '2027-04-04' }, BY)
    expect([changes.turn('2027-04-06'), changes.turn('2027-04-06')]).toEqual([1, 0])
    expect(records('alarm')).toHaveLength(1)
  })

  test('who leaves cannot sign in the next day', async () => {
    const { plan, people, sato } = await town()
    plan('1,,,,,,退職,,,\n', DAY, DAY)
    expect(people.person(sato.personId, '2027-03-31')).toBeDefined()
    expect(people.person(sato.personId, DAY)).toBeUndefined()
  })
})
