/** The town of the demonstration: departments, people of every role, shared mailboxes. Written before the portal starts. */
import type { PortalRooms } from './portal-rooms.ts'
import { dayOf } from '../portal/people/day.ts'
import type { GivenRole } from '../portal/people/people.ts'
import { codeOf } from '../portal/sign-in/totp.ts'

const BY = { actor: 'system', reason: 'demo' }
const TENANT = 'default'
export const DEMO_DOMAIN = 'town.example.jp'
/** The same for everybody: it is a demonstration on this host. */
export const DEMO_PASSWORD = 'hakone-no-mori-87'

const DEPARTMENTS = [
  { code: 'mayor', name: '市長部局' },
  { code: 'soumu', name: '総務課', parentCode: 'mayor' },
  { code: 'joho', name: '情報政策課', parentCode: 'mayor' },
  { code: 'zei', name: '税務課', parentCode: 'mayor', classification: 2 },
  { code: 'fukushi', name: '福祉課', parentCode: 'mayor', classification: 3 },
  { code: 'kensetsu', name: '建設課', parentCode: 'mayor' },
  { code: 'kyoiku', name: '教育委員会' },
  { code: 'gakko', name: '学校教育課', parentCode: 'kyoiku' },
  { code: 'gikai', name: '議会事務局' },
] as const

type DemoPerson = { readonly login: string; readonly name: string; readonly roles: readonly GivenRole[]; readonly department: (typeof DEPARTMENTS)[number]['code']; readonly post: string; readonly approves: boolean }

const PEOPLE: readonly DemoPerson[] = [
  { login: 'tanaka', name: '田中 健', roles: ['staff'], department: 'zei', post: '主任', approves: false },
  { login: 'suzuki', name: '鈴木 陽子', roles: ['staff'], department: 'zei', post: '課長', approves: true },
  { login: 'mori', name: '森 一郎', roles: ['staff'], department: 'zei', post: '課長補佐', approves: true },
  { login: 'sato', name: '佐藤 花子', roles: ['staff'], department: 'fukushi', post: '主事', approves: false },
  { login: 'ito', name: '伊藤 誠', roles: ['staff'], department: 'fukushi', post: '課長', approves: true },
  { login: 'kobayashi', name: '小林 直樹', roles: ['staff'], department: 'fukushi', post: '部長', approves: true },
  { login: 'takahashi', name: '髙橋 美咲', roles: ['staff'], department: 'kensetsu', post: '技師', approves: false },
  { login: 'watanabe', name: '渡邉 隆', roles: ['staff'], department: 'kensetsu', post: '課長', approves: true },
  { login: 'nakamura', name: '中村 さくら', roles: ['staff'], department: 'gakko', post: '主事', approves: false },
  { login: 'kato', name: '加藤 浩', roles: ['staff'], department: 'gakko', post: '課長', approves: true },
  { login: 'soumu', name: '山本 恵子', roles: ['staff'], department: 'soumu', post: '課長', approves: true },
  { login: 'admin', name: '吉田 学', roles: ['staff', 'administrator'], department: 'joho', post: '係長', approves: false },
  { login: 'admin2', name: '井上 薫', roles: ['administrator'], department: 'joho', post: '課長', approves: true },
  { login: 'audit', name: '監査 委員', roles: ['auditor'], department: 'gikai', post: '書記', approves: false },
]

const SHARED = [
  { address: `zei@${DEMO_DOMAIN}`, name: '税務課', department: 'zei' },
  { address: `fukushi@${DEMO_DOMAIN}`, name: '福祉課', department: 'fukushi' },
  { address: `kensetsu@${DEMO_DOMAIN}`, name: '建設課', department: 'kensetsu' },
  { address: `info@${DEMO_DOMAIN}`, name: '代表', department: 'soumu' },
] as const

export const DEMO_MAILBOXES: readonly string[] = [...PEOPLE.filter(({ roles }) => roles.includes('staff')).map(({ login }) => mailboxOf(login)), ...SHARED.map(({ address }) => address)]

/** One who may sign in to the demonstration. */
export type DemoLogin = { readonly login: string; readonly name: string; readonly department: string; readonly post: string; readonly roles: readonly string[]; readonly secret: string }

/** Fills an empty portal.db. */
export async function settleDemoTown(rooms: PortalRooms): Promise<DemoLogin[]> {
  const today = dayOf(rooms.db.nowMs())
  const departmentIds = new Map<string, number>()
  for (const department of DEPARTMENTS) departmentIds.set(department.code, rooms.departments.add({ tenant: TENANT, fromDate: today, ...department }, BY).departmentId)
  const logins: DemoLogin[] = []
  for (const each of PEOPLE) logins.push(await settle(rooms, each, departmentIds.get(each.department)!))
  for (const { address, name, department } of SHARED) {
    rooms.mailboxes.addShared({ tenant: TENANT, address, name }, BY)
    rooms.mailboxes.addHolder(TENANT, address, { departmentId: departmentIds.get(department)!, fromDate: today }, BY)
  }
  return logins
}

async function settle({ people, memberships, passwords, totp, db, factors }: PortalRooms, each: DemoPerson, departmentId: number): Promise<DemoLogin> {
  const today = dayOf(db.nowMs())
  const { login, name, roles, post, approves, department } = each
  const mailbox = roles.includes('staff') ? mailboxOf(login) : undefined
  const { personId } = people.add({ tenant: TENANT, login, name, roles, mailbox, fromDate: today }, BY)
  memberships.join({ personId, departmentId, kind: 'main', post, approves, fromDate: today }, BY)
  const problem = await passwords.set(personId, DEMO_PASSWORD, false, BY)
  if (problem) throw new Error(`the password of the demonstration does not fit: ${problem}`)
  const secret = totp.offer(personId, TENANT, login)!.base32
  factors.addTotp(people.person(personId, today)!, codeOf(secret, db.nowMs()))
  return { login, name, department: DEPARTMENTS.find(({ code }) => code === department)!.name, post, roles: [...roles, ...(approves ? ['approver'] : [])], secret }
}

function mailboxOf(login: string): string {
  return `${login}@${DEMO_DOMAIN}`
}
