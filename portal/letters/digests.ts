/**
 * Digest mails: what was kept back for a person and is not opened yet. At once (with the next round), or once on the morning
 * of a working day, or never, as each person has set.
 *
 * The mail names senders and subjects, never contents; its links open pages and do nothing. It goes out through the outbox,
 * under a key that names the span it tells of, so no round tells anything twice.
 */
import type { OwnDatabase } from '../../store/sqlite/own-database.ts'
import type { House } from '../house.ts'
import { shortTime } from '../http/when.ts'
import type { Person } from '../people/person.ts'
import type { MailRow } from '../ports.ts'
import { dayInJapan, isWorkingDay } from '../requests/working-time.ts'
import { staffLettersTexts } from '../texts/staff-letters.ts'
import { addressOf, closing } from './letter.ts'

const DAY_MS = 86_400_000
const MOST_LINES = 20
const MOST_MAILS = 200
const LONGEST = 100

export type DigestRooms = { readonly house: House; readonly db: OwnDatabase; readonly personOf: (personId: number) => Person | undefined }

/** One round over everybody. */
export async function sendDigests(rooms: DigestRooms): Promise<void> {
  const { db } = rooms
  const rows = db.all("SELECT p.person_id, p.digest, d.told_to_ms FROM persons p LEFT JOIN digests d USING (person_id) WHERE p.digest <> 'never' AND p.disabled_at_ms IS NULL")
  for (const row of rows) {
    const toldToMs = row['told_to_ms'] === null ? db.nowMs() - DAY_MS : Number(row['told_to_ms'])
    const person = isDue(rooms, String(row['digest']), toldToMs) ? rooms.personOf(Number(row['person_id'])) : undefined
    if (person !== undefined) await tell(rooms, person, toldToMs)
  }
}

/** A daily one is due once the office has opened on a working day after the last one. */
function isDue({ house, db }: DigestRooms, digest: string, toldToMs: number): boolean {
  if (digest === 'at-once') return true
  const { hours } = house.requests.desk.rules
  const today = dayInJapan(db.nowMs())
  const opensMs = Date.parse(`${today}T${hours.opens}:00+09:00`)
  return isWorkingDay(today, hours) && db.nowMs() >= opensMs && toldToMs < opensMs
}

async function tell({ house, db }: DigestRooms, person: Person, toldToMs: number): Promise<void> {
  const nowMs = db.nowMs()
  const mailboxes = house.reach.mailboxesOf(person, nowMs).map(({ address }) => address)
  const waiting = mailboxes.length === 0 ? [] : await waitingFor(house, person, { mailboxes, toldToMs, nowMs })
  db.write(() => {
    db.run('INSERT OR REPLACE INTO digests VALUES (?, ?, ?)', person.personId, person.tenant, nowMs)
    if (waiting.length === 0 || person.mailbox === '') return
    house.requests.outbox.add({ key: `digest/${person.personId}/${toldToMs}`, tenant: person.tenant, to: person.mailbox, ...digestLetter(house, person, waiting) })
  })
}

async function waitingFor({ mail, keeping }: House, person: Person, { mailboxes, toldToMs, nowMs }: { readonly mailboxes: readonly string[]; readonly toldToMs: number; readonly nowMs: number }): Promise<MailRow[]> {
  const { rows } = await mail.list({ tenant: person.tenant, mailboxes, sinceMs: toldToMs, untilMs: nowMs - 1, limit: MOST_MAILS })
  const kept = rows.filter(({ state }) => state === 'kept' || state === 'pending')
  const opened = keeping.readMarks.opened(person, kept.map(({ publicId }) => publicId))
  return kept.filter(({ publicId }) => !opened.has(publicId))
}

export function digestLetter(house: Pick<House, 'requests' | 'contact'>, { name, language, tenant }: Pick<Person, 'name' | 'language' | 'tenant'>, waiting: readonly MailRow[]): { readonly subject: string; readonly text: string } {
  const texts = staffLettersTexts(language)
  const { digest } = texts
  const lines = waiting.slice(0, MOST_LINES).map(({ publicId, acceptedAtMs, headerFrom, reversePath, subject, state, partsKept }) => {
    const [sender, about, date] = [oneLine(headerFrom || reversePath || ''), oneLine(subject) || texts.noSubject, shortTime(acceptedAtMs, language)]
    const line = state === 'pending' ? digest.pendingLine(date, sender, about) : digest.line(date, sender, about, partsKept)
    return [line, ...addressOf(house, tenant, `/m/${publicId}`).map(address => `  ${address}`)].join('\n')
  })
  const more = waiting.length > MOST_LINES ? [digest.more(waiting.length - MOST_LINES)] : []
  return { subject: digest.subject(waiting.length), text: [digest.intro(name), ...lines, ...more, [digest.end, ...closing(house, language)].join('\n')].join('\n\n') }
}

/** What a sender wrote stays on its line, and is no address that a mail program would make a link of. */
function oneLine(untrusted: string): string {
  const flat = untrusted.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').replaceAll('://', ':／／').trim()
  return flat.length > LONGEST ? `${flat.slice(0, LONGEST)}…` : flat
}
