/**
 * A workshop with an antivirus at its doors: what comes is scanned whole, before or while it is taken apart, and what
 * would leave is scanned again.
 *
 *   raw octets ──▶ scan ─┐ found ─▶ fixed notice │ kept back, reason `malware`
 *        └──▶ workshop ──┤ down  ─▶ `required`: try again later, nothing is taken; else an alarm, and on
 *   result ──▶ scan ─────┘ refused (too large for it) ─▶ `required`: as if found, reason `not-scanned`; else an alarm
 *
 * It stands on the side of the wings: sealed processes have no network. Nothing is lost: a mail is still the client's,
 * or its original is sealed as that of every other mail.
 */
import type { SanitizeJob } from '../core/job.ts'
import type { LooseFile } from '../core/rebuild.ts'
import type { ReasonKey } from '../core/text/reasons.ts'
import type { Scan, Scanner } from './clamd.ts'
import type { FileWorkshop, LooseResult, LooseRules, NoticeWorkshop, Replay, WorkInProgress, WorkResult, Workshop } from './contract.ts'

export type ScanRules = {
  readonly required: boolean
  readonly before: boolean
  readonly after: boolean
  readonly onAlarm: (text: string) => void
}

/** `pass`: not scanned, or not scannable where that is allowed; else what stands against it. */
type Judgement = 'clean' | 'pass' | { readonly kind: 'keep'; readonly reason: ReasonKey; readonly alarm: string } | { readonly kind: 'later'; readonly why: string }

type Inner = Workshop & FileWorkshop & NoticeWorkshop

export function scanned(inner: Inner, scanner: Scanner, rules: ScanRules): Workshop & FileWorkshop {
  return new ScannedWorkshop(inner, scanner, rules)
}

class ScannedWorkshop implements Workshop, FileWorkshop {
  readonly #inner: Inner
  readonly #scanner: Scanner
  readonly #rules: ScanRules

  constructor(inner: Inner, scanner: Scanner, rules: ScanRules) {
    this.#inner = inner
    this.#scanner = scanner
    this.#rules = rules
  }

  get ready(): boolean {
    return this.#inner.ready
  }

  async sanitize(job: SanitizeJob, untrustedMessage: Uint8Array): Promise<WorkResult> {
    const [before, work] = await Promise.all([this.#before(() => only(untrustedMessage)), this.#inner.sanitize(job, untrustedMessage)])
    return this.#settle(work, before, { job, bytes: untrustedMessage.length })
  }

  begin(job: SanitizeJob, replay: Replay): WorkInProgress {
    const work = this.#inner.begin(job, replay)
    let bytes = 0
    return {
      write: chunk => {
        bytes += chunk.length
        return work.write(chunk)
      },
      finish: async () => {
        const [before, done] = await Promise.all([this.#before(replay), work.finish()])
        return this.#settle(done, before, { job, bytes })
      },
      abort: () => work.abort(),
    }
  }

  async rebuild(file: LooseFile, rules: LooseRules): Promise<LooseResult> {
    // Of a file that is too large only its ends are here, and nothing of it will leave.
    const isWhole = file.wholeBytes === file.untrustedBytes.length
    const before = isWhole ? await this.#before(() => only(file.untrustedBytes)) : 'pass'
    if (typeof before !== 'string') return this.#withheld(before)
    const result = await this.#inner.rebuild(file, rules)
    if (result.kind !== 'judged' || result.file.rebuilt.kind !== 'rebuilt') return result
    const { file: leaving } = result.file.rebuilt
    for (const { bytes } of [leaving, ...(leaving.beside ? [leaving.beside] : [])]) {
      const after = await this.#after(() => only(bytes))
      if (typeof after !== 'string') return this.#withheld(after)
    }
    return result
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  async #settle(work: WorkResult, before: Judgement, { job, bytes }: { readonly job: SanitizeJob; readonly bytes: number }): Promise<WorkResult> {
    if (work.kind !== 'done' || work.result.verdict.kind === 'reject') return work
    let judged = before
    for (const { message } of work.result.groups) {
      if (typeof judged === 'string' && message.length > 0) judged = await this.#after(() => only(message))
    }
    if (typeof judged === 'string') return before === 'clean' ? knownClean(work) : work
    if (judged.kind === 'later') return { kind: 'sick', reason: judged.why }
    const notice = await this.#inner.notice(job, { bytes, reason: judged.reason })
    return notice.kind === 'done' ? { ...notice, alarms: [...work.alarms, judged.alarm] } : notice
  }

  #withheld(judged: Exclude<Judgement, string>): LooseResult {
    if (judged.kind === 'later') return { kind: 'busy', why: judged.why }
    this.#rules.onAlarm(judged.alarm)
    return { kind: 'kept', reason: judged.reason }
  }

  #before(octets: Replay): Promise<Judgement> | 'pass' {
    return this.#rules.before ? this.#look(octets, 'what came') : 'pass'
  }

  #after(octets: Replay): Promise<Judgement> | 'pass' {
    return this.#rules.after ? this.#look(octets, 'what was rebuilt') : 'pass'
  }

  async #look(octets: Replay, what: string): Promise<Judgement> {
    const scan = await this.#scanner.scan(octets())
    if (scan.kind === 'clean') return 'clean'
    if (scan.kind === 'found') return { kind: 'keep', reason: 'malware', alarm: `antivirus: ${scan.name} in ${what}` }
    return this.#unscanned(scan)
  }

  #unscanned(scan: Extract<Scan, { why: string }>): Judgement {
    const why = `antivirus: ${scan.kind === 'down' ? 'cannot be asked' : 'did not scan'}: ${scan.why}`
    if (scan.kind === 'refused' && this.#rules.required) return { kind: 'keep', reason: 'not-scanned', alarm: why }
    if (this.#rules.required) return { kind: 'later', why }
    this.#rules.onAlarm(why)
    return 'pass'
  }
}

/** The report says so: who decides about an original wants to know. */
function knownClean(work: Extract<WorkResult, { kind: 'done' }>): WorkResult {
  const groups = work.result.groups.map(group => ({ ...group, report: { ...group.report, antivirus: 'clean' as const } }))
  return { ...work, result: { ...work.result, groups } }
}

async function* only(octets: Uint8Array): AsyncGenerator<Uint8Array> {
  yield octets
}
