/**
 * The way out of an approved original: to one person, one part, once, on the outer face. The claim is written down before
 * the vault is asked, so two windows never take the same part; the vault checks and burns its own grant besides.
 *
 *   claim (granted) ─▶ vault.grant ─▶ vault.original (burned) ─▶ octets ─▶ taken
 *                                                              └─ broke off ─▶ broken: again within the same minutes
 */
import { randomBytes, randomInt } from 'node:crypto'
import { Readable } from 'node:stream'
import { lockedZip } from '../../core/disarm/zip.ts'
import type { Act } from '../../store/contract.ts'
import type { Person } from '../people/person.ts'
import type { Asker, Refusal, Vault } from '../ports.ts'
import type { RequestDesk } from './desk.ts'
import { refOf } from './directory.ts'
import { partRef } from './parts.ts'
import type { KeptRequest } from './records.ts'
import type { Impossible, Way } from './request.ts'

const MINUTE_MS = 60_000
/** 25 letters and digits that nobody takes for another one: 20 of them are 92 bits. */
const LETTERS = 'abcdefghkmnpqrstwxyz23456'
const PASSWORD_GROUPS = 5
const MOST_TICKETS = 1_000

export type Claim = { readonly requestId: string; readonly part: number; readonly person: Person; readonly by: Asker; readonly steppedUpAtMs: number }
export type CannotTake = { readonly kind: 'cannot'; readonly why: Impossible['why'] | 'not-asked' | 'outside' | Refusal['reason'] }
export type Given = { readonly kind: 'file'; readonly name: string; readonly mediaType: string; readonly bytes: Readable; readonly size?: number } | CannotTake
export type Ticket = { readonly kind: 'ticket'; readonly ticket: string; readonly password: string } | CannotTake

type Held = { readonly requestId: string; readonly part: number; readonly personId: number; readonly password: string; readonly untilMs: number }

export type TakingOptions = { readonly desk: RequestDesk; readonly vault: Pick<Vault, 'grant' | 'original' | 'originalToMailbox' | 'revokeGrants'>; readonly nowMs: () => number }

export class Taking {
  readonly #options: TakingOptions
  readonly #tickets = new Map<string, Held>()
  readonly #running = new Map<Readable, string>()

  constructor(options: TakingOptions) {
    this.#options = options
  }

  async file(claim: Claim): Promise<Given> {
    const granted = await this.#granted(claim, 'file')
    if (granted.kind === 'cannot') return granted
    const original = await this.#original(claim, granted.grantId)
    if (original.kind === 'cannot') return original
    const { name, bytes, size } = original
    return { kind: 'file', name, mediaType: 'application/octet-stream', bytes: this.#watched(claim, counted(bytes, size)), size }
  }

  /** A password to be shown once; the archive is made with it when the ticket comes back. Nothing is granted yet. */
  zipTicket({ requestId, part, person, steppedUpAtMs }: Claim): Ticket {
    const request = this.#options.desk.records.byId(requestId)
    if (!request || request.facts.brought !== undefined || request.state.requester.personId !== person.personId) return cannot('not-asked')
    const stage = request.state.parts[part]?.kind
    if (request.state.stage.kind !== 'approved' || (stage !== 'ready' && stage !== 'broken')) return cannot(stage === undefined ? 'no-part' : 'used')
    this.#forgetTickets()
    const ticket = randomBytes(16).toString('base64url')
    const password = newPassword()
    this.#tickets.set(ticket, { requestId, part, personId: person.personId, password, untilMs: this.#untilMs(steppedUpAtMs) })
    return { kind: 'ticket', ticket, password }
  }

  async zip(claim: Claim, ticket: string): Promise<Given> {
    const held = this.#tickets.get(ticket)
    this.#tickets.delete(ticket)
    if (!held || held.untilMs <= this.#options.nowMs() || held.requestId !== claim.requestId || held.part !== claim.part || held.personId !== claim.person.personId) return cannot('expired')
    const granted = await this.#granted(claim, 'zip')
    if (granted.kind === 'cannot') return granted
    const original = await this.#original(claim, granted.grantId)
    if (original.kind === 'cannot') return original
    const octets = lockedZip([{ name: original.name, octets: counted(original.bytes, original.size) }], held.password)
    return { kind: 'file', name: `${original.name}.zip`, mediaType: 'application/zip', bytes: this.#watched(claim, octets) }
  }

  /** To a mailbox of the Internet side, where settings name its domain. */
  async toMailbox(claim: Claim, mailbox: string): Promise<{ readonly kind: 'sent' } | CannotTake> {
    const { outsideDomains } = this.#options.desk.rules
    if (!/^[^\s@<>(),;:"\\[\]]{1,64}@[a-z0-9.-]{1,250}$/i.test(mailbox) || !outsideDomains.includes(mailbox.slice(mailbox.indexOf('@') + 1).toLowerCase())) return cannot('outside')
    const granted = await this.#granted(claim, 'mailbox')
    if (granted.kind === 'cannot') return granted
    const sent = await this.#options.vault.originalToMailbox(granted.grantId, mailbox, claim.by).catch(busy)
    this.#end(claim, sent.kind === 'queued' ? undefined : sent.reason)
    return sent.kind === 'queued' ? { kind: 'sent' } : cannot(sent.reason)
  }

  /** The bad day, or one request: nothing more leaves, and what is leaving is cut off. Returns how many requests were open. */
  async revoke(which: string | 'all', act: Act, by: Asker): Promise<number> {
    const count = this.#options.desk.revoke(which, act)
    for (const [octets, requestId] of this.#running) if (which === 'all' || which === requestId) octets.destroy(new Error('taken back'))
    for (const [ticket, held] of this.#tickets) if (which === 'all' || which === held.requestId) this.#tickets.delete(ticket)
    await this.#options.vault.revokeGrants(which, by)
    return count
  }

  async #granted(claim: Claim, way: Way): Promise<{ readonly kind: 'granted'; readonly grantId: string } | CannotTake> {
    const { desk, vault, nowMs } = this.#options
    const { requestId, part, person, by, steppedUpAtMs } = claim
    // What was brought in lies on the shelf, disarmed; there is no original of it.
    if (desk.records.byId(requestId)?.facts.brought !== undefined) return cannot('no-part')
    const claimed = desk.append(requestId, { kind: 'granted', atMs: nowMs(), by: refOf(person), part, way, untilMs: this.#untilMs(steppedUpAtMs) })
    if (claimed.kind === 'cannot') return claimed
    const granted = await vault.grant(askOf(claimed.request, part), by).catch(busy)
    if (granted.kind === 'cannot') this.#end(claim, granted.reason)
    return granted.kind === 'cannot' ? cannot(granted.reason) : granted
  }

  async #original(claim: Claim, grantId: string): Promise<Exclude<Awaited<ReturnType<Vault['original']>>, Refusal> | CannotTake> {
    const original = await this.#options.vault.original(grantId, claim.by).catch(busy)
    if (original.kind === 'original') return original
    this.#end(claim, original.reason)
    return cannot(original.reason)
  }

  /** The end of the octets is the end of the part; whatever else ends them leaves it broken. */
  #watched(claim: Claim, octets: AsyncIterable<Uint8Array>): Readable {
    const stream = Readable.from(octets, { objectMode: false })
    this.#running.set(stream, claim.requestId)
    stream.once('close', () => {
      this.#running.delete(stream)
      this.#end(claim, stream.readableEnded ? undefined : 'cut')
    })
    // Told by 'close'; without a listener it would end the process.
    stream.on('error', () => {})
    return stream
  }

  #end({ requestId, part }: Claim, brokenBy: string | undefined): void {
    const atMs = this.#options.nowMs()
    this.#options.desk.append(requestId, brokenBy === undefined ? { kind: 'taken', atMs, part } : { kind: 'broken', atMs, part, why: brokenBy })
  }

  #untilMs(steppedUpAtMs: number): number {
    return steppedUpAtMs + this.#options.desk.rules.grantMinutes * MINUTE_MS
  }

  #forgetTickets(): void {
    for (const [ticket, { untilMs }] of this.#tickets) if (untilMs <= this.#options.nowMs() || this.#tickets.size >= MOST_TICKETS) this.#tickets.delete(ticket)
  }
}

function askOf({ requestId, facts, state }: KeptRequest, part: number): Parameters<Vault['grant']>[0] {
  const stage = state.parts[part]
  return {
    requestId,
    part: partRef(facts.publicId, facts.parts[part]!),
    requester: state.requester.login,
    approvers: state.approvals.map(each => each.by.login),
    validUntilMs: stage?.kind === 'granted' ? stage.untilMs : 0,
  }
}

/** Fewer octets than were said is no whole file. */
async function* counted(octets: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of octets) {
    bytes += chunk.length
    yield chunk
  }
  if (bytes !== size) throw new Error('the original came short')
}

function newPassword(): string {
  const group = () => Array.from({ length: 4 }, () => LETTERS[randomInt(LETTERS.length)]!).join('')
  return Array.from({ length: PASSWORD_GROUPS }, group).join('-')
}

function busy(): Refusal {
  return { kind: 'cannot', reason: 'busy' }
}

function cannot(why: CannotTake['why']): CannotTake {
  return { kind: 'cannot', why }
}
