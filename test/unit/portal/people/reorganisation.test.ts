/** Reorganisations: the file, its diff, what goes along on the day, and personnel changes of the same day. */
import { describe, expect, test } from 'vitest'
import { readChange } from '../../../../portal/people/change-file.ts'
import { readReorganisationFile } from '../../../../portal/people/reorganisation-file.ts'
import { changeText, problemText } from '../../../../portal/texts/people-import.ts'
import { expectLinear } from '../../../support/linear.ts'
import { BY, openHouse, VISITOR } from '../support/house.ts'

const DAY = '2028-04-01'
const EVE = '2028-03-31'
const HEAD = '区分,所属コード,名称,上位コード,統合先コード,機密性,上位の共用メール\n'
const MAIL = 'shuno-ka@town.example.jp'

async function town() {
  const house = await openHouse()
  const { departments, memberships, mailboxes, changes } = house
  const add = (code: string, name: string, parentCode?: string) => departments.add({ tenant: 'default', code, name, parentCode, fromDate: '2020-04-01' }, BY).departmentId
  const ids = { mayor: add('1', '市長部局'), general: add('10', '総務部', '1'), tax: add('102', '税務課', '10'), collect: add('104', '収納課', '10'), unit: add('1041', '収納係', '104'), school: add('20', '教育委員会') }
  const seat = (login: string, departmentId: number, post: string, approves = false, kind: 'main' | 'concurrent' = 'main') => {
    const person = house.people.byLogin('default', login) ?? house.person(login)
    memberships.join({ personId: person.personId, departmentId, kind, post, approves, fromDate: '2020-04-01' }, BY)
    return person
  }
  const [kacho, shuno] = [seat('kacho', ids.tax, '課長', true), seat('shuno', ids.collect, '課長', true)]
  seat('bucho', ids.general, '部長', true)
  mailboxes.addShared({ tenant: 'default', address: MAIL, name: '収納課' }, BY)
  mailboxes.addHolder('default', MAIL, { departmentId: ids.collect, fromDate: '2020-04-01' }, BY)
  const lines = (text: string) => {
    const read = readReorganisationFile(Buffer.from(HEAD + text))
    if (read.kind === 'problems') throw new Error(JSON.stringify(read.problems))
    return { about: 'departments', lines: read.lines } as const
  }
  const told = (text: string, day = DAY) => {
    const result = changes.rehearse('default', lines(text), day)
    return result.kind === 'diff' ? result.diff.map(each => changeText(each, 'ja')) : result.problems.map(each => problemText(each, 'ja'))
  }
  const plan = (text: string, today = house.today(), day = DAY) => changes.plan('default', lines(text), { day, today, sha256: 'x' }, BY)
  const people = (text: string) => {
    const read = readChange('people', Buffer.from(`ユーザーID,所属コード,職名,承認者\n${text}`), DAY)
    if (read.kind === 'problems') throw new Error(JSON.stringify(read.problems))
    return changes.rehearse('default', read.change, DAY)
  }
  const path = (code: string) => departments.pathOf(departments.byCode('default', code)!.departmentId)
  return { ...house, ids, seat, kacho, shuno, told, plan, people, path }
}

describe('the file', () => {
  test('everything that is wrong is told at once', () => {
    const read = readReorganisationFile(Buffer.from(`${HEAD}移転,104,,,,,\n新設,,,,,,\n統合,104,,,104,,\n変更,105,,,,9,多分\n変更,105,,,,,\n`))
    const problems = read.kind === 'problems' ? read.problems.map(each => problemText(each, 'ja').split(':')[0]) : []
    expect(problems).toEqual(['2行目 「区分」', '3行目 「所属コード」', '3行目 「名称」', '4行目 「統合先コード」', '5行目 「機密性」', '5行目 「上位の共用メール」', '4行目', '6行目'])
  })

  test('English names of columns and kinds, and the word for nobody above', () => {
    expect(readReorganisationFile(Buffer.from('kind,department code,parent,shares above\nmove,104,none,yes\n'))).toMatchObject({ lines: [{ kind: 'change', code: '104', name: '', parentCode: '', sharesAbove: true, classification: undefined }] })
  })

  test('takes time in proportion to its lines', () => {
    const make = (count: number) => Buffer.from(HEAD + Array.from({ length: count }, (_, index) => `変更,${index},課${index},,,,\n`).join(''))
    expectLinear(make, readReorganisationFile, 2_000)
  })
})

describe('the diff', () => {
  test('reads like the order that the mayor signs, and changes nothing', async () => {
    const { told, path, departments } = await town()
    expect(told('新設,131,情報係,130,,,○\n新設,130,デジタル推進課,10,,2,\n変更,102,税務収納課,,,3,\n統合,104,,,102,,\n')).toEqual([
      '130 新設: なし → 市長部局 総務部 デジタル推進課',
      '131 新設: なし → 市長部局 総務部 デジタル推進課 情報係',
      '102 変更: 市長部局 総務部 税務課 → 市長部局 総務部 税務収納課 [機密性]',
      `104 統合: 市長部局 総務部 収納課 → 市長部局 総務部 税務収納課 [職員1人が移る, 共用メール ${MAIL} も移る]`,
    ])
    expect(path('102')).toBe('市長部局 総務部 税務課')
    expect(departments.byCode('default', '130')).toBeUndefined()
  })

  test.each([
    ['変更,999,x,,,,\n', '2行目 「所属コード」: この所属はありません。'],
    ['変更,10,,104,,,\n', '2行目: この所属は、ここに置けません。'],
    ['新設,104,x,,,,\n', '2行目: この所属コードは、廃止したものも含めて、'],
    ['新設,7,x,8,,,\n新設,8,x,7,,,\n', '2行目 「上位コード」: この所属はありません。'],
    ['廃止,104,,,,,\n', '2行目: この所属の下に、まだ所属があります。'],
    ['統合,104,,,999,,\n', '2行目 「統合先コード」: この所属はありません。'],
    ['変更,102,,20,,,\n廃止,10,,,,,\n変更,104,,20,,,\n変更,1041,,20,,,\n', '102 変更: 市長部局 総務部 税務課 → 教育委員会 税務課'],
  ])('%s', async (text, begins) => {
    const { told } = await town()
    expect(told(text)[0]).toContain(begins)
  })

  test('a department that nobody would approve for fails it', async () => {
    const { told, seat, ids } = await town()
    seat('kakari', ids.unit, '主事')
    // Below the board of education, where nobody approves.
    expect(told('変更,1041,,20,,,\n')).toEqual([expect.stringContaining('承認者がいなくなります')])
  })

  test('who is left behind in a closed one is counted, and stays with it', async () => {
    const { told, plan, seat, ids, memberships, directory } = await town()
    const kakari = seat('kakari', ids.unit, '主事')
    expect(told('廃止,1041,,,,,\n')).toEqual(['1041 廃止: 市長部局 総務部 収納課 収納係 → なし [職員1人が残る。人事異動で移してください]'])
    plan('廃止,1041,,,,,\n', DAY)
    expect(memberships.ofPerson(kakari.personId, DAY)).toHaveLength(1)
    expect(directory.approversFor(kakari.personId, DAY).flat().map(each => each.person.login)).toEqual(['shuno', 'bucho'])
  })
})

describe('the day of effect', () => {
  test('people, their posts, shared mailboxes and what stood below go along with a merger, and the eve stays as it was', async () => {
    const { plan, ids, shuno, memberships, mailboxes, departments, changes, sessions, findSession } = await withSession()
    plan('統合,104,,,102,,\n変更,102,税務収納課,,,,\n')
    expect(memberships.ofPerson(shuno.personId, DAY)[0]!.departmentId).toBe(ids.collect)
    expect([changes.turn(EVE), changes.turn(DAY), changes.turn(DAY)]).toEqual([0, 1, 0])
    expect(memberships.ofPerson(shuno.personId, EVE)).toMatchObject([{ departmentId: ids.collect, post: '課長', approves: true }])
    expect(memberships.ofPerson(shuno.personId, DAY)).toMatchObject([{ departmentId: ids.tax, post: '課長', approves: true, kind: 'main' }])
    expect(mailboxes.readersOf('default', [MAIL], DAY).length).toBe(2)
    expect(mailboxes.heldBy(ids.collect, DAY)).toEqual([])
    expect(departments.pathOf(ids.unit)).toBe('市長部局 総務部 税務収納課 収納係')
    expect([departments.byId(ids.collect)!.toDate, departments.list('default', DAY).map(({ code }) => code)]).toEqual([EVE, ['1', '10', '102', '1041', '20']])
    expect(sessions.find(findSession, 'inner')).toBeUndefined()
  })

  test('who had a post in both has one afterwards, the main one, and approves if either did', async () => {
    const { plan, ids, seat, memberships } = await town()
    const both = seat('both', ids.collect, '主幹', true)
    seat('both', ids.tax, '主査', false, 'concurrent')
    plan('統合,104,,,102,,\n', DAY)
    expect(memberships.ofPerson(both.personId, DAY)).toMatchObject([{ departmentId: ids.tax, kind: 'main', post: '主幹', approves: true }])
  })

  test('a personnel change of the same day sees it: in its dry run, and when both take effect', async () => {
    const { plan, people, kacho, changes, memberships, departments, today } = await town()
    expect(people('kacho,130,課長,○\n').kind).toBe('problems')
    plan('新設,130,デジタル推進課,10,,,\n')
    const rehearsed = people('kacho,130,課長,○\n')
    expect(rehearsed).toMatchObject({ kind: 'diff', diff: [{ after: [{ department: '市長部局 総務部 デジタル推進課' }] }] })
    const read = readChange('people', Buffer.from('ユーザーID,所属コード,職名,承認者\nkacho,130,課長,○\n'), DAY)
    if (read.kind === 'change') changes.plan('default', read.change, { day: DAY, today: today(), sha256: 'y' }, BY)
    expect(changes.turn(DAY)).toBe(2)
    expect(departments.byId(memberships.ofPerson(kacho.personId, DAY)[0]!.departmentId)!.code).toBe('130')
    expect(changes.list('default').map(({ about, state }) => `${about} ${state}`)).toEqual(['people in-force', 'departments in-force'])
  })

  test('one that no longer fits stays planned, and a dry run of people says why', async () => {
    const { plan, people, departments, changes, records } = await town()
    plan('新設,130,デジタル推進課,10,,,\n')
    departments.add({ tenant: 'default', code: '130', name: '別のもの' }, BY)
    expect(people('kacho,102,課長,○\n')).toMatchObject({ kind: 'problems', problems: [{ problem: 'planned-departments', value: DAY }] })
    expect(changes.turn(DAY)).toBe(0)
    expect(records('alarm')).toHaveLength(1)
  })
})

async function withSession() {
  const house = await town()
  const signed = house.signIn.begin(house.as(house.shuno), 'password', 'one', VISITOR)
  return { ...house, findSession: signed.kind === 'signed-in' ? signed.cookie : '' }
}
