/**
 * The points of a self-inspection (自己点検), each a pure judgement of facts: good, bad, or open until a person attests it.
 *
 * Thresholds are those of users.md (docs/operations.md): mail log one year and two more archived, audit five fiscal years,
 * certificates a month ahead, a backup within two days. A point that facts cannot decide is attested for a year.
 */
import type { Role } from '../people/person.ts'
import type { AuditVerdict } from '../../store/contract.ts'
import type { Health, InspectionFacts } from '../ports.ts'
import type { Attestation, PointResult, PointState } from './inspection-book.ts'

/** Of people and sign-in. */
export type PeopleFacts = {
  readonly administrators: number
  readonly auditors: number
  readonly approvers: number
  /** Departments in which nobody may approve. */
  readonly withoutApprover: readonly string[]
  /** People for whose requests nobody but themselves could decide. */
  readonly withoutOther: readonly string[]
  /** Who may approve and has no second factor yet. */
  readonly approversWithoutFactor: readonly string[]
  /** Mailboxes of `vault.registrars` of this town; `isParty`: of somebody who proposes approvers, or is one. */
  readonly registrars: readonly { readonly mailbox: string; readonly name: string; readonly isParty: boolean }[]
  readonly secondFactorFor: readonly Role[]
}

export type Found = {
  readonly nowMs: number
  readonly health: Health
  readonly facts: InspectionFacts
  readonly people: PeopleFacts
  readonly collector: string
  readonly audits: readonly { readonly name: string; readonly verdict: AuditVerdict | undefined }[]
}

type Judged = { readonly state: PointState; readonly evidence: readonly string[] }
type Judge = (found: Found) => Judged

const DAY_MS = 86_400_000
const CERTIFICATE_AHEAD_MS = 30 * DAY_MS
const BACKUP_WITHIN_MS = 2 * DAY_MS
const ATTESTED_FOR_MS = 366 * DAY_MS
const LOG_DAYS = 365
const LOG_FILE_DAYS = 3 * 365
const AUDIT_YEARS = 5
const NEARLY_FULL = 0.8
const MOST_MARKED = 50
const STRONG_ROLES: readonly Role[] = ['approver', 'administrator', 'auditor']

const yes = (isGood: boolean, ...evidence: readonly string[]): Judged => ({ state: isGood ? 'good' : 'bad', evidence })
/** What stands against it, no more than a page can hold. */
const marked = (names: readonly string[]): string[] => [...names.slice(0, MOST_MARKED).map(name => `!! ${name}`), ...(names.length > MOST_MARKED ? [`!! + ${names.length - MOST_MARKED}`] : [])]
/** Left to a person. */
const open = (...evidence: readonly string[]): Judged => ({ state: 'open', evidence })

/** In the order of the page. Words: texts/inspection.ts. */
export const POINTS = {
  'routes-separated': ({ facts }) => {
    const hops = (direction: string) => facts.routes.filter(route => route.direction === direction).flatMap(route => route.hops)
    const both = hops('inward').filter(hop => hops('outward').includes(hop))
    return yes(both.length === 0 && hops('inward').length > 0, ...facts.routes.map(({ name, direction, hops: own }) => `${name} (${direction}): ${own.join(', ')}`), ...both.map(hop => `!! ${hop}`))
  },
  'sanitizing-everywhere': ({ facts }) => {
    const passing = facts.scopes.filter(({ policy }) => policy.rows.some(row => row.then === 'pass'))
    return yes(facts.scopes.length > 0 && passing.length === 0, ...facts.scopes.map(({ tenant, group, policy }) => `${tenant}${group && ` / ${group}`}: ${policy.profile} ${policy.version}`))
  },
  'firewall-attested': () => open(),
  antivirus: ({ facts }) => (facts.antivirus ? yes(true, 'clamd') : open('clamd: -')),
  'workshop-walled': ({ facts }) => yes(facts.wall !== 'none', `sandbox.wall: ${facts.wall}`),
  'second-factor': ({ people }) => yes(STRONG_ROLES.every(role => people.secondFactorFor.includes(role)), `secondFactor.requiredFor: ${people.secondFactorFor.join(', ')}`),
  'who-approves': ({ people }) => yes(people.approvers >= 2 && people.withoutApprover.length === 0, `approvers: ${people.approvers}`, ...people.withoutApprover.map(name => `!! ${name}`)),
  'somebody-else-decides': ({ people }) => yes(people.approvers >= 1 && people.withoutOther.length === 0, `approvers: ${people.approvers}`, ...marked(people.withoutOther)),
  'approvers-factor': ({ people }) => yes(people.approvers >= 1 && people.approversWithoutFactor.length === 0, `approvers: ${people.approvers}`, ...marked(people.approversWithoutFactor)),
  registrars: ({ people: { registrars } }) =>
    yes(registrars.some(({ isParty }) => !isParty), ...(registrars.length === 0 ? ['vault.registrars: -'] : registrars.map(({ mailbox, name, isParty }) => `${isParty ? '!! ' : ''}${mailbox}${name && ` (${name})`}`))),
  'who-runs': ({ people }) => yes(people.administrators >= 1 && people.auditors >= 1, `administrators: ${people.administrators}`, `auditors: ${people.auditors}`),
  'pages-encrypted': ({ facts }) => yes(facts.listeners.every(({ tls }) => tls), ...facts.listeners.map(({ name, address, tls }) => `${tls ? '' : '!! '}${name} ${address}: ${tls ? 'https' : 'http'}`)),
  'admin-limited': ({ facts }) => {
    const admin = facts.listeners.find(({ name }) => name === 'admin')
    return yes(admin === undefined || admin.clients > 0 || /^(?:127\.|\[?::1)/.test(admin.address), admin === undefined ? '-' : `${admin.address}, clients: ${admin.clients}`)
  },
  logs: ({ facts: { retention } }) =>
    yes(
      retention.logDays >= LOG_DAYS && retention.logFileDays >= LOG_FILE_DAYS && retention.auditYears >= AUDIT_YEARS,
      `log: ${retention.logDays} (≥ ${LOG_DAYS})`,
      `log files: ${retention.logFileDays} (≥ ${LOG_FILE_DAYS})`,
      `audit years: ${retention.auditYears} (≥ ${AUDIT_YEARS})`,
    ),
  'chains-whole': ({ audits }) =>
    yes(audits.length > 0 && audits.every(({ verdict }) => verdict?.ok), ...audits.map(({ name, verdict }) => (verdict === undefined ? `!! ${name}: ?` : verdict.ok ? `${name}: ${verdict.records}, ${verdict.headHash}` : `!! ${name}: ${verdict.seq} ${verdict.problem}`))),
  'chains-elsewhere': ({ facts, collector }) => (facts.syslog !== '' || collector !== '' ? yes(true, ...[facts.syslog, collector].filter(address => address !== '')) : open()),
  'sealing-keys': ({ facts }) => yes(Object.keys(facts.sealingKeys).length > 0 && Object.values(facts.sealingKeys).every(count => count >= 1), ...Object.entries(facts.sealingKeys).map(([tenant, count]) => `${tenant}: ${count}`)),
  'keys-in-safes': () => open(),
  certificates: ({ facts, nowMs }) => {
    if (facts.certificates.length === 0) return open('-')
    const isGood = (untilMs: number | undefined) => untilMs !== undefined && untilMs - nowMs > CERTIFICATE_AHEAD_MS
    return yes(facts.certificates.every(({ untilMs }) => isGood(untilMs)), ...facts.certificates.map(({ file, untilMs, problem }) => `${isGood(untilMs) ? '' : '!! '}${file}: ${untilMs === undefined ? problem : new Date(untilMs).toISOString().slice(0, 10)}`))
  },
  backup: ({ facts, nowMs }) => {
    if (!facts.backupStampSet) return open('portal.backupStamp: -')
    const { lastBackupAtMs } = facts
    return yes(lastBackupAtMs !== undefined && nowMs - lastBackupAtMs < BACKUP_WITHIN_MS, lastBackupAtMs === undefined ? '-' : new Date(lastBackupAtMs).toISOString())
  },
  'restore-drill': () => open(),
  room: ({ health }) => yes(health.originalBytes < health.quotaBytes * NEARLY_FULL && health.reasons.length === 0, `${Math.round((health.originalBytes / Math.max(1, health.quotaBytes)) * 100)} %`, ...health.reasons),
  contacts: ({ facts: { contacts } }) =>
    yes(contacts.some(({ hasPath, isOver }) => hasPath && !isOver) && !contacts.some(({ isOver }) => isOver), ...contacts.map(({ name, from, hasPath, until, isOver }) => `${hasPath && !isOver ? '' : '!! '}${name} (${from}${until && `, – ${until}`})`)),
  emergency: ({ health }) => yes(health.emergency === 'none', health.emergency),
  'staff-told': () => open(),
  contractors: () => open(),
} as const satisfies Record<string, Judge>

export type PointId = keyof typeof POINTS
export const POINT_IDS = Object.keys(POINTS) as readonly PointId[]

/** Where it is put right, for points that a page of ours can. */
export const POINT_PAGES: Partial<Readonly<Record<PointId, string>>> = {
  'who-approves': '/people/departments',
  'somebody-else-decides': '/people/departments',
  'approvers-factor': '/people',
  registrars: '/approvers',
  'who-runs': '/people',
  'sanitizing-everywhere': '/policy',
  'chains-whole': '/audit',
  room: '/quarantine',
  emergency: '/emergency',
}

/** An attestation closes what facts leave open, for a year; it never makes good what facts say is bad. */
export function inspect(found: Found, attestations: ReadonlyMap<string, Attestation>): PointResult[] {
  return POINT_IDS.map(id => {
    const { state, evidence } = POINTS[id](found)
    const attested = attestations.get(id)
    if (state !== 'open' || !attested || found.nowMs - attested.atMs > ATTESTED_FOR_MS) return { id, state, evidence }
    return { id, state: 'good', evidence: [...evidence, `${new Date(attested.atMs).toISOString().slice(0, 10)} ${attested.name}${attested.note && `: ${attested.note}`}`] }
  })
}
