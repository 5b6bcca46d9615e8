/** By which addresses the towns of one portal are called, from the settings. */
import type { Config } from '../config/schema.ts'
import { FACES, type Face } from '../portal/http/route.ts'
import { FIRST_TENANT, type Place } from '../portal/http/place.ts'

const SETTINGS = { inner: 'portalUrl', outer: 'portalOuterUrl', admin: 'portalAdminUrl' } as const

/** Those with an address of their own on this face. */
export function townsOf(tenants: Config['tenants'], face: Face): Place[] {
  return tenants.flatMap(tenant => {
    const address = tenant[SETTINGS[face]] ?? ''
    return address === '' ? [] : [{ origin: new URL(address).origin, tenant: tenant.id }]
  })
}

/** What people of a tenant call a face; '' where nobody has said it, or it is not served. */
export function originOf({ portal, tenants }: Config, face: Face, tenant: string): string {
  if (!portal[face].enabled) return ''
  if (tenant === FIRST_TENANT) return portal[face].origin.replace(/\/$/, '')
  return townsOf(tenants, face).find(each => each.tenant === tenant)?.origin ?? ''
}

/** Of the first face that has one. */
export function firstOriginOf(config: Config, tenant: string): string | undefined {
  return FACES.map(face => originOf(config, face, tenant)).find(origin => origin !== '')
}
