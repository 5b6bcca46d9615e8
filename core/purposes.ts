/**
 * What may be asked of the vault, in the words that the vault and those who ask it share.
 *
 * One question serves one purpose, and every answer is plain data that a sealed process made, a rebuilt file, or, for a
 * burned grant alone, an original. Each is written down before anything is unsealed.
 */
import type { ObjectKind } from './objects.ts'
import type { Drawn } from './preview-ways.ts'
import type { ReasonKey } from './text/reasons.ts'
import type { Report } from './verdict.ts'

/** Opaque number of one message for one group of recipients, as it stands in the notice's link. */
export type PublicId = string

/** Who asks; every answer of the vault is audited under this name first. */
export type Asker = {
  /** `user:<login>`, or `system`. */
  readonly actor: string
  /** Of the person; the vault touches no message of another tenant. */
  readonly tenant: string
  /** Network address the question came from; '' for the system. */
  readonly address: string
}

/** A part of a message: IMAP section number of the report, and the path of members inside it ([] for the part itself). */
export type PartRef = { readonly publicId: PublicId; readonly partId: string; readonly member: readonly number[] }

export type Refusal = {
  readonly kind: 'cannot'
  /** Key of REASONS, or why the vault did not even try. */
  readonly reason: ReasonKey | 'gone' | 'busy' | 'rate' | 'no-preview' | 'not-granted' | 'expired' | 'used' | 'revoked' | 'malware' | 'program' | 'not-inward' | 'not-outward' | 'not-enrolled' | 'no-registrar' | 'wrong-code'
  readonly object?: ObjectKind
  /** With `wrong-password`: how often this person may still try this part within the hour; with `wrong-code`: this number. */
  readonly triesLeft?: number
}

/** A disarmed file that the vault holds for some time; never an original. */
export type ShelfFile = {
  /** 128 random bits. */
  readonly id: string
  readonly name: string
  readonly mediaType: string
  readonly bytes: number
  readonly sha256: string
  readonly untilMs: number
}

export type PageView = {
  readonly kind: 'page'
  /** PNG that we drew, the watermark in it. */
  readonly png: Uint8Array
  readonly page: number
  readonly pages: number
  /** Text of the page for who cannot see it; '' when there is none. */
  readonly text: string
  /** What the picture shows; `words-for-now`: asked again in a moment, the page as it looks. */
  readonly drawn: Drawn | 'words-for-now'
}

export type DeliveredText = {
  readonly kind: 'text'
  readonly text: string
  /** Files that were attached to the delivered message. */
  readonly files: readonly { readonly index: number; readonly name: string; readonly mediaType: string; readonly bytes: number }[]
}

export type LockedNames = { readonly kind: 'names'; readonly names: readonly string[] }
export type Unlocked = { readonly kind: 'unlocked'; readonly file: ShelfFile; readonly report: Report }
export type Brought = { readonly kind: 'brought'; readonly report: Report; readonly file: ShelfFile | undefined }

/** A person's finished request for one original, as the vault checks it once more by itself. */
export type GrantAsk = {
  readonly requestId: string
  readonly part: PartRef
  /** Logins. The vault refuses when the requester is among the approvers, there are too few, or one of them has not agreed before it. */
  readonly requester: string
  readonly approvers: readonly string[]
  readonly validUntilMs: number
}

/** Somebody who may agree, as the vault knows them: where its letters go. */
export type EnrolledApprover = { readonly login: string; readonly name: string; readonly mailbox: string }

/** What one approver is asked to agree to. The vault writes it to them in its own words, with a number. */
export type AgreementAsk = {
  readonly requestId: string
  readonly publicId: PublicId
  readonly partIds: readonly string[]
  /** Login. */
  readonly requester: string
  readonly requesterName: string
  readonly reason: string
  /** Login. */
  readonly approver: string
  /** How many must agree. */
  readonly needed: number
}

/** The number of the letter, as the approver has entered it. */
export type Agreement = { readonly requestId: string; readonly approver: string; readonly code: string }

/** A file that comes piece by piece: how far it is. */
export type PiecesState = { readonly kind: 'pieces'; readonly uploadId: string; readonly received: number; readonly size: number }

/** The vault: unwraps one original for one recorded purpose, after it has written that down. */
export interface Vault {
  deliveredText(publicId: PublicId, by: Asker): Promise<DeliveredText | Refusal>
  /** A file of the delivered message, by its index there. */
  deliveredFile(publicId: PublicId, index: number, by: Asker): Promise<{ readonly kind: 'file'; readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array } | Refusal>
  /** `page` counts from 1; `mark` is drawn over the picture. `password` only while this call lasts. `patient`: rather wait than see words only. */
  preview(part: PartRef, ask: { readonly page: number; readonly mark: string; readonly password?: string; readonly patient?: boolean }, by: Asker): Promise<PageView | Refusal>
  /** Names inside an encrypted container, as far as they can be read without the password. */
  lockedNames(part: PartRef, by: Asker): Promise<LockedNames | Refusal>
  /** `lockAgain`: what comes out is locked with the password that fitted, where the settings leave the choice. */
  unlock(part: PartRef, passwords: readonly string[], by: Asker, lockAgain?: boolean): Promise<Unlocked | Refusal>
  /** Runs a part again under the policy of now (a later version may know its format). */
  again(part: PartRef, by: Asker): Promise<Unlocked | Refusal>
  /** A file from the outer face through the engine. */
  bring(file: { readonly name: string; readonly mediaType: string; readonly bytes: AsyncIterable<Uint8Array>; readonly profile?: string; /** Whose policy holds. */ readonly mailbox?: string }, by: Asker): Promise<Brought | Refusal>
  /** The same, piece by piece: a sending that broke off goes on at `received`. Of who began it alone. */
  beginPieces(file: { readonly name: string; readonly mediaType: string; readonly size: number }, by: Asker): Promise<PiecesState | Refusal>
  piecesState(uploadId: string, by: Asker): Promise<PiecesState | Refusal>
  /** Takes nothing at another offset than the one that is wanted. */
  addPiece(uploadId: string, offset: number, bytes: AsyncIterable<Uint8Array>, by: Asker): Promise<PiecesState | Refusal>
  finishPieces(uploadId: string, mailbox: string, by: Asker): Promise<Brought | Refusal>
  shelf(id: string, by: Asker): Promise<{ readonly kind: 'file'; readonly file: ShelfFile; readonly bytes: Uint8Array } | Refusal>
  /** A page of what lies on the shelf, as `preview` draws it; the caller says who may look. */
  previewShelf(id: string, ask: { readonly page: number; readonly mark: string; readonly patient?: boolean }, by: Asker): Promise<PageView | Refusal>
  /** Mails what lies on the shelf to an inner mailbox, through the gateway's own queue. */
  mailInward(shelfIds: readonly string[], mailbox: string, about: PublicId | undefined, by: Asker): Promise<{ readonly kind: 'queued'; readonly queueId: string } | Refusal>
  /** Lines of the message's text that look like passwords; the caller says which mails this person may read. */
  passwordCandidates(publicIds: readonly PublicId[], by: Asker): Promise<readonly { readonly publicId: PublicId; readonly candidate: string }[]>
  /** Who may agree. */
  approvers(by: Asker): Promise<readonly EnrolledApprover[] | Refusal>
  /** Removals hold at once; who is added waits for the number in a letter to the registrars. */
  proposeApprovers(proposal: { readonly add: readonly EnrolledApprover[]; readonly remove: readonly string[] }, by: Asker): Promise<{ readonly kind: 'proposed'; readonly proposalId: string } | { readonly kind: 'removed' } | Refusal>
  confirmApprovers(proposalId: string, code: string, by: Asker): Promise<{ readonly kind: 'confirmed' } | Refusal>
  /** Writes to the approver what they would agree to; asking again voids what was agreed. */
  askAgreement(ask: AgreementAsk, by: Asker): Promise<{ readonly kind: 'asked'; readonly untilMs: number } | Refusal>
  agree(agreement: Agreement, by: Asker): Promise<{ readonly kind: 'agreed' } | Refusal>
  grant(ask: GrantAsk, by: Asker): Promise<{ readonly kind: 'granted'; readonly grantId: string } | Refusal>
  /** Burns the grant and streams the original part. The outer face alone asks this. */
  original(grantId: string, by: Asker): Promise<{ readonly kind: 'original'; readonly name: string; readonly bytes: AsyncIterable<Uint8Array>; readonly size: number } | Refusal>
  /** Burns the grant and queues the original to a mailbox of the Internet side, by a route that is no inner hop. The outer face alone asks this. */
  originalToMailbox(grantId: string, mailbox: string, by: Asker): Promise<{ readonly kind: 'queued'; readonly queueId: string } | Refusal>
  revokeGrants(requestId: string | 'all', by: Asker): Promise<number>
}
