/**
 * A town in which everybody stands in another relation to one mail, one request and one file, over the real rooms of people,
 * sign-in and requests, and the whole route table. Asked in process, without a socket; what an ask changes is undone.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { type TOTP, URI } from 'otpauth'
import { findSession } from '../../cli/portal-rooms.ts'
import { ApiTokens } from '../../portal/api/tokens.ts'
import { SCOPE_NAMES } from '../../portal/api/scopes.ts'
import { openPortalDb } from '../../portal/db/open.ts'
import type { House } from '../../portal/house.ts'
import { frame } from '../../portal/http/frame.ts'
import { FACES, type Face, type Route } from '../../portal/http/route.ts'
import { faceApp } from '../../portal/http/server.ts'
import { GlassBook } from '../../portal/glass/book.ts'
import { openKeeping } from '../../portal/keeping/keeping.ts'
import { withHouseRoutes } from '../../portal/open.ts'
import { dayOf } from '../../portal/people/day.ts'
import type { GivenRole, PersonRecord } from '../../portal/people/people.ts'
import { reachOf } from '../../portal/people/reach.ts'
import { openRequests } from '../../portal/requests/rooms.ts'
import { allRoutes } from '../../portal/routes.ts'
import { entranceOver } from '../unit/portal/support/entrance.ts'
import { BY, roomsOver } from '../unit/portal/support/house.ts'
import { adminFixture, type FixtureOptions } from './admin-house.ts'
import { NOW_MS } from './portal.ts'
import { fakeHouse, memberOf, partOf } from './portal-fakes.ts'
import { FakeVault, RULES } from './requests.ts'

/** Columns of the table. `late`: signed in long ago; `half`: the second factor is still to come; `face`: the owner's session of another face, under the names of both cookies. */
export const VISITORS = ['nobody', 'half', 'owner', 'late', 'deleg', 'shared', 'passed', 'stranger', 'appr', 'other', 'admin', 'lateadm', 'auditor', 'north', 'northadm', 'token', 'face'] as const
export type VisitorName = (typeof VISITORS)[number]

export type Ask = { readonly face: Face; readonly method: 'GET' | 'POST'; readonly path: string; readonly form?: Readonly<Record<string, string>>; readonly as: VisitorName; readonly headers?: Readonly<Record<string, string>>; /** Sent in place of the token of the session. */ readonly csrf?: string; /** What it changes stays. */ readonly keep?: boolean }
export type Told = { readonly status: number; readonly location: string; readonly type: string; readonly body: string; readonly headers: Readonly<Record<string, unknown>>; /** The session of the cookie was ended or changed. */ readonly hasNewSession: boolean; /** Rows that were changed, beside the audit chain. */ readonly changed: number; /** Questions to the vault. */ readonly vaultAsked: number; readonly ms: number }

export const OWNER = 'owner@town.example.jp'
const SHARED = 'zeimu@town.example.jp'
const FROM = '2020-04-01'
const PDF = 'application/pdf'
const DAY_MS = 86_400_000
const UPLOAD = '--b\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\nx\r\n--b--\r\n'

export type AccessTown = Awaited<ReturnType<typeof openAccessTown>>

/** `hostile`: stands wherever somebody from outside, or a person, can write something. `lay`: then lists of staff are of that store, too. */
export async function openAccessTown({ hostile, lay: layMails }: FixtureOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-access-'))
  const clock = { nowMs: NOW_MS }
  const db = await openPortalDb(join(folder, 'own'), () => clock.nowMs)
  const rooms = await roomsOver(db, folder, { mostPerPerson: 100 })
  const fixture = await adminFixture({ ...(hostile === undefined ? {} : { hostile }), ...(layMails ? { lay: layMails } : {}) })
  const named = (name: string) => (hostile === undefined ? name : `${hostile}${name}`)
  const mail = { publicId: 'MAIL', to: [OWNER, SHARED], subject: named('件名'), from: `${named('送信者')} <a@evil.example>`, text: named('本文'), names: { 3: [named('中.txt')] }, candidates: [named('password')], files: [{ index: 0, name: named('a.pdf'), mediaType: PDF, bytes: 9 }], passwords: { 3: 'secret', 4: 'secret' }, parts: [partOf('2', { name: named('a.pdf'), detectedType: PDF, deliveredName: named('a.pdf'), members: [memberOf(named('中.pdf'))], sha256: '2'.repeat(64) }), partOf('4', { name: named('c.pdf'), detectedType: PDF, outcome: 'quarantined', reason: 'encrypted', sha256: '4'.repeat(64) }), partOf('3', { name: named('b.zip'), detectedType: 'application/zip', outcome: 'quarantined', reason: 'encrypted', sha256: '3'.repeat(64) })] }
  const fake = await fakeHouse([mail], {})
  const people = settle(rooms, named)
  const vault = new FakeVault()
  const requests = openRequests({ db, directory: rooms.directory, mail: fake.mail, vault, rules: () => RULES, era: 'western', contact: '', origins: () => ({ inner: 'http://inner.test', outer: 'http://outer.test' }) })
  const tokens = new ApiTokens(db)
  const glass = new GlassBook({ db, directory: rooms.directory, outbox: requests.outbox, openMs: DAY_MS, era: 'western', contact: '' })
  const adminMail = { ...fixture.house.mail, message: async (id: string) => (await fake.mail.message(id)) ?? fixture.house.mail.message(id) }
  const admin = { ...fixture.house, mail: adminMail, vault: fake.vault, tokens, glass, people: { ...rooms, invitationHours: 72, linkOrigin: () => 'https://inner.test', tell: () => {} } }
  const theirs = fixture.house.mail
  const house: House = { mail: { ...fake.mail, ...(layMails ? { list: theirs.list } : {}), message: async id => (await fake.mail.message(id)) ?? theirs.message(id) }, vault: { ...fake.vault, grant: vault.grant, original: vault.original, originalToMailbox: vault.originalToMailbox, revokeGrants: vault.revokeGrants }, era: 'western', contact: '', uploadBytes: 1 << 20, lockAgain: 'offer', reach: reachOf(rooms), keeping: openKeeping(db), requests, admin }
  const routes = withHouseRoutes(allRoutes(house, entranceOver(rooms)))
  const objects = { ...(await lay({ house, people, tokens, named })), ...peopleObjects(rooms, people.get('owner')!), ...(await breakGlass(house, rooms, named)), ...(await beginUpload(house)), version: (await fixture.house.operations.policyVersions(1))[0]!.version, runId: String(fixture.house.book.save({ tenant: 'default', actor: 'user:admin' }, [])) }
  for (const name of ['owner', 'admin'] as const) withApp(rooms, people.get(name)!, clock.nowMs)
  let sessions = sessionsOf(rooms, people, named(''))
  await rooms.signIn.withPassword({ tenant: 'default', login: named('nobody'), password: 'x' }, { face: 'inner', address: '192.0.2.66', agent: named('') })
  const faces = new Map(await Promise.all(FACES.map(async face => [face, await appOf(face, routes, { rooms, tokens, clock })] as const)))
  const databases = [db.connection, fixture.db.connection]
  const counters = databases.map(changesOf)
  const changes = () => counters.reduce((sum, count) => sum + count(), 0)
  return {
    routes,
    objects,
    house,
    clock,
    errors: ERRORS,
    store: fixture.store,
    db,
    ownerId: people.get('owner')!.personId,
    async ask({ face, method, path, form = {}, as, headers = {}, csrf, keep = false }: Ask): Promise<Told> {
      for (const each of databases) each.exec('BEGIN')
      const before = changes()
      const asked = fake.asked.length
      const begunOn = as === 'face' ? (face === 'inner' ? 'outer' : 'inner') : face
      const session = sessions.get(`${begunOn} ${as}`)
      const all = { ...(session ? { cookie: [...new Set([begunOn, face])].map(each => `__Host-sekisho-${each}=${session.cookie}`).join('; ') } : {}), ...(as === 'token' ? { authorization: `Bearer ${objects.secret}` } : {}), ...(method === 'POST' ? { origin: `https://${face}.test`, 'content-type': takesFiles(path) ? 'multipart/form-data; boundary=b' : takesOctets(path) ? 'application/octet-stream' : 'application/x-www-form-urlencoded' } : {}), ...headers }
      const payload = method !== 'POST' ? {} : takesFiles(path) ? { payload: UPLOAD } : takesOctets(path) ? { payload: Buffer.from('x') } : { payload: new URLSearchParams({ _token: csrf ?? session?.csrfToken ?? '', ...form }).toString() }
      const sent = Object.entries({ ...all, 'x-portal-token': csrf ?? session?.csrfToken ?? '' }).filter(([, value]) => value !== 'NONE')
      const startedMs = performance.now()
      const response = await faces.get(face)!.inject({ method, url: path, headers: Object.fromEntries(sent), ...payload })
      const endedMs = performance.now()
      const changed = changes() - before
      for (const each of databases) each.exec(keep ? 'COMMIT' : 'ROLLBACK')
      return { status: response.statusCode, location: String(response.headers['location'] ?? ''), type: String(response.headers['content-type'] ?? ''), body: response.body, headers: response.headers, hasNewSession: String(response.headers['set-cookie'] ?? '').includes('sekisho-'), changed, vaultAsked: fake.asked.length - asked, ms: endedMs - startedMs }
    },
    /** Everybody signs in anew. */
    renew: () => void (sessions = sessionsOf(rooms, people, named(''))),
    /** Of a path of access-table.ts. */
    pathOf: (path: string) => {
      const { waiting, approved, result, tokenId, version, runId, uploadId, glassAsked, glassOpen, personId, departmentId, mailboxId, changeId } = objects
      const names: Readonly<Record<string, string>> = { W: waiting, A: approved, R: result, T: tokenId, VERSION: version, RUN: runId, U: uploadId, GA: glassAsked, GO: glassOpen, PERSON: personId, DEPARTMENT: departmentId, MAILBOX: mailboxId, CHANGE: changeId }
      return path.replace(/[^/?]+/g, piece => names[piece] ?? piece)
    },
    /** On a socket, for a browser; its origin. */
    listen: (face: Face) => faces.get(face)!.listen({ host: '127.0.0.1', port: 0 }),
    cookieOf: (face: Face, as: VisitorName) => `__Host-sekisho-${face}=${sessions.get(`${face} ${as}`)!.cookie}`,
    csrfOf: (face: Face, as: VisitorName) => sessions.get(`${face} ${as}`)!.csrfToken,
    close: async () => {
      await Promise.all([...faces.values()].map(app => app.close()))
      fake.close()
      await fixture.close()
      db.close()
      rmSync(folder, { recursive: true })
    },
  }
}

const ERRORS: unknown[] = []

type Rooms = Awaited<ReturnType<typeof roomsOver>>
type People = ReadonlyMap<VisitorName, PersonRecord>

/** Who is who. */
function settle({ people, departments, memberships, mailboxes }: Rooms, named: (name: string) => string): People {
  const add = (login: string, roles: readonly GivenRole[] = ['staff'], tenant = 'default') => people.add({ tenant, login, name: named(`${login} 太郎`), roles, fromDate: FROM, ...(roles.includes('staff') ? { mailbox: tenant === 'default' ? `${login}@town.example.jp` : OWNER } : {}) }, BY)
  const department = (code: string, name: string) => departments.add({ tenant: 'default', code, name: named(name), fromDate: FROM }, BY).departmentId
  const [tax, welfare, accounts] = [department('101', '税務課'), department('201', '福祉課'), department('301', '会計課')]
  const join = ({ personId }: PersonRecord, departmentId: number, approves = false) => memberships.join({ personId, departmentId, kind: 'main', post: '', approves, fromDate: FROM }, BY)
  const town = new Map<VisitorName, PersonRecord>()
  for (const name of ['owner', 'deleg', 'shared', 'passed', 'stranger', 'appr', 'other'] as const) town.set(name, add(name))
  for (const name of ['owner', 'deleg', 'stranger'] as const) join(town.get(name)!, tax)
  join(town.get('shared')!, tax)
  join(town.get('passed')!, accounts)
  join(town.get('appr')!, tax, true)
  join(town.get('other')!, welfare, true)
  mailboxes.addShared({ tenant: 'default', address: SHARED, name: named('税務課') }, BY)
  mailboxes.addHolder('default', SHARED, { personId: town.get('shared')!.personId, fromDate: FROM }, BY)
  memberships.delegate(town.get('owner')!.personId, town.get('deleg')!.personId, { fromDate: '2026-11-20', toDate: '2026-12-10' }, BY)
  town.set('admin', add('admin', ['administrator']))
  add('admin2', ['administrator'])
  town.set('auditor', add('auditor', ['auditor']))
  town.set('north', add('north', ['staff'], 'kita'))
  town.set('northadm', add('northadm', ['administrator'], 'kita'))
  for (const [name, same] of [['half', 'owner'], ['late', 'owner'], ['face', 'owner'], ['lateadm', 'admin']] as const) town.set(name, town.get(same)!)
  return town
}

/** An app that makes codes, as the second factor. */
function withApp({ totp, factors, people }: Rooms, { personId, login }: PersonRecord, nowMs: number): void {
  const codes = URI.parse(totp.offer(personId, 'default', login)!.uri) as TOTP
  factors.addTotp(people.person(personId, dayOf(nowMs))!, codes.generate({ timestamp: nowMs }))
}

/** By face and name. */
function sessionsOf({ sessions }: Rooms, people: People, agent: string): ReadonlyMap<string, { readonly cookie: string; readonly csrfToken: string }> {
  return new Map(
    FACES.flatMap(face =>
      [...people].map(([name, { personId, tenant }]) => {
        const isLate = name === 'late' || name === 'lateadm'
        const cookie = sessions.begin(personId, tenant, { method: 'password', factors: isLate ? 'one' : 'two', stage: name === 'half' ? 'second-factor' : 'open', face, address: '127.0.0.1', agent })
        return [`${face} ${name}`, { cookie, csrfToken: (sessions.find(cookie, face)?.session ?? sessions.unfinished(cookie, face)!).csrfToken }] as const
      }),
    ),
  )
}

/** A request that waits, one that was approved, a file that lies ready, a mail that was shared, a token. */
async function lay({ house, people, tokens, named }: { readonly house: House; readonly people: People; readonly tokens: ApiTokens; readonly named: (name: string) => string }) {
  const { desk } = house.requests
  const personOf = (name: VisitorName) => ({ ...people.get(name)!, roles: new Set(name === 'appr' ? ['staff' as const, 'approver' as const] : ['staff' as const]), departments: [] })
  const message = (await house.mail.message('MAIL'))!
  const owner = personOf('owner')
  const file = (part: string) => {
    const filed = desk.file(owner, message, { partKeys: [part], reason: named('業務のため') })
    if (filed.kind !== 'filed') throw new Error(filed.why)
    return filed.request.requestId
  }
  const waiting = file('2')
  const approved = file('3')
  const late = file('4')
  for (const each of [approved, late]) {
    const decided = desk.decide(each, personOf('appr'), { kind: 'approve' })
    if (decided.kind !== 'decided') throw new Error(decided.why)
  }
  const brought = await house.vault.bring({ name: named('c.docx'), mediaType: PDF, bytes: (async function* () { yield Buffer.from('x') })() } as never, { actor: 'user:owner', tenant: 'default', address: '127.0.0.1' })
  if (brought.kind !== 'brought' || !brought.file) throw new Error('nothing was brought')
  const shelf = { origin: 'brought' as const, partKey: '', report: undefined, file: { ...brought.file, untilMs: NOW_MS + DAY_MS } }
  house.keeping.results.add(owner, { ...shelf, origin: 'unlocked', publicId: 'MAIL', partKey: '9' })
  const result = house.keeping.results.add(owner, { ...shelf, publicId: undefined, })
  house.keeping.shares.share(owner, 'MAIL', house.reach.departmentsOf({ ...personOf('passed') }, NOW_MS)[0]!.departmentId)
  const made = tokens.make({ tenant: 'default', name: named('all').slice(0, 60), scopes: SCOPE_NAMES, networks: [], requestsPerMinute: 6_000, days: 1 }, BY)
  if (made.kind !== 'made') throw new Error(made.problem)
  return { waiting, approved, late, result, department: String(house.reach.departmentsOf(owner, NOW_MS)[0]!.departmentId), secret: made.secret, tokenId: String(made.token.tokenId) }
}

const takesOctets = (path: string) => path.startsWith('/upload/pieces/') && path.includes('offset=')
const takesFiles = (path: string) => path === '/upload' || path === '/people/changes/new'

/** What pages about people lead to: a person, a department, a mailbox, a change that is planned. */
function peopleObjects({ db, changes, departments }: Rooms, { personId }: PersonRecord) {
  const line = { line: 2, kind: 'change', code: '101', name: '税務収納課', parentCode: undefined, into: '', classification: undefined, sharesAbove: undefined } as const
  const planned = changes.plan('default', { about: 'departments', lines: [line] }, { day: '2099-04-01', today: dayOf(NOW_MS), sha256: 'x' }, BY)
  const mailboxId = Number(db.get('SELECT mailbox_id FROM mailboxes WHERE tenant = ? AND address = ?', 'default', SHARED)?.['mailbox_id'])
  if (planned.kind === 'problems' || planned.changeId === undefined) throw new Error('nothing was planned')
  return { personId: String(personId), departmentId: String(departments.byCode('default', '101')!.departmentId), mailboxId: String(mailboxId), changeId: String(planned.changeId) }
}

/** A file of the owner's of which the second piece never comes. */
async function beginUpload({ vault }: House) {
  const begun = await vault.beginPieces({ name: 'a.csv', mediaType: '', size: 2 }, { actor: 'user:owner', tenant: 'default', address: '127.0.0.1' })
  if (begun.kind !== 'pieces') throw new Error(begun.reason)
  return { uploadId: begun.uploadId }
}

/** Two mails that administrators want to read: one waits for a second person, one is open to the administrator of the table. */
async function breakGlass({ mail, admin: { glass } }: House, { people }: Rooms, named: (name: string) => string) {
  const [one, second] = ['admin', 'admin2'].map(login => people.person(people.byLogin('default', login)!.personId, dayOf(NOW_MS))!)
  const message = (await mail.message('MAIL'))!
  const asked = glass.ask(second!, message, named('調査'))
  const open = glass.ask(one!, message, named('調査'))
  if (asked.kind !== 'done' || open.kind !== 'done' || glass.decide(open.glass.glassId, second!, true).kind !== 'done') throw new Error('no glass was broken')
  return { glassAsked: asked.glass.glassId, glassOpen: open.glass.glassId }
}

async function appOf(face: Face, routes: readonly Route[], { rooms, tokens, clock }: { readonly rooms: Rooms; readonly tokens: ApiTokens; readonly clock: { readonly nowMs: number } }) {
  const { app } = await faceApp({
    ...{ face, routes, address: '127.0.0.1', port: 0, origin: `https://${face}.test`, tls: undefined, trustedProxies: [], certificateHeader: '', clients: [], uploadBytes: 1 << 20, stepUpMs: 600_000 },
    findSession: (cookie, face) => findSession({ ...rooms, tokens }, cookie, face),
    admitToken: (authorization, use) => tokens.admit(authorization, use),
    nowMs: () => clock.nowMs,
    frame: (page, visit) => frame(page, visit, { name: '', contact: '', paths: new Set() }),
    onRequest: () => {},
    onError: (_id, error) => ERRORS.push(error),
  })
  return app
}

/** How many rows were inserted, changed or deleted, those of the chain not counted. */
function changesOf(database: DatabaseSync): () => number {
  const [all, chain] = [database.prepare('SELECT total_changes() AS n'), database.prepare('SELECT count(*) AS n FROM audit')]
  return () => Number(all.get()?.['n']) - Number(chain.get()?.['n'])
}
