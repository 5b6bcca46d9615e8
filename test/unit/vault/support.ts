/** The rooms of the vault over a real store and real keys; the gateway is called in this process, the workshop is told what to say. */
import { USUAL_FORMS } from '../../../core/file-forms.ts'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readComposed } from '../../../core/mime/composed.ts'
import { SHIPPED_PROFILES } from '../../../config/profiles.ts'
import type { Policy } from '../../../core/policy/model.ts'
import type { Mailbox, QueueId } from '../../../core/smtp/envelope.ts'
import type { Asker } from '../../../core/purposes.ts'
import type { PartReport } from '../../../core/verdict.ts'
import { submitOutside, submitOwnMail } from '../../../gateway/own-mail.ts'
import type { AcceptedMessage } from '../../../store/contract.ts'
import { ensureVaultKeys } from '../../../store/keys.ts'
import { realFiles } from '../../../store/sqlite/files.ts'
import { OwnDatabase } from '../../../store/sqlite/own-database.ts'
import { openStore, type SqliteStore } from '../../../store/sqlite/store.ts'
import { Agreements } from '../../../vault/agreements.ts'
import { ApproverBook } from '../../../vault/approvers.ts'
import { Entrance } from '../../../vault/entrance.ts'
import type { House } from '../../../vault/house.ts'
import type { Gateway } from '../../../vault/ports.ts'
import type { VaultRules } from '../../../vault/rules.ts'
import { Shelf } from '../../../vault/shelf.ts'
import { VAULT_MIGRATIONS } from '../../../vault/tables.ts'
import { Unsealing } from '../../../vault/unsealing.ts'
import type { HandsOut, Look } from '../../../core/preview-ways.ts'
import type { LooseFile } from '../../../core/rebuild.ts'
import type { OfficePages } from '../../../vault/office-pages.ts'
import type { LookAsk, LookResult, LooseResult } from '../../../workers/contract.ts'
import { group, message, plainOriginal, REPORT, SETTINGS } from '../store/sample.ts'

export const BY: Asker = { actor: 'user:tanaka', tenant: 'default', address: '192.0.2.10' }
export const ORIGINAL = Buffer.from('From: a@example.net\r\n\r\nbefore\r\nSGVsbG8sIHBhcnQh\r\nafter\r\n')
const AT = ORIGINAL.indexOf('SGVs')

/** The part that stands in ORIGINAL: "Hello, part!". */
export const PART: PartReport = {
  id: '2',
  path: 'multipart/mixed > text/plain',
  name: '議事録.txt',
  claimedType: 'text/plain',
  detectedType: 'text/plain',
  offset: AT,
  length: 16,
  transferEncoding: 'base64',
  bytes: 12,
  sha256: '0e9b2b8d8e2c0e7cf8a3a3f0a6e0b0d2f0f4f0c9a0b1c2d3e4f5a6b7c8d9e0f1',
  disposition: 'disarm',
  rule: 'text',
  outcome: 'pending',
  reason: 'processing',
  removed: [],
  findings: [],
}

const POLICY: Policy = { profile: 'disarm', version: '1', rows: [...SHIPPED_PROFILES.disarm.first, ...SHIPPED_PROFILES.disarm.rest], objects: {}, files: USUAL_FORMS, links: 'keep', bodyCharset: 'utf-8', extraHeaderFields: [], subjectTag: '' }

/** What is drawn of a PDF. */
export const PAGE: Look = { kind: 'look', png: Buffer.from('page'), page: 1, pages: 3, text: 'as it looks', drawn: 'page' }

export type TestHouse = Omit<House, 'office'> & {
  readonly store: SqliteStore
  nowMs: number
  result: LooseResult
  look: LookResult
  readonly asked: { readonly file: string; readonly passwords: readonly string[]; readonly alone: boolean; readonly lockAgain: boolean }[]
  readonly alarms: string[]
  /** Of mails that the vault handed in, with whom they are to. */
  readonly letterTexts: string[]
  /** Mails with an original that it handed in for the Internet side. */
  readonly outside: Buffer[]
  readonly looked: { readonly name: string; readonly page: number; readonly handsOut: HandsOut; readonly alone: boolean }[]
  office: OfficePages | undefined
  rulesNow: VaultRules
  close(): Promise<void>
}

export const REBUILT: Extract<LooseResult, { kind: 'judged' }> = {
  kind: 'judged',
  file: {
    report: { name: '議事録.txt', detectedType: 'text/plain', bytes: 12, sha256: '', disposition: 'disarm', rule: 'text', outcome: 'rebuilt', deliveredName: '議事録.txt', removed: [], findings: [], members: [] },
    rebuilt: { kind: 'rebuilt', file: { kind: 'rebuilt', bytes: Buffer.from('rebuilt'), mediaType: 'text/plain', extension: 'txt', removed: [], findings: [], members: [] } },
  },
}

export async function openTestHouse(wrap: (gateway: Gateway) => Gateway = gateway => gateway): Promise<TestHouse> {
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-vault-'))
  const keys = join(folder, 'vault')
  const [pair] = await ensureVaultKeys(keys)
  const store = await openStore({ directory: join(folder, 'mail'), ...SETTINGS, recipients: { default: [pair!.recipient] }, files: realFiles })
  const state = { nowMs: Date.now(), result: REBUILT as LooseResult, look: { kind: 'busy', why: '' } as LookResult, rulesNow: rulesOf(), asked: [] as TestHouse['asked'][number][], alarms: [] as string[], looked: [] as TestHouse['looked'][number][], office: undefined as OfficePages | undefined }
  const database = await OwnDatabase.open({ directory: join(keys, 'kept'), name: 'vault', migrations: VAULT_MIGRATIONS, nowMs: () => state.nowMs })
  const letterTexts: string[] = []
  const inner = gatewayOver(store)
  const submit: Gateway['submit'] = (mail, octets) => {
    letterTexts.push(`To: ${mail.mailbox}\n${readComposed(octets).text}`)
    return inner.submit(mail, octets)
  }
  const outside: Buffer[] = []
  const submitOutside: Gateway['submitOutside'] = (mail, octets) => {
    outside.push(Buffer.from(octets))
    return inner.submitOutside(mail, octets)
  }
  const gateway = wrap({ ...inner, submit, submitOutside })
  const rules = () => state.rulesNow
  const unsealing = new Unsealing(gateway, keys)
  mkdirSync(join(keys, 'kept/shelf'), { recursive: true })
  let lastLetter = 0
  const looks = {
    look: async ({ untrustedName }: LooseFile, ask: LookAsk) => {
      state.looked.push({ name: untrustedName, page: ask.page, handsOut: ask.handsOut ?? 'no', alone: ask.alone ?? false })
      return untrustedName === 'document.pdf' ? PAGE : state.look
    },
    lockedNames: async () => ['中身.txt'],
    verify: async () => [],
  }
  const entrance = new Entrance(database, gateway, rules)
  const letters = { gateway, workshop: looks, rules, newQueueId: () => `OWN${++lastLetter}X${state.nowMs}` as QueueId, nowMs: () => state.nowMs, onAlarm: (text: string) => void state.alarms.push(text) }
  const approvers = new ApproverBook({ database, entrance, letters, rules })
  return Object.assign(state, {
    store,
    letterTexts,
    outside,
    database,
    gateway,
    entrance,
    unsealing,
    shelf: await Shelf.open({ database, unsealing, folder: join(keys, 'kept/shelf'), keys }),
    letters,
    pieces: { folder: join(keys, 'kept/pieces'), keys },
    approvers,
    agreements: new Agreements({ database, entrance, letters, rules, approvers }),
    workshop: {
      rebuild: async ({ untrustedBytes }: { untrustedBytes: Uint8Array }, { passwords = [], alone = false, lockAgain = false }: { passwords?: readonly string[]; alone?: boolean; lockAgain?: boolean }) => {
        state.asked.push({ file: Buffer.from(untrustedBytes).toString(), passwords, alone, lockAgain })
        return state.result
      },
    },
    looks,
    rules,
    onAlarm: (text: string) => void state.alarms.push(text),
    close: async () => {
      database.close()
      await store.close()
    },
  })
}

function rulesOf(): VaultRules {
  return {
    hostname: 'gate.town.example.jp',
    perHour: { texts: 100, pictures: 100, files: 100, mails: 100, originals: 100 },
    tries: 3,
    shelfMs: 86_400_000,
    approvers: 1,
    registrars: () => ['touroku@town.example.jp'],
    codeMs: 3_600_000,
    agreementMs: 14 * 86_400_000,
    outside: (_tenant, mailbox) => mailbox.endsWith('@internet.town.example.jp'),
    grantMs: 1_800_000,
    drawsOld: false,
    lockAgain: 'offer',
    limits: { fileBytes: 1_000 } as VaultRules['limits'],
    recipient: () => ({ policy: POLICY, tenant: 'default', language: 'ja', contact: '' }),
    brought: () => POLICY,
  }
}

function gatewayOver(store: SqliteStore): Gateway {
  const deps = {
    store,
    hostname: 'gate.town.example.jp',
    from: 'sekisho@gate.town.example.jp',
    checkRecipient: (mailbox: string) => (mailbox.endsWith('@town.example.jp') ? undefined : ('notListed' as const)),
    policyFor: () => ({ tenant: 'default', policyKey: '', policy: POLICY, route: 'inner', retentionClass: '', classification: undefined, ownDomains: [], notice: () => ({}) as never }),
    offer: () => undefined,
    nowMs: Date.now,
  }
  return {
    message: publicId => store.mailMessage(publicId),
    original: (queueId, tenant) => store.sealedOriginal(queueId, tenant),
    text: publicId => store.composedText(publicId),
    pending: limit => store.pendingMails(limit),
    amend: amendment => store.amendPart(amendment),
    recordRelease: release => store.audit({ ...release, kind: 'release' }),
    state: async () => ({ emergency: await store.emergency(), configDigest: '' }),
    submit: (mail, octets) => submitOwnMail(mail, octets, deps),
    submitOutside: (mail, octets) => submitOutside(mail, octets, { ...deps, outsideFor: () => ({ route: 'outside', retentionClass: '' }) }),
  }
}

/** One accepted message of these parts, under its public number. */
export async function accept(store: SqliteStore, parts: readonly PartReport[], publicId = 'P1'): Promise<AcceptedMessage> {
  const sha256 = createHash('sha256').update('Hello, part!').digest('hex')
  const report = { ...REPORT, parts: parts.map(part => (part.sha256 === PART.sha256 ? { ...part, sha256 } : part)) }
  const accepted = message({
    original: plainOriginal(ORIGINAL),
    acceptedAtMs: Date.now(),
    groups: [group({ publicId, report, recipients: ['staff@town.example.jp' as Mailbox] })],
  })
  await store.commit(accepted)
  return accepted
}

/** The number that stands in the last letter. */
export function codeIn(letters: readonly string[]): string {
  return /^(?:番号|Number): (\d{4}-\d{4})$/m.exec(letters.at(-1) ?? '')?.[1] ?? 'none'
}
