/**
 * By which of its addresses the portal was called: that says whose people sign in there. A town with an address of its own is
 * told by the host name alone, before anybody types anything; nobody has to know or write the name of a tenant.
 */

/** What browsers call a face, and whose it is. */
export type Place = { readonly origin: string; readonly tenant: string }

export const FIRST_TENANT = 'default'

/** `host` as the request names it (or a listed proxy). Any other name is the house's own address. */
export function placeOf(host: string | undefined, own: string, towns: readonly Place[]): Place {
  const called = (host ?? '').toLowerCase()
  return towns.find(({ origin }) => new URL(origin).host === called) ?? { origin: own, tenant: FIRST_TENANT }
}

/** Where towns have addresses of their own, a session is good at those of its own town alone. */
export function isAtHome(tenant: string, place: Place, towns: readonly Place[]): boolean {
  return towns.length === 0 || tenant === place.tenant
}

export function isHttps({ origin }: Pick<Place, 'origin'>): boolean {
  return origin.startsWith('https:')
}
