/** A small town in portal.db for the pages of administration: a tree, people in every state, shared mail, a hostile name. */
import { type TOTP, URI } from 'otpauth'
import type { PortalDb } from '../../portal/db/open.ts'
import type { GivenRole } from '../../portal/people/people.ts'
import type { PeopleDesk } from '../../portal/admin/people-desk.ts'
import type { StaffMail } from '../../portal/ports.ts'
import { roomsOver } from '../unit/portal/support/house.ts'

const BY = { actor: 'user:kanri', reason: 'test' }
const TODAY = '2026-11-26'
const START = '2020-04-01'

export type PeopleTown = { readonly desk: PeopleDesk; readonly told: StaffMail[]; readonly ids: Readonly<Record<string, number>>; readonly units: Readonly<Record<string, number>> }

/** `hostile`: stands as the name of a person and of a department. */
export async function peopleTown(db: PortalDb, folder: string, hostile: string): Promise<PeopleTown> {
  const rooms = await roomsOver(db, folder, { secondFactorFor: ['administrator'] })
  const told: StaffMail[] = []
  const desk: PeopleDesk = { ...rooms, invitationHours: 72, linkOrigin: () => 'https://portal.town.example.jp', tell: mail => void told.push(mail) }
  const units = tree(desk, hostile)
  const ids = persons(desk, units, hostile)
  const { mailboxes, memberships } = desk
  mailboxes.addShared({ tenant: 'default', address: 'zeimu@town.example.jp', name: '税務課', classification: 2 }, BY)
  mailboxes.addHolder('default', 'zeimu@town.example.jp', { departmentId: units['102']!, fromDate: START }, BY)
  mailboxes.addHolder('default', 'zeimu@town.example.jp', { personId: ids['ito']!, fromDate: TODAY, toDate: '2027-03-31' }, BY)
  mailboxes.addShared({ tenant: 'default', address: 'dare@town.example.jp', name: 'だれも持たない' }, BY)
  memberships.delegate(ids['sato']!, ids['ito']!, { fromDate: TODAY, toDate: '2026-12-31' }, BY)
  memberships.delegate(ids['ito']!, ids['sato']!, { fromDate: '2025-04-01', toDate: '2025-04-30' }, BY)
  memberships.setAway(ids['kacho']!, 'leave', { fromDate: TODAY, toDate: '2027-03-31' }, BY)
  memberships.setDeputy(ids['kacho']!, ids['ito']!, 1, { fromDate: TODAY }, BY)
  const { uri } = rooms.totp.offer(ids['kacho']!, 'default', 'kacho')!
  desk.factors.addTotp(desk.people.person(ids['kacho']!, TODAY)!, (URI.parse(uri) as TOTP).generate({ timestamp: db.nowMs() }))
  desk.sessions.begin(ids['sato']!, 'default', { method: 'password', factors: 'two', stage: 'open', face: 'inner', address: '10.1.2.3', agent: 'test' })
  return { desk, told, ids, units }
}

function tree({ departments }: PeopleDesk, hostile: string): Record<string, number> {
  const units: Record<string, number> = {}
  const add = (code: string, name: string, parentCode?: string, more: { readonly classification?: 1 | 2 | 3; readonly sharesAbove?: boolean; readonly toDate?: string; readonly tenant?: string } = {}) => {
    units[code] = departments.add({ tenant: 'default', code, name, parentCode, fromDate: START, ...more }, BY).departmentId
  }
  add('1', '市長部局')
  add('10', '総務部', '1')
  add('102', '税務課', '10', { classification: 2 })
  add('1021', '市民税係', '102', { sharesAbove: true })
  add('103', '情報政策課', '10')
  add('20', '教育委員会')
  add('201', hostile.replace(/[\p{Cc}\p{Cf}]/gu, ' ').slice(0, 80), '20')
  add('90', '旧税務第二課', '10', { toDate: '2026-03-31' })
  add('1', '北町長部局', undefined, { tenant: 'kita' })
  return { ...units, '1': departments.byCode('default', '1')!.departmentId, kita: departments.byCode('kita', '1')!.departmentId }
}

function persons({ people, memberships }: PeopleDesk, units: Readonly<Record<string, number>>, hostile: string): Record<string, number> {
  const ids: Record<string, number> = {}
  const add = (login: string, name: string, code: string, more: { readonly post?: string; readonly approves?: boolean; readonly roles?: readonly GivenRole[]; readonly toDate?: string; readonly fromDate?: string } = {}) => {
    const { post = '主事', approves = false, roles = ['staff'], fromDate = START, toDate } = more
    const { personId } = people.add({ tenant: 'default', login, name, roles, mailbox: `${login}@town.example.jp`, staffNumber: `1${String(Object.keys(ids).length).padStart(4, '0')}`, fromDate, toDate }, BY)
    memberships.join({ personId, departmentId: units[code]!, kind: 'main', post, approves, fromDate: START }, BY)
    ids[login] = personId
  }
  add('kacho', '髙橋 一郎', '102', { post: '課長', approves: true })
  add('sato', '佐藤 花子', '102')
  add('ito', '伊藤 次郎', '1021', { post: '係長' })
  add('kanri', '管理 太郎', '103', { roles: ['staff', 'administrator'], post: '課長', approves: true })
  add('kanri2', '管理 次郎', '103', { roles: ['administrator'] })
  add('kansa', '監査 委員', '20', { roles: ['auditor'], post: '書記', approves: true })
  add('yameta', '山本 退職', '90', { toDate: '2026-03-31' })
  add('tomari', '止田 三郎', '102')
  add('hostile', hostile.replace(/[\p{Cc}\p{Cf}]/gu, ' ').slice(0, 80), '201')
  people.setDisabled(ids['tomari']!, true, BY)
  memberships.join({ personId: ids['ito']!, departmentId: units['103']!, kind: 'concurrent', post: '主任', approves: false, fromDate: '2026-04-01', toDate: '2027-03-31' }, BY)
  const kita = people.add({ tenant: 'kita', login: 'kita', name: '北町 職員', roles: ['staff', 'administrator'], mailbox: 'kita@kita.example.jp', fromDate: START }, BY)
  return { ...ids, kita: kita.personId }
}
