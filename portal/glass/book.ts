/**
 * Break-glass: an administrator reads one mail of somebody else. With a reason, with a second person, for some hours, and
 * whoever the mail came to is told in the same moment in which it becomes possible.
 *
 *   asked ──second person──▶ open (the owners are told) ──time, or either of them──▶ over
 *     └─ refused │ nobody within a day ──▶ over
 *
 * Invariants: the second person is not the one who asked, and neither of them is somebody the mail came to; each reading
 * is written down; nothing is taken out, unlocked or asked for by this way (rights/table.ts).
 */
import { randomBytes } from 'node:crypto'
import type { Row } from '../../store/sqlite/own-database.ts'
import type { PortalDb } from '../db/open.ts'
import type { Era } from '../http/when.ts'
import type { Person } from '../people/person.ts'
import type { MailMessage, PublicId } from '../ports.ts'
import type { Contact, Directory } from '../requests/directory.ts'
import type { Outbox } from '../requests/outbox.ts'
import type { PersonRef } from '../requests/request.ts'
import { dayInJapan } from '../requests/working-time.ts'
import { glassLetter } from '../texts/glass-letters.ts'

export type GlassState = 'asked' | 'open' | 'refused' | 'lapsed' | 'over' | 'ended'
export type Glass = {
  readonly glassId: string
  readonly tenant: string
  readonly publicId: PublicId
  /** To which the mail came. */
  readonly mailboxes: readonly string[]
  readonly acceptedAtMs: number
  readonly asker: PersonRef
  readonly reason: string
  readonly askedAtMs: number
  readonly decider: PersonRef | undefined
  readonly decidedAtMs: number | undefined
  readonly untilMs: number
  readonly readings: number
  readonly state: GlassState
}

export type GlassProblem = 'no-reason' | 'own-mail' | 'same-person' | 'nobody' | 'order'
export type Glassed = { readonly kind: 'done'; readonly glass: Glass } | { readonly kind: 'cannot'; readonly why: GlassProblem }

export type GlassOptions = {
  readonly db: PortalDb
  readonly directory: Pick<Directory, 'administrators' | 'readersOf'>
  readonly outbox: Pick<Outbox, 'add' | 'send'>
  readonly openMs: number
  readonly era: Era
  readonly contact: string
}

export const LONGEST_GLASS_REASON = 500
/** Within which a second person must have agreed. */
const DECIDE_MS = 86_400_000
const MOST_ROWS = 200

export class GlassBook {
  readonly #options: GlassOptions

  constructor(options: GlassOptions) {
    this.#options = options
  }

  ask(asker: Person, message: Pick<MailMessage, 'publicId' | 'tenant' | 'recipients' | 'acceptedAtMs'>, untrustedReason: string): Glassed {
    const { db } = this.#options
    const reason = untrustedReason.trim().slice(0, LONGEST_GLASS_REASON)
    if (reason === '') return cannot('no-reason')
    const mailboxes = message.recipients.map(({ mailbox }) => mailbox.toLowerCase())
    const seconds = this.#seconds(asker, mailboxes)
    if (this.#concerns(asker, mailboxes)) return cannot('own-mail')
    if (seconds.length === 0) return cannot('nobody')
    const glassId = randomBytes(16).toString('base64url')
    return db.write(() => {
      const nowMs = db.nowMs()
      db.run(
        'INSERT INTO glass VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, NULL, ?, NULL, NULL, 0)',
        ...[glassId, asker.tenant, message.publicId, JSON.stringify(mailboxes), message.acceptedAtMs, asker.personId, asker.login, asker.name, reason, nowMs, nowMs + DECIDE_MS],
      )
      const glass = this.#known(glassId)
      this.#record(glass, asker.login, { act: 'asked', reason, mailboxes: mailboxes.join(' ') })
      this.#tell('asked', glass, seconds)
      return { kind: 'done', glass }
    })
  }

  decide(glassId: string, person: Person, isAgreed: boolean): Glassed {
    const { db, openMs } = this.#options
    return db.write(() => {
      const glass = this.find(glassId, person.tenant)
      if (glass?.state !== 'asked') return cannot('order')
      if (glass.asker.personId === person.personId) return cannot('same-person')
      if (this.#concerns(person, glass.mailboxes)) return cannot('own-mail')
      const nowMs = db.nowMs()
      const [untilMs, ended] = isAgreed ? [nowMs + openMs, null] : [glass.untilMs, 'refused']
      const values = [person.personId, person.login, person.name, nowMs, untilMs, ended === null ? null : nowMs, ended, glassId]
      db.run('UPDATE glass SET decider_id = ?, decider_login = ?, decider_name = ?, decided_at_ms = ?, until_ms = ?, ended_at_ms = ?, ended_why = ? WHERE glass_id = ?', ...values)
      const after = this.#known(glassId)
      this.#record(after, person.login, { act: isAgreed ? 'agreed' : 'refused', asker: glass.asker.login, untilMs })
      if (isAgreed) this.#tell('open', after, this.#owners(glass))
      return { kind: 'done', glass: after }
    })
  }

  /** By who asked, or by any administrator. */
  end(glassId: string, person: Person): Glassed {
    const { db } = this.#options
    return db.write(() => {
      const glass = this.find(glassId, person.tenant)
      if (glass?.state !== 'open' && glass?.state !== 'asked') return cannot('order')
      db.run("UPDATE glass SET ended_at_ms = ?, ended_why = 'ended' WHERE glass_id = ?", db.nowMs(), glassId)
      const after = this.#known(glassId)
      this.#record(after, person.login, { act: 'ended', asker: glass.asker.login })
      return { kind: 'done', glass: after }
    })
  }

  /** The mail that this person may read now by this way, written down as read; undefined when it is not open for them. */
  read(glassId: string, person: Person, what: string): Glass | undefined {
    const { db } = this.#options
    return db.write(() => {
      const glass = this.find(glassId, person.tenant)
      if (glass?.state !== 'open' || glass.asker.personId !== person.personId) return undefined
      db.run('UPDATE glass SET readings = readings + 1 WHERE glass_id = ?', glassId)
      this.#record(glass, person.login, { act: 'read', what })
      return glass
    })
  }

  find(glassId: string, tenant: string): Glass | undefined {
    const row = this.#options.db.get('SELECT * FROM glass WHERE glass_id = ? AND tenant = ?', glassId, tenant)
    return row && this.#from(row)
  }

  /** Newest first. */
  list(tenant: string): Glass[] {
    return this.#options.db.all('SELECT * FROM glass WHERE tenant = ? ORDER BY asked_at_ms DESC LIMIT ?', tenant, MOST_ROWS).map(row => this.#from(row))
  }

  /** Administrators besides the one who asks, whom the mail did not come to. */
  #seconds(asker: Person, mailboxes: readonly string[]): readonly Contact[] {
    const { directory } = this.#options
    const owners = new Set(this.#owners({ tenant: asker.tenant, mailboxes }).map(({ personId }) => personId))
    return directory.administrators(asker.tenant, this.#today()).filter(({ personId }) => personId !== asker.personId && !owners.has(personId))
  }

  #owners({ tenant, mailboxes }: Pick<Glass, 'tenant' | 'mailboxes'>): readonly Contact[] {
    return this.#options.directory.readersOf(tenant, mailboxes, this.#today())
  }

  #concerns({ personId, tenant }: Person, mailboxes: readonly string[]): boolean {
    return this.#owners({ tenant, mailboxes }).some(each => each.personId === personId)
  }

  #tell(what: 'asked' | 'open', glass: Glass, people: readonly Contact[]): void {
    const { outbox, era, contact } = this.#options
    for (const { personId, name, mailbox, language } of people) {
      outbox.add({ key: `glass/${glass.glassId}/${what}/${personId}`, tenant: glass.tenant, to: mailbox, ...glassLetter(what, glass, { name, language, era, contact }) })
    }
    queueMicrotask(() => void outbox.send())
  }

  #record({ glassId, tenant, publicId }: Glass, login: string, detail: Readonly<Record<string, string | number>>): void {
    this.#options.db.audit({ tenant, kind: 'glass', actor: `user:${login}`, subject: publicId, detail: { ...detail, glass: glassId } })
  }

  #known(glassId: string): Glass {
    return this.#from(this.#options.db.get('SELECT * FROM glass WHERE glass_id = ?', glassId)!)
  }

  #today(): string {
    return dayInJapan(this.#options.db.nowMs())
  }

  #from(row: Row): Glass {
    const text = (name: string) => String(row[name])
    const decider = row['decider_id'] === null ? undefined : { personId: Number(row['decider_id']), login: text('decider_login'), name: text('decider_name') }
    return {
      glassId: text('glass_id'),
      tenant: text('tenant'),
      publicId: text('public_id'),
      mailboxes: JSON.parse(text('mailboxes')) as string[],
      acceptedAtMs: Number(row['accepted_at_ms']),
      asker: { personId: Number(row['asker_id']), login: text('asker_login'), name: text('asker_name') },
      reason: text('reason'),
      askedAtMs: Number(row['asked_at_ms']),
      decider,
      decidedAtMs: row['decided_at_ms'] === null ? undefined : Number(row['decided_at_ms']),
      untilMs: Number(row['until_ms']),
      readings: Number(row['readings']),
      state: stateOf(row, this.#options.db.nowMs()),
    }
  }
}

function stateOf(row: Row, nowMs: number): GlassState {
  if (row['ended_why'] !== null) return row['ended_why'] === 'refused' ? 'refused' : 'ended'
  const isOver = Number(row['until_ms']) <= nowMs
  if (row['decided_at_ms'] === null) return isOver ? 'lapsed' : 'asked'
  return isOver ? 'over' : 'open'
}

function cannot(why: GlassProblem): Glassed {
  return { kind: 'cannot', why }
}
