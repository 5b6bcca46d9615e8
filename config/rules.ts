/** Rules that need more than one setting. Each returns all it finds, with the path of the setting to blame. */
import { FINDINGS } from '../core/finding.ts'
import { NOTICE_TEXTS } from '../core/text/notice-texts.ts'
import { REASONS } from '../core/text/reasons.ts'
import { nearestName } from './nearest.ts'
import { PORTAL_FACES } from './faces.ts'
import { SHIPPED_PROFILES } from './profiles.ts'
import type { Config } from './schema.ts'

export type BrokenRule = { readonly path: readonly (string | number)[]; readonly problem: string }

export function brokenRules(config: Config): BrokenRule[] {
  return RULES.flatMap(rule => rule(config))
}

const RULES: readonly ((config: Config) => BrokenRule[])[] = [
  uniqueNames,
  oneRoutePerDomain,
  everyDomainHasARoute,
  outsideIsOutside,
  oneTenantPerDomain,
  knownDepartments,
  knownFindings,
  knownReasons,
  knownNoticeTexts,
  tlsFilesTogether,
  portalTlsTogether,
  portalPortsApart,
  portalTownsApart,
  oidcTogether,
  arcTogether,
  auditOutlivesOriginals,
]

function portalTlsTogether({ portal }: Config): BrokenRule[] {
  return PORTAL_FACES.flatMap(face => {
    const { certificateFile, keyFile, clientCaFile } = portal[face]
    if ((certificateFile === '') !== (keyFile === '')) return [{ path: ['portal', face, 'keyFile'], problem: 'certificateFile and keyFile go together' }]
    if (clientCaFile !== '' && keyFile === '') return [{ path: ['portal', face, 'clientCaFile'], problem: 'needs certificateFile and keyFile' }]
    return []
  })
}

/** The faces are told apart by listener: two on one port would be one. */
function portalPortsApart({ portal }: Config): BrokenRule[] {
  const places = PORTAL_FACES.map(face => (portal[face].port === 0 ? face : `${portal[face].address} ${portal[face].port}`))
  return repeated(places).map(i => ({ path: ['portal', PORTAL_FACES[i]!, 'port'], problem: 'another face of the portal has this port' }))
}

function oidcTogether({ portal: { oidc }, tenants }: Config): BrokenRule[] {
  if (oidc.issuer === '') return []
  const { protocol, hostname } = new URL(oidc.issuer)
  const isSafe = protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  return [
    ...(isSafe ? [] : [{ path: ['portal', 'oidc', 'issuer'], problem: 'must be https, except on this host' }]),
    ...(oidc.clientId === '' ? [{ path: ['portal', 'oidc', 'clientId'], problem: 'is needed with an issuer' }] : []),
    ...(oidc.tenant === 'default' || tenants.some(({ id }) => id === oidc.tenant) ? [] : [{ path: ['portal', 'oidc', 'tenant'], problem: 'there is no such tenant' }]),
  ]
}

/** The host name says the tenant: it must be one of an address, and nobody else's. */
function portalTownsApart({ portal, tenants }: Config): BrokenRule[] {
  const faces = [['inner', 'portalUrl'], ['outer', 'portalOuterUrl'], ['admin', 'portalAdminUrl']] as const
  return faces.flatMap(([face, setting]) => {
    const called = tenants.map(tenant => tenant[setting] ?? '')
    const hosts = [hostIn(portal[face].origin), ...called.map(hostIn)].map((host, index) => host ?? `none ${index}`)
    const wrong = called.flatMap((address, i) => (address !== '' && hostIn(address) === undefined ? [{ path: ['tenants', i, setting], problem: 'must be an http:// or https:// address' }] : []))
    return [...wrong, ...repeated(hosts).map(i => ({ path: ['tenants', i - 1, setting], problem: 'the portal is called so by somebody else already' }))]
  })
}

function hostIn(address: string): string | undefined {
  return /^https?:\/\//.test(address) && URL.canParse(address) ? new URL(address).host : undefined
}

function uniqueNames({ routes, tenants, policy }: Config): BrokenRule[] {
  return [
    ...repeated(routes.map(route => route.name)).map(i => ({
      path: ['routes', i, 'name'],
      problem: 'another route has this name',
    })),
    ...repeated(['default', ...tenants.map(tenant => tenant.id)]).map(i => ({
      path: ['tenants', i - 1, 'id'],
      problem: 'this tenant exists already',
    })),
    ...repeated(policy.groups.map(group => group.id)).map(i => ({
      path: ['policy', 'groups', i, 'id'],
      problem: 'another group has this id',
    })),
    ...repeated([...shippedRowIds, ...policy.rows.map(row => row.id)]).map(i => ({
      path: ['policy', 'rows', i - shippedRowIds.length, 'id'],
      problem: 'another row has this id',
    })),
  ]
}

/** Row ids stand in reports: an own row may not pass for a shipped one. */
const shippedRowIds = [
  ...new Set(
    Object.values(SHIPPED_PROFILES).flatMap(profile => [...profile.first, ...profile.rest].map(row => row.id)),
  ),
]

/** Indices of values that stood earlier in the list. */
function repeated(values: readonly string[]): number[] {
  return values.flatMap((value, i) => (values.indexOf(value) < i ? [i] : []))
}

function oneRoutePerDomain({ routes }: Config): BrokenRule[] {
  const seen = new Map<string, string>()
  return routes.flatMap((route, i) =>
    route.domains.flatMap((domain, j) => {
      const key = `${route.direction} ${domain}`
      const other = seen.get(key)
      seen.set(key, other ?? route.name)
      return other === undefined
        ? []
        : [{ path: ['routes', i, 'domains', j], problem: `route '${other}' takes ${domain} already` }]
    }),
  )
}

/** An approved original goes out by an outward route that names the domain, to hops that no inward route has. */
function outsideIsOutside({ domains, tenants, routes, portal }: Config): BrokenRule[] {
  const ours = new Set([...domains, ...tenants.flatMap(tenant => tenant.domains)])
  const inwardHops = new Set(routes.filter(route => route.direction === 'inward').flatMap(route => route.nextHops.map(placeOf)))
  return portal.requests.outsideDomains.flatMap((domain, i) => {
    const path = ['portal', 'requests', 'outsideDomains', i]
    if (ours.has(domain)) return [{ path, problem: `${domain} is a domain of the inner side` }]
    const route = routes.find(each => each.direction === 'outward' && each.domains.includes(domain))
    if (!route) return [{ path, problem: `no outward route names ${domain}` }]
    return route.nextHops.some(hop => inwardHops.has(placeOf(hop))) ? [{ path, problem: `the route ${route.name} leads to a next hop of an inward route` }] : []
  })
}

function placeOf(hop: Config['routes'][number]['nextHops'][number]): string {
  return hop.kind === 'maildir' ? `maildir ${hop.path}` : `${hop.host.toLowerCase()} ${hop.port}`
}

function everyDomainHasARoute({ domains, tenants, routes }: Config): BrokenRule[] {
  const patterns = routes.filter(route => route.direction === 'inward').flatMap(route => route.domains)
  const isRouted = (domain: string) =>
    patterns.some(
      pattern =>
        pattern === '*' || pattern === domain || (pattern.startsWith('*.') && domain.endsWith(pattern.slice(1))),
    )
  const problem = (domain: string) => `no inward route takes ${domain}`
  return [
    ...domains.flatMap((domain, i) => (isRouted(domain) ? [] : [{ path: ['domains', i], problem: problem(domain) }])),
    ...tenants.flatMap((tenant, i) =>
      tenant.domains.flatMap((domain, j) =>
        isRouted(domain) ? [] : [{ path: ['tenants', i, 'domains', j], problem: problem(domain) }],
      ),
    ),
  ]
}

function oneTenantPerDomain({ tenants }: Config): BrokenRule[] {
  const all = tenants.flatMap((tenant, i) =>
    tenant.domains.map((domain, j) => ({ domain, path: ['tenants', i, 'domains', j] })),
  )
  return repeated(all.map(({ domain }) => domain)).map(i => ({
    path: all[i]!.path,
    problem: 'another tenant has this domain',
  }))
}

function knownDepartments({ policy }: Config): BrokenRule[] {
  return policy.groups.flatMap((group, i) =>
    group.departments.flatMap((name, j) =>
      Object.hasOwn(policy.departments, name)
        ? []
        : [{ path: ['policy', 'groups', i, 'departments', j], problem: `policy.departments has no '${name}'` }],
    ),
  )
}

function knownFindings({ policy }: Config): BrokenRule[] {
  return policy.rows.flatMap((row, i) =>
    (row.finding ?? []).flatMap((code, j) =>
      Object.hasOwn(FINDINGS, code)
        ? []
        : [{ path: ['policy', 'rows', i, 'finding', j], problem: `there is no finding '${code}' (docs/findings.md)` }],
    ),
  )
}

function tlsFilesTogether({ smtp: { tls } }: Config): BrokenRule[] {
  if ((tls.certFile === '') !== (tls.keyFile === ''))
    return [{ path: ['smtp', 'tls'], problem: 'certFile and keyFile belong together' }]
  return tls.required && tls.certFile === ''
    ? [{ path: ['smtp', 'tls', 'required'], problem: 'needs certFile and keyFile' }]
    : []
}

function arcTogether({ auth: { arc } }: Config): BrokenRule[] {
  const given = [arc.keyFile, arc.domain, arc.selector].filter(value => value !== '').length
  return given === 0 || given === 3 ? [] : [{ path: ['auth', 'arc'], problem: 'keyFile, domain and selector belong together' }]
}

function knownReasons({ policy }: Config): BrokenRule[] {
  return policy.rows.flatMap((row, i) =>
    Object.hasOwn(REASONS, row.reason)
      ? []
      : [{ path: ['policy', 'rows', i, 'reason'], problem: unknownName('reason', row.reason, Object.keys(REASONS)) }],
  )
}

function knownNoticeTexts(config: Config): BrokenRule[] {
  const known = Object.keys(NOTICE_TEXTS.ja)
  const sections = [
    { texts: config.noticeTexts, path: ['noticeTexts'] },
    ...config.tenants.map((tenant, i) => ({ texts: tenant.noticeTexts, path: ['tenants', i, 'noticeTexts'] })),
  ]
  return sections.flatMap(({ texts, path }) =>
    Object.keys(texts).flatMap(key =>
      known.includes(key) ? [] : [{ path: [...path, key], problem: unknownName('notice text', key, known) }],
    ),
  )
}

function unknownName(kind: string, written: string, known: readonly string[]): string {
  const nearest = nearestName(written, known)
  return `there is no ${kind} '${written}'${nearest ? `; did you mean ${nearest}?` : ''}`
}

/** Who took an original must stay on record for longer than the original itself. */
function auditOutlivesOriginals({ store: { retention }, tenants, portal: { requests } }: Config): BrokenRule[] {
  const kept = [retention, ...tenants, requests.class1, requests.class2, requests.class3].map(({ originalDays = 0 }) => originalDays)
  return retention.auditYears * 365 < Math.max(...kept)
    ? [{ path: ['store', 'retention', 'auditYears'], problem: 'must be longer than originalDays' }]
    : []
}
