/** Everything that handlers of pages stand on: made once by cli/portal-role.ts, handed to each page family. */
import type { Era } from './http/when.ts'
import type { Mail, Vault } from './ports.ts'

export type House = {
  readonly mail: Mail
  readonly vault: Vault
  readonly era: Era
  /** Whom to ask, as in the notices; '' when not set. */
  readonly contact: string
}
