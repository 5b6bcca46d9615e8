/**
 * Pages of administrators over a real store: a gateway's control socket with mails in it, and a portal.db. `absentDesk` is for
 * tests of other pages, which ask nothing of it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gatewayFacts } from '../../cli/gateway-facts.ts'
import { mailClient } from '../../cli/mail-client.ts'
import { operationsClient } from '../../cli/operations-client.ts'
import { recordPolicy } from '../../cli/policy-record.ts'
import { parseConfig } from '../../config/load.ts'
import { policyScopes } from '../../config/recipients.ts'
import type { Mailbox, QueueId } from '../../core/smtp/envelope.ts'
import type { PartReport, Report } from '../../core/verdict.ts'
import { startControl } from '../../gateway/control.ts'
import { Recent } from '../../gateway/recent.ts'
import { createMetrics } from '../../gateway/metrics.ts'
import type { AdminDesk, AdminHouse } from '../../portal/admin/house.ts'
import { inspectionBook } from '../../portal/admin/inspection-book.ts'
import { peopleFactsOf } from '../../portal/admin/people-facts.ts'
import { Departments } from '../../portal/people/departments.ts'
import { GlassBook } from '../../portal/glass/book.ts'
import { portalAudit } from '../../portal/admin/portal-audit.ts'
import { ApiTokens } from '../../portal/api/tokens.ts'
import { openPortalDb, type PortalDb } from '../../portal/db/open.ts'
import { openPeople } from '../../portal/people/rooms.ts'
import type { Emergency } from '../../store/contract.ts'
import { dayInJapan } from '../../store/retention.ts'
import { openStore, type SqliteStore } from '../../store/sqlite/store.ts'
import { delivered, group, message, SETTINGS } from '../unit/store/sample.ts'
import type { Vault } from '../../core/purposes.ts'
import { type FakeAgreements, fakeAgreements } from './fake-agreements.ts'
import { type PeopleTown, peopleTown } from './people-town.ts'
import { NOW_MS } from './portal.ts'
import { partOf, reportOf } from './portal-fakes.ts'

/** Whoever wrote this mail tried everything. */
export const HOSTILE = '"><script>fetch("/x")</script>\u202e=cmd|\' /C calc\'!A0\n見積書'

export type AdminFixture = { readonly house: AdminHouse; readonly store: SqliteStore; readonly db: PortalDb; readonly town: PeopleTown; readonly shutOut: string[]; readonly agreements: FakeAgreements; close(): Promise<void> }

const CONFIG = (directory: string) => `
dataDir: ${directory}
domains: [town.example.jp]
portal: {collector: 'tcp://127.0.0.1:9'}
alarms: {contacts: [{name: '情報政策課 内線123', from: critical}, {name: '委託先 関所保守', from: error, until: '2020-03-31'}], syslog: 'udp://127.0.0.1:9'}
policy:
  rows:
    - {id: no-zip, detected: [application/zip], then: quarantine, why: test, clause: 第23条の2}
`

export type FixtureOptions = {
  /** More mails, with this in everything that a sender or a next hop can write. */
  readonly hostile?: string
  /** Lays mails into the folder of the store before it is opened. */
  readonly lay?: (folder: string) => void
}

export async function adminFixture({ hostile, lay }: FixtureOptions = {}): Promise<AdminFixture> {
  const directory = mkdtempSync(join(tmpdir(), 'sekisho-admin-'))
  const path = join(directory, 'sekisho.yaml')
  writeFileSync(path, CONFIG(directory))
  const loaded = parseConfig(CONFIG(directory), { source: path, baseDir: directory, environment: {} })
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems))
  const { config } = loaded
  lay?.(join(directory, 'mail'))
  const store = await openStore({ directory: join(directory, 'mail'), ...SETTINGS })
  await fill(store, hostile)
  await recordPolicy(store, config, { actor: 'system', reason: 'start' })
  const recent = new Recent(() => NOW_MS)
  recent.listening(createMetrics()).observe('accept_seconds', 0.07)
  let emergency: Emergency = 'none'
  const control = await startControl({
    socketPath: config.controlSocket,
    store,
    status: async () => ({ version: '0.1.0', pid: 1, startedAtMs: NOW_MS - 86_400_000, emergency, reasons: [], queuedMessages: 1, oldestDueAtMs: NOW_MS - 600_000, freeBytes: 5e11, originalBytes: 3e9, quotaBytes: 1e11, hours: recent.hours() }),
    onEmergency: state => void (emergency = state),
    tellClasses: async () => true,
    onQueueChanged: () => {},
    reload: async () => ({ ok: true, changed: [], needRestart: [], problems: [] }),
    notify: async () => ({ kind: 'cannot', reason: 'busy' }),
    scopes: () => policyScopes(config),
    facts: () => gatewayFacts({ config, storeSettings: { recipients: { default: ['age1'] } } } as never),
    onError: () => {},
  })
  const db = await openPortalDb(join(directory, 'portal'), () => NOW_MS)
  const operations = operationsClient({ config, configPath: path, environment: {} })
  const shutOut: string[] = []
  const agreements = fakeAgreements()
  agreements.enrolled = [{ login: 'kacho', name: '佐藤課長', mailbox: 'kacho@town.example.jp' }, { login: 'moto', name: '前任', mailbox: 'moto@town.example.jp' }]
  const town = await peopleTown(db, join(directory, 'portal'), HOSTILE)
  const house: AdminHouse = {
    people: town.desk,
    mail: mailClient(config.controlSocket),
    vault: { ...({} as Vault), ...agreements },
    approvers: () => [{ login: 'kacho', name: '佐藤課長', mailbox: 'kacho@town.example.jp' }, { login: 'bucho', name: HOSTILE, mailbox: 'bucho@town.example.jp' }, { login: 'shin', name: '新任', mailbox: '' }],
    era: 'western',
    contact: '情報政策課 内線123',
    operations,
    chains: [operations.audit, portalAudit(db)],
    book: inspectionBook(db),
    tokens: new ApiTokens(db),
    apiFaces: ['admin'],
    version: '0.1.0',
    departmentOf: () => new Map([['a@town.example.jp', '税務課']]),
    peopleFacts: tenant => peopleFactsOf(db, new Departments(db), { tenant, today: dayInJapan(NOW_MS), secondFactorFor: ['administrator', 'auditor', 'approver'], registrars: ['kansa@town.example.jp'] }),
    glass: glassBook(db),
    hostname: 'gate.example.jp',
    shutOut: async ({ actor }) => void shutOut.push(actor),
    record: record => db.write(() => db.audit(record)),
    seal: record => db.seal(record),
  }
  return {
    house,
    agreements,
    town,
    store,
    db,
    shutOut,
    close: async () => {
      await control.close()
      await store.close()
      db.close()
      rmSync(directory, { recursive: true })
    },
  }
}

/** A clean one, a rebuilt one, one with a ZIP kept back, one that waits, and the hostile one; another tenant's. */
async function fill(store: SqliteStore, hostile: string | undefined): Promise<void> {
  const at = NOW_MS - 3_600_000
  const lay = async (queueId: string, parts: readonly PartReport[], over: { readonly subject?: string; readonly tenant?: string; readonly waits?: boolean; readonly from?: string; readonly lastReply?: string } = {}) => {
    const { subject = `件名 ${queueId}`, tenant = 'default', waits = false, from = 'chosa@example.go.jp', lastReply = '451 4.3.0 later <b>' } = over
    const summary = { messageId: `<${queueId}@example.go.jp>`, subject, from, receivedCount: 0, loopMarks: [] }
    const report: Report = reportOf(parts)
    const { entries } = await store.commit(message({ queueId: queueId as QueueId, acceptedAtMs: at, reversePath: from as Mailbox, summary, groups: [group({ tenant, report, publicId: `P${queueId}` })] }))
    if (!waits) await store.settle([delivered(entries[0]!.entryId)])
    else await store.settle([{ entryId: entries[0]!.entryId, recipient: 'a@town.example.jp' as Mailbox, state: { kind: 'scheduled', dueAtMs: NOW_MS + 60_000, attempts: 2, lastReply }, possibleDuplicate: false }])
  }
  const zip = { name: '資料.zip', detectedType: 'application/zip', disposition: 'quarantine', rule: 'encrypted', outcome: 'quarantined', reason: 'encrypted', sha256: 'ab'.repeat(32) } as const
  await lay('clean', [partOf('1', { outcome: 'body', rule: 'body-text' })])
  await lay('rebuilt', [partOf('2', { name: '見積書.xlsx', detectedType: 'application/vnd.ms-excel', removed: [{ what: 'macros', count: 1 }] })])
  await lay('kept', [partOf('2', zip)])
  await lay('waits', [partOf('2', { ...zip, detectedType: 'application/zip', rule: 'rebuildable', disposition: 'disarm', outcome: 'rebuilt' })], { waits: true })
  await lay('hostile', [partOf('2', { ...zip, name: HOSTILE })], { subject: HOSTILE, from: '"<script>"@evil.example' })
  if (hostile !== undefined) {
    const attack = partOf('2', { ...zip, name: hostile, deliveredName: hostile, claimedType: hostile, findings: [{ code: 'name-odd' as never, detail: hostile }] as never })
    await lay('attack', [attack], { subject: hostile, from: `${hostile}@evil.example` })
    await lay('attackwaits', [attack], { subject: hostile, from: `${hostile}@evil.example`, waits: true, lastReply: hostile })
  }
  await lay('theirs', [partOf('2', zip)], { tenant: 'kita' })
}

/** One more administrator, whom no mail came to. */
function glassBook(db: PortalDb): GlassBook {
  const second = { personId: 99, login: 'second', name: '第二管理者', mailbox: 'second@town.example.jp', language: 'ja' } as const
  return new GlassBook({ db, directory: { administrators: () => [second], readersOf: () => [] }, outbox: { add: () => {}, send: async () => 0 }, openMs: 3_600_000, era: 'western', contact: '' })
}

/** Refuses whatever is asked of the gateway. */
export function absentDesk(db: PortalDb): AdminDesk {
  const refuse = () => Promise.reject(new Error('not asked in this test'))
  const operations = new Proxy({ collector: '' }, { get: (target, name) => (name === 'collector' ? target.collector : refuse) }) as unknown as AdminDesk['operations']
  const signIn = Object.fromEntries(['factors', 'lockOut', 'links', 'sessions', 'certificates', 'linked'].map(name => [name, undefined])) as unknown as Pick<AdminDesk['people'], 'factors' | 'lockOut' | 'links' | 'sessions' | 'certificates' | 'linked'>
  const people = { ...openPeople(db), ...signIn, db, invitationHours: 72, linkOrigin: () => '', tell: () => {} }
  return { people, operations, chains: [portalAudit(db)], book: inspectionBook(db), tokens: new ApiTokens(db), apiFaces: ['admin'], version: '0.1.0', departmentOf: () => new Map(), approvers: () => [], glass: glassBook(db), peopleFacts: () => ({ administrators: 1, auditors: 1, approvers: 2, withoutApprover: [], withoutOther: [], approversWithoutFactor: [], registrars: [], secondFactorFor: [] }), hostname: 'gate.example.jp', shutOut: async () => {}, record: () => {}, seal: record => db.seal(record) }
}
