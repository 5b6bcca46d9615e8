/**
 * 「届いたら知らせる」: looks at mails that came since somebody began to wait, of the same sender, domain or thread and for the
 * mailboxes of that person, and tells them by mail that one has something like a password. Nothing is tried.
 */
import type { House } from '../house.ts'
import type { Wait } from '../keeping/waits.ts'
import { mailsAround } from '../pages/password-candidates.ts'
import type { Person } from '../people/person.ts'
import { staffLettersTexts } from '../texts/staff-letters.ts'
import type { DigestRooms } from './digests.ts'
import { addressOf, closing } from './letter.ts'

const MOST_WAITS = 500

export async function tellOfPasswords({ house, db, personOf }: DigestRooms): Promise<void> {
  for (const wait of house.keeping.waits.all(MOST_WAITS)) {
    const person = personOf(wait.personId)
    const message = person && (await house.mail.message(wait.publicId))
    if (!person || !message || message.originalUntilMs === undefined) house.keeping.waits.end(wait.personId, wait.publicId)
    else if (await hasCome(house, person, { wait, message, nowMs: db.nowMs() })) tell(house, db, person, { wait, subject: message.subject })
  }
}

type Sought = { readonly wait: Wait; readonly message: NonNullable<Awaited<ReturnType<House['mail']['message']>>>; readonly nowMs: number }

/** Each mail is looked at once. */
async function hasCome(house: House, person: Person, { wait, message, nowMs }: Sought): Promise<boolean> {
  const around = await mailsAround(house, { person, nowMs }, message)
  const fresh = around.filter(({ acceptedAtMs }) => acceptedAtMs > wait.lookedToMs)
  if (fresh.length === 0) return false
  const by = { actor: 'system', tenant: person.tenant, address: '' }
  const found = await house.vault.passwordCandidates(fresh.map(({ publicId }) => publicId), by)
  house.keeping.waits.looked(wait, Math.max(...fresh.map(({ acceptedAtMs }) => acceptedAtMs)))
  return found.length > 0
}

function tell(house: House, db: DigestRooms['db'], { personId, tenant, mailbox, name, language }: Person, { wait, subject }: { readonly wait: Wait; readonly subject: string }): void {
  const { password, noSubject } = staffLettersTexts(language)
  const about = subject.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim().slice(0, 100) || noSubject
  const text = [password.text(name, about), ...addressOf(house, tenant, `/m/${wait.publicId}/unlock`), ...closing(house, language)].join('\n\n')
  db.write(() => {
    house.requests.outbox.add({ key: `password/${personId}/${wait.publicId}/${wait.sinceMs}`, tenant, to: mailbox, subject: password.subject, text })
    house.keeping.waits.end(personId, wait.publicId)
  })
}
