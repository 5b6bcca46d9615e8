/**
 * The towns of the demonstration: departments, people of every role, shared mailboxes. Written before the portal starts. The second
 * town is small: it is there to show that neither sees anything of the other.
 */
import type { PortalRooms } from './portal-rooms.ts'
import { dayOf } from '../portal/people/day.ts'
import type { GivenRole } from '../portal/people/people.ts'
import { codeOf } from '../portal/sign-in/totp.ts'

const BY = { actor: 'system', reason: 'demo' }
export const DEMO_DOMAIN = 'town.example.jp'
export const NORTH_DOMAIN = 'kita.example.jp'
/** The same for everybody: it is a demonstration on this host. */
export const DEMO_PASSWORD = 'hakone-no-mori-87'

type DemoDepartment = { readonly code: string; readonly name: string; readonly parentCode?: string; readonly classification?: 1 | 2 | 3; readonly sharesAbove?: boolean }
type DemoPerson = { readonly login: string; readonly name: string; readonly roles: readonly GivenRole[]; readonly department: string; readonly post: string; readonly approves: boolean }
type DemoTown = {
  readonly tenant: string
  readonly name: string
  readonly domain: string
  readonly departments: readonly DemoDepartment[]
  readonly people: readonly DemoPerson[]
  readonly shared: readonly { readonly local: string; readonly name: string; readonly department: string }[]
}

const DEPARTMENTS: readonly DemoDepartment[] = [
  { code: 'mayor', name: '市長部局' },
  { code: 'soumu', name: '総務課', parentCode: 'mayor' },
  { code: 'joho', name: '情報政策課', parentCode: 'mayor' },
  { code: 'zei', name: '税務課', parentCode: 'mayor', classification: 2 },
  // Sees the shared mail of the one above.
  { code: 'shiminzei', name: '市民税係', parentCode: 'zei', sharesAbove: true },
  { code: 'fukushi', name: '福祉課', parentCode: 'mayor', classification: 3 },
  { code: 'kensetsu', name: '建設課', parentCode: 'mayor' },
  { code: 'kyoiku', name: '教育委員会' },
  { code: 'gakko', name: '学校教育課', parentCode: 'kyoiku' },
  { code: 'gikai', name: '議会事務局' },
]

const PEOPLE: readonly DemoPerson[] = [
  { login: 'tanaka', name: '田中 健', roles: ['staff'], department: 'zei', post: '主任', approves: false },
  { login: 'suzuki', name: '鈴木 陽子', roles: ['staff'], department: 'zei', post: '課長', approves: true },
  { login: 'mori', name: '森 一郎', roles: ['staff'], department: 'zei', post: '課長補佐', approves: true },
  { login: 'ogawa', name: '小川 翔', roles: ['staff'], department: 'shiminzei', post: '主事', approves: false },
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

const TOWN: DemoTown = {
  tenant: 'default',
  name: '見本町',
  domain: DEMO_DOMAIN,
  departments: DEPARTMENTS,
  people: PEOPLE,
  shared: [
    { local: 'zei', name: '税務課', department: 'zei' },
    { local: 'fukushi', name: '福祉課', department: 'fukushi' },
    { local: 'kensetsu', name: '建設課', department: 'kensetsu' },
    { local: 'info', name: '代表', department: 'soumu' },
  ],
}

/** Logins of both towns may be the same: the address that was called says whose they are. */
const NORTH: DemoTown = {
  tenant: 'kita',
  name: '北見本町',
  domain: NORTH_DOMAIN,
  departments: [{ code: 'soumu', name: '総務課' }, { code: 'jumin', name: '住民課' }],
  people: [
    { login: 'kita', name: '北 太郎', roles: ['staff'], department: 'jumin', post: '主事', approves: false },
    { login: 'minami', name: '南 久美子', roles: ['staff'], department: 'jumin', post: '課長', approves: true },
    { login: 'higashi', name: '東 健一', roles: ['staff', 'administrator'], department: 'soumu', post: '係長', approves: false },
    { login: 'nishi', name: '西 ひとみ', roles: ['administrator'], department: 'soumu', post: '課長', approves: true },
    { login: 'kansa', name: '北 監査', roles: ['auditor'], department: 'soumu', post: '書記', approves: false },
  ],
  shared: [{ local: 'jumin', name: '住民課', department: 'jumin' }],
}

export const DEMO_TOWNS: readonly DemoTown[] = [TOWN, NORTH]
export const DEMO_MAILBOXES: readonly string[] = DEMO_TOWNS.flatMap(({ domain, people, shared }) => [...people.filter(({ roles }) => roles.includes('staff')).map(({ login }) => login), ...shared.map(({ local }) => local)].map(local => `${local}@${domain}`))

/** One who may sign in to the demonstration. */
export type DemoLogin = { readonly tenant: string; readonly login: string; readonly name: string; readonly department: string; readonly post: string; readonly roles: readonly string[]; readonly secret: string }

/** Fills an empty portal.db. */
export async function settleDemoTowns(rooms: PortalRooms): Promise<DemoLogin[]> {
  const logins: DemoLogin[] = []
  for (const town of DEMO_TOWNS) logins.push(...(await settleTown(rooms, town)))
  return logins
}

async function settleTown(rooms: PortalRooms, town: DemoTown): Promise<DemoLogin[]> {
  const today = dayOf(rooms.db.nowMs())
  const { tenant, domain, departments, people, shared } = town
  const departmentIds = new Map<string, number>()
  for (const department of departments) departmentIds.set(department.code, rooms.departments.add({ tenant, fromDate: today, ...department }, BY).departmentId)
  const logins: DemoLogin[] = []
  for (const each of people) logins.push(await settle(rooms, each, { town, departmentId: departmentIds.get(each.department)! }))
  for (const { local, name, department } of shared) {
    const address = rooms.mailboxes.addShared({ tenant, address: `${local}@${domain}`, name }, BY)
    rooms.mailboxes.addHolder(tenant, address, { departmentId: departmentIds.get(department)!, fromDate: today }, BY)
  }
  return logins
}

async function settle({ people, memberships, passwords, totp, db, factors }: PortalRooms, each: DemoPerson, { town, departmentId }: { readonly town: DemoTown; readonly departmentId: number }): Promise<DemoLogin> {
  const today = dayOf(db.nowMs())
  const { tenant, domain, departments } = town
  const { login, name, roles, post, approves, department } = each
  const mailbox = roles.includes('staff') ? `${login}@${domain}` : undefined
  const { personId } = people.add({ tenant, login, name, roles, mailbox, fromDate: today }, BY)
  memberships.join({ personId, departmentId, kind: 'main', post, approves, fromDate: today }, BY)
  const problem = await passwords.set(personId, DEMO_PASSWORD, false, BY)
  if (problem) throw new Error(`the password of the demonstration does not fit: ${problem}`)
  const secret = totp.offer(personId, tenant, login)!.base32
  factors.addTotp(people.person(personId, today)!, codeOf(secret, db.nowMs()))
  return { tenant, login, name, department: departments.find(({ code }) => code === department)!.name, post, roles: [...roles, ...(approves ? ['approver'] : [])], secret }
}
