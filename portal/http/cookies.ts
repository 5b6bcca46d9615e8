/**
 * The portal's cookies: which there are, what they are called, and how they are set.
 */
import type { FastifyReply } from 'fastify'
import { isHttps, type Place } from './place.ts'
import type { Face } from './route.ts'

/** What the page before wants to be said (Answer.say). */
export const NOTE_COOKIE = 'note'
export const LANGUAGE_COOKIE = 'language'

/** Of the session, or of a sign-in that is under way elsewhere. Ports do not keep cookies apart: the name does. */
export function cookieName({ face, origin }: { readonly face: Face } & Pick<Place, 'origin'>, which: '' | '-flow' = ''): string {
  return `${isHttps({ origin }) ? '__Host-' : ''}sekisho-${face}${which}`
}

/** `null` ends it. */
export function setCookie(reply: FastifyReply, name: string, value: string | null, place: Pick<Place, 'origin'>): void {
  // Lax: a link in a webmail page must find whoever is signed in. Nothing is changed by a GET, and a POST is checked.
  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure: isHttps(place) } as const
  if (value === null) reply.clearCookie(name, attributes)
  else reply.setCookie(name, value, attributes)
}
