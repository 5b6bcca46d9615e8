/**
 * What the wings see of the sealed workshop: one call that takes octets and always comes back.
 *
 * However a sanitizer process dies, hangs or lies, the call ends in one of these results; the caller never
 * sees a process. The order of attempts (batch, alone in the suspect lane, plain mode, fixed notice) is
 * design.md part 2, "When a job dies".
 */
import type { ComposedGroup, SanitizeJob, SanitizeResult } from '../core/job.ts'
import type { Policy } from '../core/policy/model.ts'
import type { HandsOut, Look, OfficeFile } from '../core/preview-ways.ts'
import type { FileBounds, JudgedFile, LooseFile } from '../core/rebuild.ts'
import type { ReasonKey } from '../core/text/reasons.ts'

export type WorkResult =
  /** Sanitized, composed and verified. `degraded` says which step of the ladder it took. */
  | {
      readonly kind: 'done'
      readonly result: SanitizeResult
      readonly degraded: 'no' | 'alone' | 'plain' | 'notice'
      readonly alarms: readonly string[]
    }
  /** Not started in time: the client keeps the message (451 4.3.2). */
  | { readonly kind: 'busy' }
  /** The canary failed too: the gateway is sick, not the message (451 4.3.0, /ready false). */
  | { readonly kind: 'sick'; readonly reason: string }
  /** abort() was called. */
  | { readonly kind: 'aborted' }

/** How a file by itself ends: always with something to tell its owner, but for `busy`. */
export type LooseResult =
  | { readonly kind: 'judged'; readonly file: JudgedFile }
  /** Its process died of it or ran out of time, or an antivirus knows it: nothing of it leaves. */
  | { readonly kind: 'kept'; readonly reason: ReasonKey }
  /** Not started in time, or not to be scanned now: says nothing about the file. */
  | { readonly kind: 'busy'; readonly why: string }

/** Passwords go to the process that has the file, and nowhere else. */
export type LooseRules = {
  readonly policy: Policy
  readonly bounds: FileBounds
  readonly passwords?: readonly string[]
  /** What comes out is locked with the password that fitted. */
  readonly lockAgain?: boolean
  /** Which file inside the file is meant: digests (SHA-256, hex) from the outside in. */
  readonly within?: readonly string[]
  /** In a process of its own, that ends afterwards: its memory goes with it. */
  readonly alone?: boolean
}

/** A message on its way through: written in pieces when large, or given whole. */
export interface WorkInProgress {
  /** Resolves when more may be written (flow control of the window). The chunk may be transferred: do not use it afterwards. */
  write(chunk: Uint8Array): Promise<void>
  /** All octets are written. Never rejects. */
  finish(): Promise<WorkResult>
  abort(): void
}

/** Reads the received octets again from the start, for another attempt: from memory, or by unsealing the temporary file. */
export type Replay = () => AsyncIterable<Uint8Array>

export interface Workshop {
  /** Whole message at hand. */
  sanitize(job: SanitizeJob, untrustedMessage: Uint8Array): Promise<WorkResult>
  /** Message still arriving. `replay` is asked only after the end of data. */
  begin(job: SanitizeJob, replay: Replay): WorkInProgress
  /** False while sick or without a live light sanitizer and verifier. */
  readonly ready: boolean
  close(): Promise<void>
}

/** For those who know already that a message may not pass. */
export interface NoticeWorkshop {
  /** Only the fixed notice, verified as every message is: the octets are kept back as a whole. */
  notice(job: SanitizeJob, facts: { readonly bytes: number; readonly reason: ReasonKey }): Promise<WorkResult>
}

/** What those who bring files without a mail see of it. */
export interface FileWorkshop {
  /** Identified, decided and rebuilt in the heavy lane. Never rejects. */
  rebuild(file: LooseFile, rules: LooseRules): Promise<LooseResult>
}

/** A look at one page of a file; with passwords in a process that has nothing else and ends afterwards. */
export type LookAsk = Pick<LooseRules, 'policy' | 'bounds' | 'passwords' | 'within'> & {
  /** Counts from 1. */
  readonly page: number
  /** Drawn over the picture. */
  readonly mark: string
  /** Whether an Office file is wanted itself, too. */
  readonly handsOut?: HandsOut
  /** As if it had a password. */
  readonly alone?: boolean
}

export type LookResult = Look | { readonly kind: 'kept'; readonly reason: ReasonKey | 'no-preview' } | Extract<LooseResult, { kind: 'busy' }>

/** What the vault needs beside rebuilt files. Never rejects. */
export interface LookWorkshop {
  look(file: LooseFile, ask: LookAsk): Promise<LookResult>
  /** Names in a container that is still locked; [] when nothing of it can be read. */
  lockedNames(file: LooseFile, ask: Pick<LooseRules, 'policy' | 'bounds' | 'within'>): Promise<readonly string[]>
}

/** LibreOffice, where it is installed. Never rejects. */
export interface OfficeWorkshop {
  /** False says that asking is of no use. */
  readonly available: boolean
  /** A PDF that is not to be trusted; undefined when there is none, for whatever reason. */
  draw(file: OfficeFile): Promise<Uint8Array | undefined>
}

export interface VerifyWorkshop {
  /** Differences between a composed message and what was meant; undefined when nobody could verify it in time. */
  verify(group: Pick<ComposedGroup, 'message' | 'manifest'>): Promise<readonly string[] | undefined>
}

/** TXT look-ups that DKIM and DMARC need, answered by the gateway within its limits. */
export type TxtLookup = (queueId: string, name: string) => Promise<readonly (readonly string[])[]>
