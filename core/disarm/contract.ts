/**
 * What a disarmer is: a function from untrusted bytes to bytes we built ourselves.
 *
 * The one rule: rebuild, never filter. Output is made only from what was parsed and understood;
 * unknown structures are left behind because nobody copied them, not because somebody listed them.
 * So there is no path from input to output on failure.
 */
import type { Finding } from '../finding.ts'

export type Disarmed =
  | {
      readonly kind: 'rebuilt'
      readonly bytes: Uint8Array
      readonly mediaType: string
      /** Extension without the dot that the rebuilt file must carry, e.g. 'docx' for a docm. */
      readonly extension: string
      readonly removed: readonly string[]
      readonly findings: readonly Omit<Finding, 'partId'>[]
    }
  | { readonly kind: 'cannot'; readonly reason: 'malformed' | 'unsupported' | 'limit' | 'encrypted' | 'blocked' }

export type DisarmInput = {
  readonly untrustedBytes: Uint8Array
  readonly detectedType: string
  /** Charset the sender declared for a text part, if any. */
  readonly declaredCharset: string | undefined
  readonly limits: { readonly outputBytes: number }
}

export interface Disarmer {
  /** Types this disarmer rebuilds, as core/media/detect.ts names them. */
  readonly mediaTypes: readonly string[]
  /** Light ones run where the message is read; the others in the heavy lane. */
  readonly lane: 'light' | 'heavy'
  /** Linear in the input; stops at `limits`; never throws; never returns or keeps a view of its input. */
  disarm(input: DisarmInput): Disarmed | Promise<Disarmed>
}
