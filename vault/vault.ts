/**
 * The vault: what may be asked of it (core/purposes.ts), put together from its rooms.
 *
 *   question ──▶ Entrance (whose, how often, written down) ──▶ Unsealing ──▶ sealed workshop ──▶ picture, words, shelf
 *                                                                     └──▶ a burned grant: the original itself
 */
import type { Agreement, AgreementAsk, Asker, Brought, DeliveredText, GrantAsk, LockedNames, PageView, PartRef, PublicId, Refusal, ShelfFile, Unlocked, Vault } from '../core/purposes.ts'
import { bringFile } from './bringing.ts'
import { deliveredFile, deliveredText } from './delivered.ts'
import { isRefusal, refuse } from './entrance.ts'
import { Grants } from './grants.ts'
import type { House } from './house.ts'
import { sendLetter } from './letters.ts'
import { lookAtPart, lookAtShelf, namesInPart } from './looks.ts'
import { passwordsIn } from './password-lines.ts'
import { Pieces } from './pieces.ts'
import { openPart } from './unlocking.ts'

type Queued = { readonly kind: 'queued'; readonly queueId: string }
const MOST_LETTERS_FILES = 50
const MOST_SEARCHED = 50

export class OpenVault implements Vault {
  readonly #house: House
  readonly #grants: Grants
  /** Its upkeep is the process's. */
  readonly pieces: Pieces

  constructor(house: House) {
    this.#house = house
    this.#grants = new Grants(house)
    this.pieces = new Pieces(house, house.pieces)
  }

  deliveredText(publicId: PublicId, by: Asker): Promise<DeliveredText | Refusal> {
    return orGone(deliveredText(this.#house, publicId, by))
  }

  deliveredFile(publicId: PublicId, index: number, by: Asker) {
    return orGone(deliveredFile(this.#house, { publicId, index }, by))
  }

  preview(part: PartRef, ask: { readonly page: number; readonly mark: string; readonly password?: string; readonly patient?: boolean }, by: Asker): Promise<PageView | Refusal> {
    return orGone(lookAtPart(this.#house, { part, ...ask }, by))
  }

  lockedNames(part: PartRef, by: Asker): Promise<LockedNames | Refusal> {
    return orGone(namesInPart(this.#house, part, by))
  }

  unlock(part: PartRef, passwords: readonly string[], by: Asker, lockAgain = false): Promise<Unlocked | Refusal> {
    return orGone(openPart(this.#house, { part, passwords, purpose: 'unlock', lockAgain }, by))
  }

  again(part: PartRef, by: Asker): Promise<Unlocked | Refusal> {
    return orGone(openPart(this.#house, { part, passwords: [], purpose: 'again' }, by))
  }

  bring(file: Parameters<Vault['bring']>[0], by: Asker): Promise<Brought | Refusal> {
    return bringFile(this.#house, file, by)
  }

  async beginPieces(file: Parameters<Vault['beginPieces']>[0], by: Asker) {
    return this.pieces.begin(file, by)
  }

  async piecesState(uploadId: string, by: Asker) {
    return this.pieces.state(uploadId, by)
  }

  addPiece(uploadId: string, offset: number, bytes: AsyncIterable<Uint8Array>, by: Asker) {
    return this.pieces.add(uploadId, offset, bytes, by)
  }

  finishPieces(uploadId: string, mailbox: string, by: Asker) {
    return this.pieces.finish(uploadId, mailbox, by)
  }

  previewShelf(id: string, ask: { readonly page: number; readonly mark: string; readonly patient?: boolean }, by: Asker): Promise<PageView | Refusal> {
    return lookAtShelf(this.#house, { id, ...ask }, by)
  }

  async shelf(id: string, by: Asker): Promise<{ readonly kind: 'file'; readonly file: ShelfFile; readonly bytes: Uint8Array } | Refusal> {
    const { shelf, entrance } = this.#house
    const file = shelf.find(id, by)
    if (!file) return refuse('gone')
    return entrance.admit('shelf', { subject: id, detail: {} }, by) ?? { kind: 'file', file, bytes: await shelf.read(file, by) }
  }

  async mailInward(shelfIds: readonly string[], mailbox: string, about: PublicId | undefined, by: Asker): Promise<Queued | Refusal> {
    const { shelf, entrance, gateway, letters } = this.#house
    const found = shelfIds.slice(0, MOST_LETTERS_FILES).map(id => shelf.find(id, by))
    const files = found.filter(file => file !== undefined)
    if (files.length === 0 || files.length < shelfIds.length) return refuse('gone')
    const refused = entrance.admit('mail', { subject: mailbox, detail: { files: files.map(({ id }) => id).join(' ') } }, by)
    if (refused) return refused
    const message = about === undefined ? undefined : await gateway.message(about)
    const contents = await Promise.all(files.map(async file => ({ ...file, bytes: await shelf.read(file, by) })))
    const onceKey = `asked ${crypto.randomUUID()}`
    return sendLetter({ kind: 'asked', mailbox, files: contents, about: message?.tenant === by.tenant ? message : undefined, onceKey }, by, letters)
  }

  async passwordCandidates(publicIds: readonly PublicId[], by: Asker): Promise<readonly { readonly publicId: PublicId; readonly candidate: string }[]> {
    const scored: { publicId: PublicId; candidate: string; score: number }[] = []
    for (const publicId of publicIds.slice(0, MOST_SEARCHED)) {
      const answer = await orGone(deliveredText(this.#house, publicId, by, 'passwords'))
      if (isRefusal(answer)) continue
      for (const found of passwordsIn(answer.text)) scored.push({ publicId, ...found })
    }
    scored.sort((a, b) => b.score - a.score)
    return scored.map(({ publicId, candidate }) => ({ publicId, candidate }))
  }

  grant(ask: GrantAsk, by: Asker) {
    return orGone(this.#grants.grant(ask, by))
  }

  original(grantId: string, by: Asker) {
    return orGone(this.#grants.original(grantId, by))
  }

  async approvers(by: Asker) {
    return this.#house.approvers.list(by.tenant)
  }

  proposeApprovers(proposal: Parameters<Vault['proposeApprovers']>[0], by: Asker) {
    return this.#house.approvers.propose(proposal, by)
  }

  async confirmApprovers(proposalId: string, code: string, by: Asker) {
    return this.#house.approvers.confirm(proposalId, code, by)
  }

  askAgreement(ask: AgreementAsk, by: Asker) {
    return orGone(this.#house.agreements.ask(ask, by))
  }

  async agree(agreement: Agreement, by: Asker) {
    return this.#house.agreements.agree(agreement, by)
  }

  originalToMailbox(grantId: string, mailbox: string, by: Asker): Promise<Queued | Refusal> {
    return orGone(this.#grants.originalToMailbox(grantId, mailbox, by))
  }

  async revokeGrants(requestId: string | 'all', by: Asker): Promise<number> {
    return this.#grants.revoke(requestId, by)
  }
}

async function orGone<T>(answer: Promise<T>): Promise<T | Refusal> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof Error && error.name === 'Gone') return refuse('gone')
    throw error
  }
}
