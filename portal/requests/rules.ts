/**
 * What an organisation decided about originals: how many people must agree, how long, by which class of confidentiality
 * (機密性 1 to 3). Values come from the settings (`portal.requests`).
 */
import type { ClassMatch, Classification } from '../../core/classification.ts'
import type { WorkingHours } from './working-time.ts'

export type { Classification } from '../../core/classification.ts'

export type ClassRules = {
  /** How many independent approvals. */
  readonly steps: number
  /** Whether pages are shown as pictures (画像プレビュー). */
  readonly preview: boolean
  /** Days after which an original can no longer be asked for, however long the store keeps it. */
  readonly askDays: number
}

/** Empty lists hold for everything. */
export type BringRow = {
  /** Codes; `*` for all. */
  readonly departments: readonly string[]
  /** Types as in the policy's rows. */
  readonly detected: readonly string[]
  /** Of the bringer's departments: this class or higher. */
  readonly classification: Classification
}

export type RequestRules = {
  readonly hours: WorkingHours
  /** Working days in which one level of approvers is asked, and in which an approval can be used. */
  readonly decideDays: number
  readonly approvalDays: number
  readonly grantMinutes: number
  /** Code of the department that decides at nights and on holidays; '' for none. */
  readonly dutyDepartment: string
  /** Originals that the antivirus has not seen cannot be asked for. */
  readonly antivirusRequired: boolean
  /** Originals can be sent to a mailbox of the Internet side: there is a route for it. */
  readonly outsideDomains: readonly string[]
  /** Codes of departments whose people need an approval for what they bring in; `*` for all. */
  readonly bringApproval: readonly string[]
  /** What besides needs one: all that a row names must hold. */
  readonly bringApprovalWhen: readonly BringRow[]
  readonly openPerPerson: number
  readonly defaultClass: Classification
  readonly classes: Readonly<Record<Classification, ClassRules>>
  readonly matches: readonly ClassMatch[]
}
