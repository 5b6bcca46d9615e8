/**
 * One file, whatever it came in: identify ▸ decide ▸ disarm, and the same again for every file inside it.
 *
 *   part │ file of the command line │ member of an archive ──▶ [rebuildFile] ──▶ rebuilt │ kept
 *                                                                   ▲    │ tools.member
 *                                                                   └────┘
 *
 * The bounds hold for the outermost file with everything in it: depth, number of files, octets unpacked. What is
 * over a bound is kept back and named, never passed.
 */
import { hash } from 'node:crypto'
import type { Cannot, Disarmed, DisarmLimits, DisarmTools, MemberFile, Picture } from './disarm/contract.ts'
import type { DisarmerTable } from './disarm/registry.ts'
import { unpackLimit } from './disarm/unpack-limit.ts'
import type { Finding } from './finding.ts'
import { type Detected, detect } from './media/detect.ts'
import { lastExtension, nameFindings, renamed, safeFileName } from './media/filename.ts'
import { type ObjectKind, ruleFor, sumRemoved } from './objects.ts'
import { type Decision, decide } from './policy/decide.ts'
import type { Policy } from './policy/model.ts'
import { makeHarmlessLine } from './text/harmless.ts'
import type { ReasonKey } from './text/reasons.ts'
import type { Unlocked, Unlocker } from './unlock.ts'
import { type MemberReport, wantsFile } from './verdict.ts'

/** A file whose type is known and whose fate is decided. */
export type FileTask = {
  readonly untrustedBytes: Uint8Array
  readonly untrustedName: string
  readonly detectedType: string
  readonly declaredCharset: string | undefined
  readonly mode: 'disarm' | 'raster'
}

export type RebuiltFile = Extract<Disarmed, { kind: 'rebuilt' }> & { readonly members: readonly MemberReport[]; readonly beside?: Beside }

/** What goes with a rebuilt file: the words of a document whose pages are pictures. */
export type Beside = { readonly bytes: Uint8Array; readonly mediaType: string; readonly extension: string }

export type Rebuilt =
  | { readonly kind: 'rebuilt'; readonly file: RebuiltFile }
  | { readonly kind: 'kept'; readonly reason: ReasonKey; readonly object?: ObjectKind; readonly members: readonly MemberReport[] }

export type FileBounds = DisarmLimits & {
  /** Containers in containers. */
  readonly depth: number
  /** Files in a file, over all levels. */
  readonly members: number
  /** Octets of all files in a file, over all levels. */
  readonly memberBytes: number
}

export type RebuildContext = {
  readonly disarmers: DisarmerTable
  readonly policy: Policy
  readonly bounds: FileBounds
  /** Opens what needs a password, on every level; without it such files are kept back. */
  readonly unlock?: Unlocker
}

/**
 * A file of which nothing is known yet. Of one that is too large to be rebuilt only its first and its last octets are
 * given, one after the other: enough to name it.
 */
export type LooseFile = MemberFile & { readonly wholeBytes: number }

/** `report` has its size and digest as of what was given. */
export type JudgedFile = { readonly report: MemberReport; readonly rebuilt: Rebuilt }

/** What is left of the bounds while one outermost file is worked on. */
type Budget = { members: number; memberBytes: number }

export const REASON_OF: Readonly<Record<Cannot['reason'], ReasonKey>> = {
  malformed: 'malformed',
  unsupported: 'cannot-disarm',
  limit: 'too-large',
  encrypted: 'encrypted',
  blocked: 'blocked-object',
}

/** A file that was locked stays so for a reason, or is open: its octets and type are new. */
type Opened = { readonly kind: 'open'; readonly file: LooseFile; readonly detected: Detected } | { readonly kind: 'shut'; readonly reason: ReasonKey }

const SHUT_REASON: Readonly<Record<Extract<Unlocked, { kind: 'cannot' }>['reason'], ReasonKey>> = {
  'wrong-password': 'wrong-password',
  unsupported: 'encrypted',
  limit: 'too-large',
  malformed: 'malformed',
}

/** Takes the password off where there is one and somebody to ask; anything else is open as it is. Never rejects. */
async function openLocked(file: LooseFile, detected: Detected, unlock: Unlocker | undefined): Promise<Opened> {
  if (!detected.encrypted || !unlock) return { kind: 'open', file, detected }
  const unlocked = await unlock(file.untrustedBytes, detected.type)
  if (unlocked.kind === 'cannot') return { kind: 'shut', reason: SHUT_REASON[unlocked.reason] }
  const opened = { ...file, untrustedBytes: unlocked.bytes, wholeBytes: unlocked.bytes.length }
  return { kind: 'open', file: opened, detected: await detectMember(opened) }
}

/** Never rejects. */
export function rebuildFile(task: FileTask, context: RebuildContext): Promise<Rebuilt> {
  return new Rebuilding(context, budgetOf(context, task.untrustedBytes.length), 1).run(task)
}

/** Identifies, decides and disarms an outermost file. Never rejects. */
export function judgeFile(file: LooseFile, context: RebuildContext): Promise<JudgedFile> {
  const { members, memberBytes } = budgetOf(context, file.untrustedBytes.length)
  // The file itself is not one of those inside it.
  const budget = { members: members + 1, memberBytes: memberBytes + file.untrustedBytes.length }
  return new Rebuilding(context, budget, 0).judge(file)
}

/** The tools that a disarmer gets for an outermost file; for tests of a single disarmer. */
export function toolsFor(context: RebuildContext): DisarmTools {
  return new Rebuilding(context, budgetOf(context, Number.POSITIVE_INFINITY), 1).tools
}

function budgetOf({ bounds }: RebuildContext, bytes: number): Budget {
  return { members: bounds.members, memberBytes: unpackLimit(bytes, bounds.memberBytes) }
}

/** One level of one file. */
class Rebuilding {
  readonly #context: RebuildContext
  readonly #budget: Budget
  readonly #depth: number
  readonly #members: MemberReport[] = []
  readonly tools: DisarmTools = {
    member: file => this.#member(file),
    picture: untrustedBytes => this.#picture(untrustedBytes),
  }

  constructor(context: RebuildContext, budget: Budget, depth: number) {
    this.#context = context
    this.#budget = budget
    this.#depth = depth
  }

  async run(task: FileTask, mayUnlock = true): Promise<Rebuilt> {
    const disarmed = await this.#disarm(task)
    const { unlock } = this.#context
    if (disarmed.kind === 'cannot' && disarmed.reason === 'encrypted' && unlock && mayUnlock) return this.#runUnlocked(task, unlock)
    if (disarmed.kind === 'cannot') return this.#kept(disarmed.why ?? REASON_OF[disarmed.reason], disarmed.object)
    // Whatever the format: no file has become none.
    if (disarmed.bytes.length === 0) return this.#kept('malformed')
    const removed = sumRemoved([...disarmed.removed, ...this.#members.flatMap(member => member.removed)])
    const blocked = removed.find(({ what }) => ruleFor(what, this.#context.policy.objects) === 'block')
    if (blocked) return this.#kept('blocked-object', blocked.what)
    return { kind: 'rebuilt', file: { ...disarmed, removed, members: this.#members } }
  }

  /** Of some archives only their own directory tells that they are locked. What comes out is not locked again. */
  async #runUnlocked(task: FileTask, unlock: Unlocker): Promise<Rebuilt> {
    const unlocked = await unlock(task.untrustedBytes, task.detectedType)
    if (unlocked.kind === 'cannot') return this.#kept(SHUT_REASON[unlocked.reason])
    const { type } = await detectMember({ untrustedName: '', untrustedBytes: unlocked.bytes, wholeBytes: unlocked.bytes.length })
    return this.run({ ...task, untrustedBytes: unlocked.bytes, detectedType: type }, false)
  }

  #kept(reason: ReasonKey, object?: ObjectKind): Rebuilt {
    return { kind: 'kept', reason, members: this.#members, ...(object === undefined ? {} : { object }) }
  }

  async #disarm({ untrustedBytes, untrustedName, detectedType, declaredCharset, mode }: FileTask): Promise<Disarmed> {
    const { disarmers, policy, bounds } = this.#context
    const family = disarmers.get(detectedType)
    if (!family || (mode === 'raster' && !family.raster)) return { kind: 'cannot', reason: 'unsupported' }
    try {
      const disarmer = await family.load()
      const { name } = safeFileName(untrustedName, { fallback: '-' })
      return await disarmer.disarm({
        untrustedBytes,
        detectedType,
        name: untrustedName === '' ? '' : name,
        declaredCharset,
        mode,
        rules: policy.objects,
        forms: policy.files,
        limits: bounds,
        tools: this.tools,
      })
    } catch {
      // The contract forbids it; a file that makes a disarmer throw is kept back all the same.
      return { kind: 'cannot', reason: 'malformed' }
    }
  }

  async #member(file: MemberFile): Promise<Awaited<ReturnType<DisarmTools['member']>>> {
    const { report, rebuilt, name } = await this.judge({ ...file, wholeBytes: file.untrustedBytes.length })
    this.#members.push(report)
    if (rebuilt.kind === 'kept') return { kind: 'kept', name, reason: rebuilt.reason }
    const { bytes, mediaType, extension } = rebuilt.file
    return { kind: 'rebuilt', name, bytes, mediaType, extension }
  }

  async judge(file: LooseFile): Promise<JudgedFile & { readonly name: string }> {
    const found = await this.#open(file)
    const name = memberName(file.untrustedName, found.detected, found.rebuilt)
    return { report: memberReport(file, { ...found, name }), rebuilt: found.rebuilt, name }
  }

  async #open(file: LooseFile): Promise<Omit<Worked, 'name'>> {
    const detected = await detectMember(file)
    if (!this.#spend(file.untrustedBytes.length)) return { detected, decision: OVER_BUDGET, rebuilt: { kind: 'kept', reason: 'limit-exceeded', members: [] } }
    const isWhole = file.wholeBytes === file.untrustedBytes.length
    const opened = await openLocked(file, detected, isWhole ? this.#context.unlock : undefined)
    if (opened.kind === 'shut') return { detected, decision: this.#decide(file, detected), rebuilt: { kind: 'kept', reason: opened.reason, members: [] } }
    const decision = this.#decide(opened.file, opened.detected)
    return { detected: opened.detected, decision, rebuilt: await this.#inside(opened.file, opened.detected, decision) }
  }

  #spend(bytes: number): boolean {
    this.#budget.members--
    this.#budget.memberBytes -= bytes
    return this.#depth < this.#context.bounds.depth && this.#budget.members >= 0 && this.#budget.memberBytes >= 0
  }

  #decide({ untrustedName, wholeBytes }: LooseFile, detected: Detected): Decision {
    return decide(
      {
        detectedType: detected.type,
        extension: lastExtension(untrustedName),
        role: 'attachment',
        encrypted: detected.encrypted,
        bytes: wholeBytes,
        findings: detected.findings.map(finding => finding.code),
      },
      this.#context.policy,
    )
  }

  async #inside(file: LooseFile, detected: Detected, decision: Decision): Promise<Rebuilt> {
    if (!wantsFile(decision.disposition)) {
      return { kind: 'kept', reason: decision.reason as ReasonKey, members: [] }
    }
    if (file.wholeBytes > file.untrustedBytes.length) return { kind: 'kept', reason: 'too-large', members: [] }
    const inner = new Rebuilding(this.#context, this.#budget, this.#depth + 1)
    return inner.run({
      untrustedBytes: file.untrustedBytes,
      untrustedName: file.untrustedName,
      detectedType: detected.type,
      declaredCharset: file.declaredCharset,
      mode: decision.disposition === 'raster' ? 'raster' : 'disarm',
    })
  }

  async #picture(untrustedBytes: Uint8Array): Promise<Picture | undefined> {
    const detected = await detect(untrustedBytes, { size: untrustedBytes.length, name: '', claimedType: '' })
    if (!detected.type.startsWith('image/') || !this.#spend(untrustedBytes.length)) return undefined
    const inner = new Rebuilding(this.#context, this.#budget, this.#depth + 1)
    const rebuilt = await inner.run({
      untrustedBytes,
      untrustedName: '',
      detectedType: detected.type,
      declaredCharset: undefined,
      mode: 'disarm',
    })
    if (rebuilt.kind === 'kept' || !rebuilt.file.mediaType.startsWith('image/')) return undefined
    const { bytes, mediaType, extension } = rebuilt.file
    return { bytes, mediaType, extension }
  }
}

const OVER_BUDGET: Decision = { disposition: 'quarantine', rule: 'built-in:limit-exceeded', reason: 'limit-exceeded' }

async function detectMember({ untrustedBytes, untrustedName, claimedType, wholeBytes }: LooseFile): Promise<Detected> {
  const facts = { size: wholeBytes, name: untrustedName, claimedType: claimedType ?? '' }
  return await detect(untrustedBytes, { ...facts, tail: untrustedBytes.subarray(-1024) })
}

/** Exact names survive where they are harmless; the extension says what the rebuilt file is. */
function memberName(untrustedName: string, detected: Detected, rebuilt: Rebuilt): string {
  const extension = rebuilt.kind === 'rebuilt' ? rebuilt.file.extension : detected.extension
  const { name } = safeFileName(untrustedName, { fallback: `file.${extension}` })
  return rebuilt.kind === 'rebuilt' ? renamed(name, extension) : name
}

type Worked = { readonly detected: Detected; readonly decision: Decision; readonly rebuilt: Rebuilt; readonly name: string }

function memberReport({ untrustedBytes, untrustedName }: MemberFile, { detected, decision, rebuilt, name }: Worked): MemberReport {
  const found: Omit<Finding, 'partId'>[] = [...nameFindings(untrustedName, ''), ...detected.findings]
  const shared = {
    name: makeHarmlessLine(untrustedName, 300),
    detectedType: detected.type,
    bytes: untrustedBytes.length,
    sha256: hash('sha256', untrustedBytes),
    disposition: decision.disposition,
    rule: decision.rule,
  }
  if (rebuilt.kind === 'kept') {
    const { reason, members } = rebuilt
    return { ...shared, outcome: 'quarantined', reason, removed: [], findings: found, members }
  }
  const { removed, findings, members } = rebuilt.file
  return { ...shared, outcome: 'rebuilt', deliveredName: name, removed, findings: [...found, ...findings], members }
}
