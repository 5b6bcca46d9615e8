/**
 * What a disarmer is: a function from untrusted bytes to bytes we built ourselves.
 *
 * The one rule: rebuild, never filter. Output is made only from what was parsed and understood;
 * unknown structures are left behind because nobody copied them, not because somebody listed them.
 * So there is no path from input to output on failure.
 */
import type { FileForms } from '../file-forms.ts'
import type { Finding } from '../finding.ts'
import type { ObjectKind, ObjectRules, Removed } from '../objects.ts'
import type { ReasonKey } from '../text/reasons.ts'

export type Disarmed =
  | {
      readonly kind: 'rebuilt'
      readonly bytes: Uint8Array
      readonly mediaType: string
      /** Extension without the dot that the rebuilt file must carry, e.g. 'docx' for a docm. */
      readonly extension: string
      readonly removed: readonly Removed[]
      readonly findings: readonly Omit<Finding, 'partId'>[]
    }
  | Cannot

export type Cannot = {
  readonly kind: 'cannot'
  /**
   * malformed: not what its type says, or damaged; unsupported: understood, but nothing here rebuilds it;
   * limit: too large, too deep, too many; encrypted: needs a password; blocked: has an object that policy blocks.
   */
  readonly reason: 'malformed' | 'unsupported' | 'limit' | 'encrypted' | 'blocked'
  /** The object that policy blocks. */
  readonly object?: ObjectKind
  /** Says more than `reason` does: why the files inside are kept back. */
  readonly why?: ReasonKey
}

export type DisarmLimits = {
  /** Largest file that may come out, and the most that may be unpacked on the way there. */
  readonly outputBytes: number
  /** Pixels of one picture or page, and of all frames of one file together. */
  readonly pixels: number
  /** Pages or frames of one file. */
  readonly pages: number
  /** Entries of one container. */
  readonly entries: number
  /** Dots per inch of pictures of pages. */
  readonly rasterDpi: number
}

/** A file inside a file: name as the container gives it. */
export type MemberFile = {
  readonly untrustedName: string
  readonly untrustedBytes: Uint8Array
  readonly claimedType?: string
  readonly declaredCharset?: string
}

/** `name` is safe to show and to save, with the extension of what was rebuilt. */
export type Member =
  | { readonly kind: 'rebuilt'; readonly name: string; readonly bytes: Uint8Array; readonly mediaType: string; readonly extension: string }
  | { readonly kind: 'kept'; readonly name: string; readonly reason: ReasonKey }

/** A picture re-encoded from its pixels. */
export type Picture = { readonly bytes: Uint8Array; readonly mediaType: string; readonly extension: string }

/** What a disarmer may ask for. All are bounded over the whole file, nested files included, and never reject. */
export type DisarmTools = {
  /** Identifies, decides by policy and disarms a file that was inside this one. It gets a line of its own in the report. */
  member(file: MemberFile): Promise<Member>
  /** Re-encodes a picture that is part of the content; undefined when that cannot be done. No line in the report. */
  picture(untrustedBytes: Uint8Array): Promise<Picture | undefined>
}

export type DisarmInput = {
  readonly untrustedBytes: Uint8Array
  readonly detectedType: string
  /** Last part of the name it came with, made safe; '' when it had none. */
  readonly name: string
  /** Charset the sender declared for a text part, if any. */
  readonly declaredCharset: string | undefined
  /** `raster`: only pictures of the pages may come out. Asked only of disarmers that have it. */
  readonly mode: 'disarm' | 'raster'
  readonly rules: ObjectRules
  readonly forms: FileForms
  readonly limits: DisarmLimits
  readonly tools: DisarmTools
}

export interface Disarmer {
  /** Linear in the input; stops at `limits`; never throws; never returns or keeps a view of its input. */
  disarm(input: DisarmInput): Disarmed | Promise<Disarmed>
  /** Rows of docs/disarm.md: what becomes of each kind of object in this format. */
  readonly table: readonly DisarmRow[]
}

/**
 * One row: an object as people know it, in words, and what becomes of it. Of one that `kind` names, the settings
 * decide (policy.objects); the others are always kept or always removed, or keep the file back.
 */
export type DisarmRow = {
  readonly object: string
  readonly becomes: 'kept' | 'rebuilt' | 'removed' | 'blocked'
  readonly kind?: ObjectKind
}
