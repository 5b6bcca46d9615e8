/** What the rooms of the vault share. */
import type { OwnDatabase } from '../store/sqlite/own-database.ts'
import type { FileWorkshop, LookWorkshop, VerifyWorkshop } from '../workers/contract.ts'
import type { Agreements } from './agreements.ts'
import type { ApproverBook } from './approvers.ts'
import type { Entrance } from './entrance.ts'
import type { LetterDesk } from './letters.ts'
import type { OfficePages } from './office-pages.ts'
import type { Gateway } from './ports.ts'
import type { PiecesPlace } from './pieces.ts'
import type { VaultRules } from './rules.ts'
import type { Shelf } from './shelf.ts'
import type { Unsealing } from './unsealing.ts'

export type House = {
  readonly database: OwnDatabase
  readonly gateway: Gateway
  readonly entrance: Entrance
  readonly unsealing: Unsealing
  readonly shelf: Shelf
  readonly letters: LetterDesk
  readonly pieces: PiecesPlace
  readonly approvers: ApproverBook
  readonly agreements: Agreements
  /** With an antivirus at its doors where one is set. */
  readonly workshop: FileWorkshop
  readonly looks: LookWorkshop & VerifyWorkshop
  /** Where LibreOffice may be. */
  readonly office?: OfficePages | undefined
  readonly rules: () => VaultRules
  readonly onAlarm: (text: string) => void
}
