/** A small town for requests: its people, its mails, a clock that is set by hand, a vault that burns what it gives. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { highestClass } from '../../core/classification.ts'
import type { PartReport } from '../../core/verdict.ts'
import { openPortalDb, type PortalDb } from '../../portal/db/open.ts'
import type { House } from '../../portal/house.ts'
import { openKeeping } from '../../portal/keeping/keeping.ts'
import type { Person, Role } from '../../portal/people/person.ts'
import type { MailMessage, Refusal, StaffMail, Vault } from '../../portal/ports.ts'
import type { Approver, Contact, Directory } from '../../portal/requests/directory.ts'
import { openRequests, type RequestRooms } from '../../portal/requests/rooms.ts'
import type { RequestRules } from '../../portal/requests/rules.ts'
import { type FakeAgreements, fakeAgreements } from './fake-agreements.ts'
import { fakePieces } from './fake-pieces.ts'
import { absentDesk } from './admin-house.ts'

/** Tuesday. */
export const TUESDAY_MS = Date.parse('2026-04-07T10:00:00+09:00')
export const MINUTE = 60_000
export const DAY = 86_400_000

export const RULES: RequestRules = {
  hours: { opens: '08:30', closes: '17:15', closedDays: [] },
  decideDays: 3,
  approvalDays: 3,
  grantMinutes: 15,
  dutyDepartment: 'duty',
  antivirusRequired: false,
  outsideDomains: ['internet.town.example.jp'],
  bringApproval: [],
  bringApprovalWhen: [],
  openPerPerson: 5,
  defaultClass: 1,
  classes: { 1: { steps: 1, preview: true, askDays: 30 }, 2: { steps: 1, preview: true, askDays: 30 }, 3: { steps: 2, preview: false, askDays: 10 } },
  matches: [
    { from: '@secret.example.jp', subject: '', classification: 3 },
    { from: '', subject: '【機密】', classification: 3 },
  ],
}

let lastId = 0
function member(login: string, name: string, roles: readonly Role[], departments: readonly number[]): Person {
  return { personId: ++lastId, tenant: 'default', login, name, language: 'ja', roles: new Set(roles), departments, mailbox: `${login}@town.example.jp` }
}

/** 税務課 (1) under 総務部 (2); who is on duty belongs to 宿日直 (3). */
export const PEOPLE = {
  tanaka: member('tanaka', '田中', ['staff'], [1]),
  suzuki: member('suzuki', '鈴木', ['staff'], [1]),
  kacho: member('kacho', '佐藤課長', ['staff', 'approver'], [1]),
  dairi: member('dairi', '高橋', ['staff', 'approver'], [1]),
  bucho: member('bucho', '伊藤部長', ['staff', 'approver'], [2]),
  toban: member('toban', '当番', ['staff', 'approver'], [3]),
  soto: member('soto', '他課', ['staff'], [9]),
  kanri: member('kanri', '管理者', ['administrator'], []),
  kanri2: member('kanri2', '管理者2', ['administrator'], []),
  kansa: member('kansa', '監査人', ['auditor'], []),
  english: { ...member('english', 'Smith', ['staff', 'approver'], [1]), language: 'en' as const },
} satisfies Record<string, Person>
export type Login = keyof typeof PEOPLE

export class FakeDirectory implements Directory {
  /** By login of the requester; levels of approvers, `dairi for kacho` for a deputy. */
  levels: (readonly string[])[] = [['kacho'], ['bucho']]
  duty: readonly string[] = ['toban']
  administratorLogins: Login[] = ['kanri', 'kanri2']
  gone = new Set<string>()
  readonly mailboxes = new Map<string, string[]>([
    ['tanaka', ['tanaka@town.example.jp', 'zeimu@town.example.jp']],
    ['suzuki', ['suzuki@town.example.jp', 'zeimu@town.example.jp']],
    ['kacho', ['kacho@town.example.jp', 'zeimu@town.example.jp']],
    ['english', ['english@town.example.jp', 'zeimu@town.example.jp']],
  ])

  person(personId: number): Person | undefined {
    return Object.values<Person>(PEOPLE).find(each => each.personId === personId && !this.gone.has(each.login))
  }
  approversFor = () => this.levels.map(level => level.map(approver).filter(each => !this.gone.has(each.person.login)))
  approversOf = () => this.duty.map(approver)
  administrators = () => this.administratorLogins.map(login => contact(login))
  mailboxesOf = (personId: number) => this.mailboxes.get(this.person(personId)?.login ?? '') ?? []
  readersOf = () => []
  departmentNames = (ids: readonly number[]) => ids.map(id => ({ 1: '税務課', 2: '総務部', 3: '宿日直' })[id] ?? '他課')
  departmentCodes = (ids: readonly number[]) => ids.map(id => ({ 1: 'zei', 2: 'soumu', 3: 'duty' })[id] ?? 'other')
  /** By department. */
  readonly classes = new Map<number, 1 | 2 | 3>()
  classificationOf = (_tenant: string, _mailboxes: readonly string[], departments: readonly number[]) => highestClass(departments.map(id => this.classes.get(id)))
}

function contact(login: string): Contact {
  const { personId, name, mailbox, language } = PEOPLE[login as Login] as Person
  return { personId, login, name, mailbox, language }
}

function approver(written: string): Approver {
  const [login, principal] = written.split(' for ')
  return { person: contact(login!), ...(principal === undefined ? {} : { inPlaceOf: contact(principal) }) }
}

export function part(id: string, name: string, more: Partial<PartReport> = {}): PartReport {
  return {
    id,
    path: '',
    name,
    claimedType: 'application/octet-stream',
    detectedType: 'application/vnd.ms-excel.sheet.macroenabled.12',
    offset: 0,
    length: 0,
    transferEncoding: 'base64',
    bytes: 123_456,
    sha256: id.padEnd(64, '0'),
    disposition: 'disarm',
    rule: 'office',
    outcome: 'quarantined',
    reason: 'cannot-disarm',
    removed: [],
    findings: [],
    ...more,
  }
}

export function mail(publicId: string, parts: readonly PartReport[], more: Partial<MailMessage> = {}): MailMessage {
  return {
    publicId,
    queueId: `Q${publicId}` as never,
    tenant: 'default',
    acceptedAtMs: TUESDAY_MS - DAY,
    headerFrom: '"調査担当" <chosa@example.go.jp>',
    reversePath: 'chosa@example.go.jp',
    subject: '令和8年度 調査のお願い',
    mailboxes: [],
    bytes: 200_000,
    state: 'kept',
    partsKept: parts.length,
    recipients: [{ mailbox: 'zeimu@town.example.jp', state: 'delivered', atMs: TUESDAY_MS - DAY }],
    report: { verdict: 'relay', profile: 'disarm', policyVersion: '1', parts, findings: [], senderChecks: [{ method: 'spf', result: 'pass' }, { method: 'dmarc', result: 'pass' }], antivirus: 'clean' },
    rawSha256: '0'.repeat(64),
    clientAddress: '192.0.2.1',
    messageId: '<a@example.go.jp>',
    originalUntilMs: TUESDAY_MS + 29 * DAY,
    textUntilMs: undefined,
    ...more,
  }
}

/** One white dot. */
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAG7buVgAAAABJRU5ErkJggg==', 'base64')

/** Gives `octets of <part>` once per grant, and remembers what was asked. */
export class FakeVault {
  readonly looked: string[] = []
  readonly asked: { readonly requester: string; readonly approvers: readonly string[]; readonly validUntilMs: number }[] = []
  readonly grants = new Map<string, { readonly part: string; used: boolean }>()
  readonly sent: string[] = []
  refusal: Refusal['reason'] | undefined
  octets: (partId: string) => AsyncIterable<Uint8Array> = async function* (partId) {
    yield Buffer.from(`octets of ${partId}`)
  }

  grant: Vault['grant'] = async ask => {
    if (this.refusal) return { kind: 'cannot', reason: this.refusal }
    this.asked.push(ask)
    const grantId = `g${this.asked.length}`
    this.grants.set(grantId, { part: ask.part.partId, used: false })
    return { kind: 'granted', grantId }
  }
  original: Vault['original'] = async grantId => {
    const grant = this.#burn(grantId)
    if (!grant) return { kind: 'cannot', reason: 'used' }
    return { kind: 'original', name: '調査票.xlsm', bytes: this.octets(grant.part), size: `octets of ${grant.part}`.length }
  }
  originalToMailbox: Vault['originalToMailbox'] = async (grantId, mailbox) => {
    if (!this.#burn(grantId)) return { kind: 'cannot', reason: 'used' }
    this.sent.push(mailbox)
    return { kind: 'queued', queueId: 'Q1' }
  }
  previewShelf: Vault['previewShelf'] = async (id, { page, mark }) => {
    this.looked.push(`${id} ${page} ${mark}`)
    return { kind: 'page', png: PNG, page, pages: 3, drawn: 'page', text: '' }
  }
  preview: Vault['preview'] = async ({ partId }, { page, mark }) => ({ kind: 'page', png: PNG, page, pages: 3, drawn: 'page', text: `${partId} ${mark}` })
  revokeGrants: Vault['revokeGrants'] = async () => {
    const { size } = this.grants
    this.grants.clear()
    return size
  }

  #burn(grantId: string) {
    const grant = this.grants.get(grantId)
    if (!grant || grant.used) return undefined
    grant.used = true
    return grant
  }
}

export type Town = RequestRooms & {
  readonly db: PortalDb
  readonly directory: FakeDirectory
  readonly vault: FakeVault
  readonly agreements: FakeAgreements
  readonly sent: StaffMail[]
  readonly clock: { nowMs: number }
  rules: RequestRules
  /** Kinds and details of the audit records of requests. */
  audit(): Record<string, unknown>[]
  close(): Promise<void>
}

export async function town(rules: Partial<RequestRules> = {}): Promise<Town> {
  const directory = new FakeDirectory()
  const vault = new FakeVault()
  const clock = { nowMs: TUESDAY_MS }
  // Flushing is not what is tested here.
  const folder = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'requests-'))
  const db = await openPortalDb(folder, () => clock.nowMs)
  const sent: StaffMail[] = []
  const notify = async (letter: StaffMail) => {
    sent.push(letter)
    return { kind: 'queued', queueId: `N${sent.length}` } as const
  }
  const made = { rules: { ...RULES, ...rules } }
  const rooms = openRequests({ db, directory, mail: { notify }, vault, rules: () => made.rules, era: 'wareki', contact: '情報政策課 内線123', origins: () => ({ inner: 'https://inner.example', outer: 'https://outer.example' }) })
  return Object.assign(made, {
    ...rooms,
    db,
    directory,
    vault,
    agreements: fakeAgreements(),
    sent,
    clock,
    audit: () => db.all("SELECT kind, actor, detail FROM audit WHERE kind IN ('request', 'decision', 'grant', 'release', 'revoke') ORDER BY seq").map(row => ({ kind: row['kind'], actor: row['actor'], ...(JSON.parse(String(row['detail'])) as object) })),
    close: async () => {
      db.close()
      await rm(folder, { recursive: true })
    },
  })
}

/** For pages that are not about requests: a house in which nobody approves anything. */
export function quietRequests(db: PortalDb): RequestRooms {
  const directory = Object.assign(new FakeDirectory(), { levels: [] })
  return openRequests({ db, directory, mail: { notify: async () => ({ kind: 'cannot', reason: 'busy' }) }, vault: new FakeVault(), rules: () => RULES, era: 'western', contact: '', origins: () => ({ inner: '', outer: '' }) })
}

/** A house around the town, in which these mails lie. */
export function houseOf(here: Town, mails: readonly MailMessage[]): House {
  const laid = new Map(mails.map(each => [each.publicId, each]))
  const { directory, vault } = here
  const absent = () => Promise.reject(new Error('not asked in these tests'))
  return {
    mail: { list: absent, message: async publicId => laid.get(publicId), notify: async () => ({ kind: 'cannot', reason: 'busy' }), tellClasses: async () => true },
    vault: Object.assign(vault, here.agreements, fakePieces(absent), { deliveredText: absent, deliveredFile: absent, lockedNames: absent, unlock: absent, again: absent, bring: absent, shelf: absent, mailInward: absent, passwordCandidates: absent }),
    era: 'wareki',
    contact: '情報政策課 内線123',
    uploadBytes: 1 << 20,
    lockAgain: 'offer',
    reach: {
      mailboxesOf: ({ personId, mailbox }) => directory.mailboxesOf(personId).map(address => ({ address, name: '', kind: address === mailbox ? 'own' : 'shared' })),
      departmentsOf: () => [],
    },
    keeping: openKeeping(here.db),
    requests: here,
    admin: absentDesk(here.db),
  }
}
