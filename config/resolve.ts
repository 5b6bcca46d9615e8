/** Fills in what depends on this host: its name, its CPU cores, absolute paths, and settings that follow others. */
import { availableParallelism, hostname } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { domainToASCII } from 'node:url'
import type { Config, RouteConfig } from './schema.ts'

/** To one next hop at the same time, where a route names no other number (docs/decisions.md, 70). */
export const ROUTE_CONNECTIONS = 16

/** Relative paths count from `baseDir`. */
export function resolveConfig(config: Config, baseDir: string): Config {
  const absolute = (path: string) => (path === '' || isAbsolute(path) ? path : resolve(baseDir, path))
  const dataDir = absolute(config.dataDir)
  const { tls, recipientFile } = config.smtp
  return {
    ...config,
    hostname: config.hostname || nameOfThisHost(),
    dataDir,
    portalUrl: config.portalUrl || addressOfPortal(config.portal),
    ownDomains: config.ownDomains.length > 0 ? config.ownDomains : config.domains,
    controlSocket: absolute(config.controlSocket) || join(dataDir, 'run', 'control.sock'),
    smtp: {
      ...config.smtp,
      tls: { ...tls, certFile: absolute(tls.certFile), keyFile: absolute(tls.keyFile) },
      recipientFile: absolute(recipientFile),
    },
    auth: { ...config.auth, arc: { ...config.auth.arc, keyFile: absolute(config.auth.arc.keyFile) } },
    portal: {
      ...config.portal,
      collectorCaFile: absolute(config.portal.collectorCaFile),
      backupStamp: absolute(config.portal.backupStamp),
      ldap: { ...config.portal.ldap, caFile: absolute(config.portal.ldap.caFile), bindPasswordFile: absolute(config.portal.ldap.bindPasswordFile) },
      oidc: { ...config.portal.oidc, caFile: absolute(config.portal.oidc.caFile), clientSecretFile: absolute(config.portal.oidc.clientSecretFile) },
      inner: withFiles(config.portal.inner, absolute),
      outer: withFiles(config.portal.outer, absolute),
      admin: withFiles(config.portal.admin, absolute),
    },
    sanitizer: withProcesses(config.sanitizer, availableParallelism()),
    routes:
      config.routes.length > 0
        ? config.routes.map(route => withAbsolutePaths(route, absolute))
        : [maildirRoute(dataDir)],
    maillog: { ...config.maillog, path: config.maillog.path === 'stdout' ? 'stdout' : absolute(config.maillog.path) },
  }
}

type Listener = Config['portal']['inner']

/** For the links in notices. One that stands on more than this host must say itself what browsers call it. */
function addressOfPortal({ enabled, inner }: Config['portal']): string {
  if (!enabled || !inner.enabled) return ''
  if (inner.origin !== '') return inner.origin
  const isOurs = inner.address === '127.0.0.1' || inner.address === 'localhost'
  return isOurs && inner.port !== 0 ? `${inner.keyFile === '' ? 'http' : 'https'}://${inner.address}:${inner.port}` : ''
}

function withFiles(listener: Listener, absolute: (path: string) => string): Listener {
  const { certificateFile, keyFile, clientCaFile } = listener
  return { ...listener, certificateFile: absolute(certificateFile), keyFile: absolute(keyFile), clientCaFile: absolute(clientCaFile) }
}

/** As a domain name; what a host calls itself may be none. */
function nameOfThisHost(): string {
  return domainToASCII(hostname()).replace(/[^a-z0-9.-]/g, '') || 'localhost'
}

function withProcesses(sanitizer: Config['sanitizer'], cores: number): Config['sanitizer'] {
  return {
    ...sanitizer,
    lightProcesses: sanitizer.lightProcesses || Math.max(2, cores),
    heavyProcesses: sanitizer.heavyProcesses || Math.max(1, Math.floor(cores / 2)),
  }
}

function withAbsolutePaths(route: RouteConfig, absolute: (path: string) => string): RouteConfig {
  return {
    ...route,
    nextHops: route.nextHops.map(hop =>
      hop.kind === 'maildir' ? { ...hop, path: absolute(hop.path) } : { ...hop, caFile: absolute(hop.caFile) },
    ),
  }
}

function maildirRoute(dataDir: string): RouteConfig {
  return {
    name: 'inward',
    domains: ['*'],
    direction: 'inward',
    nextHops: [{ kind: 'maildir', path: join(dataDir, 'maildir') }],
    maxConnections: ROUTE_CONNECTIONS,
  }
}
