/**
 * Gateway and vault as the portal's pages see them, in memory: mails that tests lay in, answers as the real ones give them.
 * What was asked is written down, with who asked.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import type { MemberReport, PartReport, Report } from '../../core/verdict.ts'
import type { QueueId } from '../../core/smtp/envelope.ts'
import { openPortalDb, type PortalDb } from '../../portal/db/open.ts'
import type { House, Reach, ReachedMailbox } from '../../portal/house.ts'
import { openKeeping } from '../../portal/keeping/keeping.ts'
import { partKey } from '../../portal/part-key.ts'
import type { Asker, DeliveredText, Mail, MailMessage, MailQuestion, MailRow, PageView, Refusal, ShelfFile, StaffMail, Vault } from '../../portal/ports.ts'
import { reportFacts } from '../../store/mails.ts'
import { absentDesk } from './admin-house.ts'
import { fakeAgreements } from './fake-agreements.ts'
import { fakePieces } from './fake-pieces.ts'
import { NOW_MS } from './portal.ts'
import { quietRequests } from './requests.ts'

export const DAY_MS = 86_400_000

export function partOf(id: string, more: Partial<PartReport> = {}): PartReport {
  return {
    id,
    path: 'multipart/mixed > application/octet-stream',
    name: '',
    claimedType: 'application/octet-stream',
    detectedType: 'application/octet-stream',
    offset: 0,
    length: 1_000,
    transferEncoding: 'base64',
    bytes: 1_000,
    sha256: '0'.repeat(64),
    disposition: 'disarm',
    rule: 'rebuildable',
    outcome: 'rebuilt',
    removed: [],
    findings: [],
    ...more,
  }
}

export function memberOf(name: string, more: Partial<MemberReport> = {}): MemberReport {
  const { path: _path, id: _id, ...rest } = partOf('')
  return { ...rest, name, disposition: 'disarm', outcome: 'rebuilt', members: [], findings: [], ...more } as MemberReport
}

export function reportOf(parts: readonly PartReport[]): Report {
  return { verdict: 'relay', profile: 'disarm', policyVersion: '1', parts, findings: [] }
}

export type FakeMail = {
  readonly publicId: string
  readonly to: readonly string[]
  readonly subject?: string
  readonly from?: string
  readonly atMs?: number
  readonly parts?: readonly PartReport[]
  readonly text?: string
  readonly files?: DeliveredText['files']
  /** Of the locked parts, by portal/part-key.ts. */
  readonly passwords?: Readonly<Record<string, string>>
  /** What pictures of a part show. */
  readonly drawn?: Readonly<Record<string, PageView['drawn']>>
  readonly names?: Readonly<Record<string, readonly string[]>>
  readonly candidates?: readonly string[]
  readonly more?: Partial<MailMessage>
}

function messageOf({ publicId, to, subject = '', from = 'chosa@example.go.jp', atMs = NOW_MS - 3_600_000, parts = [], more = {} }: FakeMail): MailMessage {
  const report = reportOf(parts)
  const { mailState, partsKept } = reportFacts(report)
  return {
    publicId,
    queueId: `q${publicId}` as QueueId,
    tenant: 'default',
    acceptedAtMs: atMs,
    headerFrom: from,
    reversePath: /[\w.]+@[\w.]+/.exec(from)?.[0] ?? null,
    subject,
    mailboxes: to,
    bytes: 20_000,
    state: mailState,
    partsKept,
    recipients: to.map(mailbox => ({ mailbox, state: 'delivered', atMs })),
    report,
    rawSha256: '1'.repeat(64),
    clientAddress: '192.0.2.1',
    messageId: `<${publicId}@example.go.jp>`,
    originalUntilMs: NOW_MS + 20 * DAY_MS,
    textUntilMs: NOW_MS + 6 * DAY_MS,
    ...more,
  }
}

export type Asked = { readonly what: string; readonly by: Asker; readonly about: string }

export type FakeHouse = House & {
  readonly db: PortalDb
  readonly asked: Asked[]
  readonly notified: StaffMail[]
  readonly mails: Map<string, FakeMail>
  /** What the vault answers instead, by the name of the call. */
  readonly refusals: Map<string, Refusal>
  /** Tries left, by whom and for what. */
  readonly tries: Map<string, number>
  readonly clock: { nowMs: number }
  close(): void
}

const cannot = (reason: Refusal['reason'], more: Partial<Refusal> = {}): Refusal => ({ kind: 'cannot', reason, ...more })

/** `mailboxes`: by login. */
export async function fakeHouse(mails: readonly FakeMail[], mailboxes: Readonly<Record<string, readonly ReachedMailbox[]>>): Promise<FakeHouse> {
  const directory = mkdtempSync(join(tmpdir(), 'sekisho-pages-'))
  const clock = { nowMs: NOW_MS }
  const db = await openPortalDb(directory, () => clock.nowMs)
  const laid = new Map(mails.map(each => [each.publicId, each]))
  const [asked, notified, refusals, tries]: [Asked[], StaffMail[], Map<string, Refusal>, Map<string, number>] = [[], [], new Map(), new Map()]
  const reach: Reach = {
    mailboxesOf: ({ login }) => mailboxes[login] ?? [],
    departmentsOf: ({ departments }) => departments.map(departmentId => ({ departmentId, name: departmentId === 1 ? '税務課' : `課${departmentId}` })),
  }
  return {
    mail: fakeMail(laid, notified),
    vault: fakeVault(laid, { asked, refusals, tries }),
    era: 'western',
    contact: '情報政策課 内線123',
    uploadBytes: 1 << 20,
    lockAgain: 'offer',
    reach,
    keeping: openKeeping(db),
    requests: quietRequests(db),
    admin: absentDesk(db),
    db,
    asked,
    notified,
    mails: laid,
    refusals,
    tries,
    clock,
    close: () => {
      db.close()
      rmSync(directory, { recursive: true })
    },
  }
}

function fakeMail(laid: ReadonlyMap<string, FakeMail>, notified: StaffMail[]): Mail {
  return {
    tellClasses: async () => true,
    list: async question => {
      const rows = [...laid.values()].map(messageOf).filter(each => matches(each, question)).sort((a, b) => b.acceptedAtMs - a.acceptedAtMs)
      const from = question.after === undefined ? 0 : Number(question.after)
      const mine = question.mailboxes
      const shown = rows.slice(from, from + question.limit).map(row => ({ ...row, mailboxes: mine === 'all' ? row.mailboxes : row.mailboxes.filter(each => mine.includes(each)) }))
      return { rows: shown, next: from + question.limit < rows.length ? String(from + question.limit) : undefined, searchedToMs: undefined }
    },
    message: async publicId => {
      const found = laid.get(publicId)
      return found && messageOf(found)
    },
    notify: async mail => {
      if (!notified.some(({ key }) => key === mail.key)) notified.push(mail)
      return { kind: 'queued', queueId: `n${notified.length}` }
    },
  }
}

function matches(row: MailRow & Pick<MailMessage, 'report'>, { mailboxes, sender, subject, fileName, state, sinceMs, untilMs }: MailQuestion): boolean {
  const has = (text: string, part: string | undefined) => part === undefined || text.toLowerCase().includes(part.toLowerCase())
  return (
    (mailboxes === 'all' || row.mailboxes.some(each => mailboxes.includes(each))) &&
    has(`${row.headerFrom} ${row.reversePath}`, sender) &&
    has(row.subject, subject) &&
    has(reportFacts(row.report).fileNames, fileName) &&
    (state === undefined || state === 'any' || row.state === state) &&
    (sinceMs === undefined || row.acceptedAtMs >= sinceMs) &&
    (untilMs === undefined || row.acceptedAtMs <= untilMs)
  )
}

type VaultBooks = { readonly asked: Asked[]; readonly refusals: ReadonlyMap<string, Refusal>; readonly tries: Map<string, number> }

const PAGES = 3
const TRIES = 5

function fakeVault(laid: ReadonlyMap<string, FakeMail>, { asked, refusals, tries }: VaultBooks): Vault {
  const shelf = new Map<string, { readonly file: ShelfFile; readonly bytes: Uint8Array }>()
  const note = (what: string, by: Asker, about = '') => {
    asked.push({ what, by, about })
    return refusals.get(what)
  }
  const laidOut = (name: string, mediaType: string, bytes: Uint8Array): ShelfFile => {
    const file = { id: `${shelf.size}`.padStart(32, '0'), name, mediaType, bytes: bytes.length, sha256: '2'.repeat(64), untilMs: NOW_MS + 3 * DAY_MS }
    shelf.set(file.id, { file, bytes })
    return file
  }
  const rebuilt = (name: string) => reportOf([partOf('1', { name, detectedType: 'application/zip' })])
  const bring: Vault['bring'] = async ({ name, mediaType, bytes }, by) => {
    const refused = note('bring', by, name)
    if (refused) return refused
    const chunks: Uint8Array[] = []
    for await (const chunk of bytes) chunks.push(chunk)
    if (name.endsWith('.exe')) return { kind: 'brought', report: reportOf([partOf('1', { name, outcome: 'quarantined', reason: 'dangerous-type' })]), file: undefined }
    return { kind: 'brought', report: rebuilt(name), file: laidOut(name, mediaType, Buffer.concat(chunks)) }
  }
  return {
    ...fakeAgreements(),
    ...fakePieces(bring),
    deliveredText: async (publicId, by) => {
      const { text, files = [] } = laid.get(publicId) ?? {}
      return note('deliveredText', by, publicId) ?? (text === undefined ? cannot('gone') : { kind: 'text', text, files })
    },
    deliveredFile: async (publicId, index, by) => {
      const file = laid.get(publicId)?.files?.find(each => each.index === index)
      return note('deliveredFile', by, `${publicId} ${index}`) ?? (file ? { kind: 'file', name: file.name, mediaType: file.mediaType, bytes: Buffer.from('disarmed') } : cannot('gone'))
    },
    preview: async ({ publicId, partId, member }, { page, mark, password }, by) => {
      const key = partKey({ partId, member })
      const expected = laid.get(publicId)?.passwords?.[key]
      const refused = note('preview', by, `${publicId} ${key} ${page} ${mark}`)
      if (refused) return refused
      if (expected !== undefined && password !== expected) return cannot('wrong-password', { triesLeft: 4 })
      if (page > PAGES) return cannot('no-preview')
      return { kind: 'page', png: await drawn(page, mark), page, pages: PAGES, drawn: laid.get(publicId)?.drawn?.[key] ?? 'page', text: page === 2 ? '' : `文字 ${page}ページ目 <b>` }
    },
    previewShelf: async (id, { page, mark }, by) => note('previewShelf', by, `${id} ${page} ${mark}`) ?? { kind: 'page', png: await drawn(page, mark), page, pages: PAGES, drawn: 'page', text: '' },
    lockedNames: async ({ publicId, partId, member }, by) => {
      const names = laid.get(publicId)?.names?.[partKey({ partId, member })]
      return note('lockedNames', by, publicId) ?? (names ? { kind: 'names', names } : cannot('encrypted'))
    },
    unlock: async ({ publicId, partId, member }, passwords, by, lockAgain) => {
      const key = partKey({ partId, member })
      const refused = note('unlock', by, `${publicId} ${key}${lockAgain ? ' again' : ''}`)
      if (refused) return refused
      if (tries.get(`${by.actor} ${publicId} ${key}`) === 0) return cannot('rate')
      if (passwords.includes(laid.get(publicId)?.passwords?.[key] ?? '')) return { kind: 'unlocked', file: laidOut(`${key}.zip`, 'application/zip', Buffer.from('unlocked')), report: rebuilt(`${key}.zip`) }
      const left = (tries.get(`${by.actor} ${publicId} ${key}`) ?? TRIES) - 1
      tries.set(`${by.actor} ${publicId} ${key}`, left)
      return cannot('wrong-password', { triesLeft: left })
    },
    again: async ({ publicId, partId, member }, by) =>
      note('again', by, `${publicId} ${partKey({ partId, member })}`) ?? { kind: 'unlocked', file: laidOut('again.docx', 'application/zip', Buffer.from('again')), report: rebuilt('again.docx') },
    bring,
    shelf: async (id, by) => {
      const found = shelf.get(id)
      return note('shelf', by, id) ?? (found ? { kind: 'file', ...found } : cannot('gone'))
    },
    mailInward: async (ids, mailbox, about, by) => note('mailInward', by, `${ids.length} ${mailbox} ${about ?? ''}`) ?? { kind: 'queued', queueId: 'q1' },
    passwordCandidates: async (publicIds, by) => {
      note('passwordCandidates', by, publicIds.join(' '))
      return publicIds.flatMap(publicId => (laid.get(publicId)?.candidates ?? []).map(candidate => ({ publicId, candidate })))
    },
    grant: async () => cannot('not-granted'),
    original: async () => cannot('not-granted'),
    originalToMailbox: async () => cannot('not-granted'),
    revokeGrants: async () => 0,
  }
}

/** A page with its mark, as a picture. */
function drawn(page: number, mark: string): Promise<Buffer> {
  const words = mark.replace(/[&<>]/g, '')
  const marks = [300, 600, 900].map(y => `<text x="120" y="${y}" font-size="28" fill="#bbb" transform="rotate(-20 400 ${y})" font-family="Noto Sans CJK JP">${words}</text>`).join('')
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="827" height="1169"><rect width="827" height="1169" fill="#fff"/>${marks}<text x="80" y="120" font-size="36" font-family="Noto Sans CJK JP">町税の納付状況について（${page}）</text></svg>`
  return sharp(Buffer.from(svg)).png().toBuffer()
}
