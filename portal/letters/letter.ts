/** What mails of the portal to staff have in common: where its pages are, and whom to ask. */
import type { House } from '../house.ts'
import type { Language } from '../http/route.ts'
import { staffLettersTexts } from '../texts/staff-letters.ts'

/** Address of a page, on the inner face where there is one; none when nobody has said what browsers call us. */
export function addressOf({ requests }: Pick<House, 'requests'>, tenant: string, path: string): string[] {
  const { inner, outer } = requests.origins(tenant)
  const origin = inner || outer
  return origin === '' ? [] : [`${origin}${path}`]
}

export function closing({ contact }: Pick<House, 'contact'>, language: Language): string[] {
  return contact === '' ? [] : [staffLettersTexts(language).contact(contact)]
}
