/**
 * Requests that change something come from our own pages: said by the browser (Sec-Fetch-Site, Origin) and shown by a token
 * that only our pages hold. Both must hold; a request that says neither where it comes from is not one of a browser's.
 *
 * @see W3C Fetch Metadata; OWASP CSRF Prevention
 */
import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { Refused, type Route, type Visit } from './route.ts'

export const TOKEN_FIELD = '_token'
export const TOKEN_HEADER = 'x-portal-token'

/** @throws Refused */
export function checkSameOrigin(headers: IncomingHttpHeaders, origin: string): void {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') throw new Refused('forged')
  if (headers.origin !== undefined ? headers.origin !== origin : site === undefined) throw new Refused('forged')
}

/** Uploads send the token in a header or the query of their form's address, since their body is read later. @throws Refused */
export function checkToken(route: Route, visit: Visit, headers: IncomingHttpHeaders, expected: string): void {
  const header = headers[TOKEN_HEADER]
  const given = route.body === 'files' || route.body === 'json' || route.body === 'octets' ? (typeof header === 'string' ? header : visit.query.get(TOKEN_FIELD)) : visit.form.get(TOKEN_FIELD)
  const [one, other] = [Buffer.from(given), Buffer.from(expected)]
  if (expected === '' || one.length !== other.length || !timingSafeEqual(one, other)) throw new Refused('forged')
}
