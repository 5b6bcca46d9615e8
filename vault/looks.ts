/**
 * Pictures of pages, and names in what is locked: from a sealed process.
 *
 *   part ──▶ PDF that was made of it a moment ago? ──▶ page as it looks
 *        └─▶ page of its words, and the rebuilt file ──▶ LibreOffice in time? ──▶ page as it looks │ the words, for now
 */
import { boundsOf } from '../core/job.ts'
import type { Look } from '../core/preview-ways.ts'
import type { Asker, LockedNames, PageView, PartRef, Refusal } from '../core/purposes.ts'
import type { LooseFile } from '../core/rebuild.ts'
import type { LookResult } from '../workers/contract.ts'
import { isRefusal, type FoundPart, refuse } from './entrance.ts'
import type { House } from './house.ts'
import { afterTry, mayTry } from './tries.ts'

type PageQuestion = {
  readonly page: number
  readonly mark: string
  readonly password?: string
  /** Rather wait than see words only. */
  readonly patient?: boolean
}
export type LookQuestion = PageQuestion & { readonly part: PartRef }
export type ShelfLookQuestion = PageQuestion & { readonly id: string }

/** @throws Gone */
export async function lookAtPart(house: House, question: LookQuestion, by: Asker): Promise<PageView | Refusal> {
  const { part: ref, password } = question
  const found = await house.entrance.part('preview', ref, by)
  if (isRefusal(found)) return found
  const tried = password === undefined ? undefined : mayTry(house, ref, by)
  if (tried && isRefusal(tried)) return tried
  const octets = await house.unsealing.part(found.message, found.part)
  const { answer, isComing } = await lookBest(house, looseFile(octets, found), { rules: rulesOf(house, found), question })
  if (answer.kind === 'busy') return refuse('busy')
  const refusal = answer.kind === 'kept' ? refuse(answer.reason) : undefined
  const refused = tried ? afterTry(house, tried, refusal) : refusal
  return refused ?? view(answer as Look, isComing)
}

/** What lies on the shelf is rebuilt already; it is drawn in a sealed process all the same. */
export async function lookAtShelf(house: House, question: ShelfLookQuestion, by: Asker): Promise<PageView | Refusal> {
  const { id } = question
  const file = house.shelf.find(id, by)
  if (!file) return refuse('gone')
  const refused = house.entrance.admit('preview', { subject: id, detail: {} }, by)
  if (refused) return refused
  const untrustedBytes = await house.shelf.read(file, by)
  const { limits, brought } = house.rules()
  const rules = { policy: brought(by.tenant, {}), bounds: boundsOf(limits), within: [] }
  const { answer, isComing } = await lookBest(house, { untrustedBytes, untrustedName: file.name, claimedType: file.mediaType, wholeBytes: untrustedBytes.length }, { rules, question })
  if (answer.kind === 'look') return view(answer, isComing)
  return refuse(answer.kind === 'busy' ? 'busy' : answer.reason)
}

type Best = { readonly answer: LookResult; readonly isComing: boolean }
type Asked = { readonly rules: ReturnType<typeof rulesOf>; readonly question: PageQuestion }

async function lookBest(house: House, file: LooseFile, { rules, question }: Asked): Promise<Best> {
  const { page, mark, password, patient = false } = question
  const ask = { ...rules, page, mark, ...(password === undefined ? {} : { passwords: [password] }) }
  const { office } = house
  if (!office?.available) return { answer: await house.looks.look(file, ask), isComing: false }
  const key = office.keyOf(file.untrustedBytes, [rules.policy, rules.bounds, rules.within, house.rules().drawsOld], password)
  const inTime = office.find(key)?.kind === 'coming' && patient ? await office.wait(key) : office.find(key)
  const drawn = inTime?.kind === 'pdf' ? await lookAtDrawn(house, inTime.pdf, { rules, question }) : undefined
  if (drawn) return { answer: drawn, isComing: false }
  const words = await house.looks.look(file, { ...ask, handsOut: house.rules().drawsOld ? 'old-too' : 'rebuilt' })
  if (words.kind !== 'look' || !words.handedOut || inTime?.kind === 'none') return { answer: words, isComing: false }
  const drawing = await office.draw(key, words.handedOut, patient)
  const answer = drawing.kind === 'pdf' ? await lookAtDrawn(house, drawing.pdf, { rules, question }) : undefined
  return { answer: answer ?? words, isComing: drawing.kind === 'coming' }
}

/** Undefined when the PDF is of no use: the words are. What had a password is drawn alone. */
async function lookAtDrawn(house: House, pdf: Uint8Array, { rules: { policy, bounds }, question: { page, mark, password } }: Asked): Promise<Look | undefined> {
  const file = { untrustedBytes: pdf, untrustedName: 'document.pdf', claimedType: 'application/pdf', wholeBytes: pdf.length }
  const answer = await house.looks.look(file, { policy, bounds, page, mark, alone: password !== undefined })
  return answer.kind === 'look' ? answer : undefined
}

function view({ png, page, pages, text, drawn }: Look, isComing: boolean): PageView {
  return { kind: 'page', png, page, pages, text, drawn: isComing ? 'words-for-now' : drawn }
}

/** @throws Gone */
export async function namesInPart(house: House, ref: PartRef, by: Asker): Promise<LockedNames | Refusal> {
  const found = await house.entrance.part('names', ref, by)
  if (isRefusal(found)) return found
  const octets = await house.unsealing.part(found.message, found.part)
  return { kind: 'names', names: await house.looks.lockedNames(looseFile(octets, found), rulesOf(house, found)) }
}

export function looseFile(untrustedBytes: Uint8Array, { part }: FoundPart): LooseFile {
  return { untrustedBytes, untrustedName: part.name, claimedType: part.claimedType, wholeBytes: untrustedBytes.length }
}

/** Those of the mail's own recipients. */
export function rulesOf({ rules }: House, { message, members }: FoundPart) {
  const { limits, recipient } = rules()
  const { policy } = recipient(message.recipients[0]?.mailbox ?? '')
  return { policy, bounds: boundsOf(limits), within: members.map(({ sha256 }) => sha256) }
}
