/**
 * Passwords that a directory (OpenLDAP, Active Directory) knows: search by login, then bind as what was found.
 *
 * Never without TLS, except to this host. An empty password would be an anonymous bind that succeeds (RFC 4513 §5.1.2): it is
 * refused before anything is asked. The login stands escaped in the filter (RFC 4515). A directory that does not answer is
 * `unavailable`, not `wrong`; whoever has a local password gets in without it.
 */
import { isIP } from 'node:net'
import { Client, InvalidCredentialsError } from 'ldapts'
import type { GivenRole } from '../people/people.ts'

export type LdapSettings = {
  /** Whose people it knows. */
  readonly tenant: string
  /** `ldaps://…`, or `ldap://…` with StartTLS. */
  readonly url: string
  /** Certificates (PEM) to trust instead of the system's; '' for those. */
  readonly ca: string
  /** Who searches; '' for anonymous. */
  readonly bindDn: string
  readonly bindPassword: string
  readonly baseDn: string
  /** With `{login}` where the login goes. */
  readonly userFilter: string
  readonly groupAttribute: string
  /** Roles that members of a group have here. Without any, roles are those given in the portal. */
  readonly groupRoles: readonly { readonly group: string; readonly role: GivenRole }[]
}

export type LdapAnswer =
  | { readonly kind: 'right'; /** Undefined where no groups are mapped. */ readonly roles: readonly GivenRole[] | undefined }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'unavailable'; readonly why: string }

const TIMEOUT_MS = 5_000

export class LdapDirectory {
  readonly #settings: LdapSettings

  constructor(settings: LdapSettings) {
    this.#settings = settings
  }

  /** Never rejects. */
  async check(untrustedLogin: string, password: string): Promise<LdapAnswer> {
    if (password === '' || untrustedLogin === '') return { kind: 'wrong' }
    const { url, ca } = this.#settings
    const tls = ca === '' ? {} : { ca: [ca] }
    const client = new Client({ url, timeout: TIMEOUT_MS, connectTimeout: TIMEOUT_MS, ...(url.startsWith('ldaps:') ? { tlsOptions: tls } : {}) })
    try {
      if (url.startsWith('ldap:') && !isThisHost(url)) await client.startTLS({ ...tls, host: hostOf(url), ...(isIP(hostOf(url)) === 0 ? { servername: hostOf(url) } : {}) })
      return await this.#ask(client, untrustedLogin, password)
    } catch (error) {
      return { kind: 'unavailable', why: error instanceof Error ? error.message : 'failed' }
    } finally {
      await client.unbind().catch(() => {})
    }
  }

  async #ask(client: Client, untrustedLogin: string, password: string): Promise<LdapAnswer> {
    const { bindDn, bindPassword, baseDn, userFilter, groupAttribute, groupRoles } = this.#settings
    if (bindDn !== '') await client.bind(bindDn, bindPassword)
    const filter = userFilter.replaceAll('{login}', () => escaped(untrustedLogin))
    const { searchEntries } = await client.search(baseDn, { scope: 'sub', filter, attributes: ['dn', groupAttribute], sizeLimit: 2 })
    const [entry, another] = searchEntries
    // Two people of one login: nobody knows which.
    if (!entry || another) return { kind: 'wrong' }
    try {
      await client.bind(entry.dn, password)
    } catch (error) {
      if (error instanceof InvalidCredentialsError) return { kind: 'wrong' }
      throw error
    }
    if (groupRoles.length === 0) return { kind: 'right', roles: undefined }
    const groups = new Set([entry[groupAttribute] ?? []].flat().map(each => plainDn(String(each))))
    return { kind: 'right', roles: [...new Set(groupRoles.filter(({ group }) => groups.has(plainDn(group))).map(({ role }) => role))] }
  }
}

/** RFC 4515 §3: what has a meaning in a filter, and everything that is no plain letter, as octets. */
function escaped(untrusted: string): string {
  return [...Buffer.from(untrusted)].map(octet => (/[A-Za-z0-9._@-]/.test(String.fromCharCode(octet)) ? String.fromCharCode(octet) : `\\${octet.toString(16).padStart(2, '0')}`)).join('')
}

function plainDn(dn: string): string {
  return dn.toLowerCase().replace(/\s*([,=])\s*/g, '$1')
}

function isThisHost(url: string): boolean {
  return ['localhost', '127.0.0.1', '::1'].includes(hostOf(url))
}

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '')
}
