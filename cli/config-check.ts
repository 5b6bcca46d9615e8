/**
 * What `config check` looks at beyond the file itself: is this host such that the settings can work?
 * Looks only: creates nothing and leaves no listener behind.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { accessSync, constants, existsSync, readFileSync, statfsSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { type ConfigProblem, formatProblem } from '../config/load.ts'
import { formatBytes } from '../config/kinds.ts'
import { PORTAL_FACES } from '../config/faces.ts'
import type { Config } from '../config/schema.ts'
import { createClamd } from '../workers/clamd.ts'
import { findWall } from '../workers/wall.ts'
import { controlClient } from './control-client.ts'
import { obstacleToGateway } from './walls.ts'

/** A `problem` keeps the gateway from working; a `warning` is for a person to judge. */
export type Check = {
  readonly level: 'problem' | 'warning'
  readonly what: string
  readonly text: string
  readonly line?: number
  readonly column?: number
  readonly source?: string
}

export function fromProblem(problem: ConfigProblem): Check {
  const { source, line, column } = problem
  return {
    level: 'problem',
    what: '',
    text: formatProblem(problem),
    source,
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  }
}

export async function checkHost(config: Config, nowMs: number = Date.now()): Promise<Check[]> {
  const running = await isRunning(config)
  return [
    ...checkTls(config, nowMs),
    ...checkArc(config),
    ...checkFiles(config),
    ...checkFolders(config),
    ...checkSpace(config),
    ...checkSocketPath(config),
    ...checkNextHops(config),
    ...checkNames(config),
    ...checkUser(userInfo().uid),
    ...checkApi(config),
    ...checkPortal(config, nowMs),
    ...(await checkAntivirus(config)),
    ...(await checkWall(config)),
    ...(running ? [] : await checkPorts(config)),
  ]
}

const problem = (what: string, text: string): Check => ({ level: 'problem', what, text })
const warning = (what: string, text: string): Check => ({ level: 'warning', what, text })

const EXPIRES_SOON_MS = 30 * 86_400_000

function checkTls({ smtp: { tls } }: Config, nowMs: number): Check[] {
  return checkCertificate('smtp.tls', tls.certFile, tls.keyFile, nowMs)
}

function checkCertificate(what: string, certFile: string, keyFile: string, nowMs: number): Check[] {
  if (certFile === '') return []
  try {
    const certificate = new X509Certificate(readFileSync(certFile))
    const key = createPrivateKey(readFileSync(keyFile))
    if (!certificate.checkPrivateKey(key)) return [problem(what, `${keyFile} is not the key of ${certFile}`)]
    const leftMs = Date.parse(certificate.validTo) - nowMs
    if (leftMs <= 0) return [problem(what, `${certFile} expired on ${certificate.validTo}`)]
    return leftMs < EXPIRES_SOON_MS ? [warning(what, `${certFile} expires on ${certificate.validTo}`)] : []
  } catch (error) {
    return [problem(what, (error as Error).message)]
  }
}

/** Passwords must not cross a network in the clear, and a browser must know the portal by one name. */
function checkPortal({ portal }: Config, nowMs: number): Check[] {
  if (!portal.enabled) return []
  return PORTAL_FACES.filter(face => portal[face].enabled).flatMap(face => {
    const { address, origin, certificateFile, keyFile } = portal[face]
    const what = `portal.${face}`
    const isOpen = address !== '127.0.0.1' && address !== '::1' && address !== 'localhost'
    return [
      ...checkCertificate(what, certificateFile, keyFile, nowMs),
      ...(isOpen && certificateFile === '' ? [warning(what, 'no TLS on an address that others reach: set certificateFile and keyFile, or listen on loopback behind a TLS proxy')] : []),
      ...(isOpen && origin === '' ? [problem(`${what}.origin`, 'say what browsers call it, e.g. https://portal.town.example.jp: forms are refused under any other name')] : []),
    ]
  })
}

function checkArc({ auth: { arc } }: Config): Check[] {
  if (arc.keyFile === '') return []
  try {
    createPrivateKey(readFileSync(arc.keyFile))
    return []
  } catch (error) {
    return [problem('auth.arc.keyFile', (error as Error).message)]
  }
}

function checkFiles({ smtp, routes }: Config): Check[] {
  const hops = routes.flatMap(route => route.nextHops)
  const files: [string, string][] = [
    ['smtp.recipientFile', smtp.recipientFile],
    ...hops.map((hop): [string, string] => ['routes.nextHops.caFile', hop.kind === 'smtp' ? hop.caFile : '']),
  ]
  return files
    .filter(([, path]) => path !== '')
    .flatMap(([what, path]) => (isAllowed(path, constants.R_OK) ? [] : [problem(what, `${path} cannot be read`)]))
}

function checkFolders({ dataDir, maillog, routes }: Config): Check[] {
  const folders: [string, string][] = [
    ['dataDir', dataDir],
    ['maillog.path', maillog.path === 'stdout' ? dataDir : dirname(maillog.path)],
    ...routes.flatMap(route =>
      route.nextHops.flatMap((hop): [string, string][] =>
        hop.kind === 'maildir' ? [['routes.nextHops.maildir', hop.path]] : [],
      ),
    ),
  ]
  return folders.flatMap(([what, path]) =>
    isAllowed(nearestExisting(path), constants.W_OK | constants.X_OK)
      ? []
      : [problem(what, `${path} cannot be written by this user`)],
  )
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path))
}

function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}

function checkSpace({ dataDir, store }: Config): Check[] {
  const { bavail, bsize } = statfsSync(nearestExisting(dataDir))
  const free = bavail * bsize
  if (free < store.minFreeBytes)
    return [
      problem('store.minFreeBytes', `only ${formatBytes(free)} free on the disk of ${dataDir}: all mail would get 452`),
    ]
  return free < store.quotaBytes
    ? [warning('store.quotaBytes', `larger than what is free on the disk of ${dataDir}`)]
    : []
}

const UNIX_PATH_BYTES = 107

function checkSocketPath({ controlSocket }: Config): Check[] {
  return Buffer.byteLength(controlSocket) > UNIX_PATH_BYTES
    ? [problem('controlSocket', `${controlSocket} is longer than ${UNIX_PATH_BYTES} bytes`)]
    : []
}

/** Mail that we hand to ourselves goes round until the loop guard ends it. */
function checkNextHops({ smtp, routes, hostname }: Config): Check[] {
  const ourNames = ['localhost', '127.0.0.1', '::1', smtp.address, hostname]
  return routes.flatMap(route =>
    route.nextHops.flatMap(hop =>
      hop.kind === 'smtp' && hop.port === smtp.port && ourNames.includes(hop.host)
        ? [problem('routes', `next hop ${hop.host}:${hop.port} of route ${route.name} is this gateway itself`)]
        : [],
    ),
  )
}

function checkNames({ hostname, domains }: Config): Check[] {
  return [
    ...(hostname.includes('.')
      ? []
      : [warning('hostname', `'${hostname}' is not a full name; other mail servers may not like it`)]),
    ...(domains.includes('town.example.jp')
      ? [warning('domains', 'town.example.jp is the example: name your own domains')]
      : []),
  ]
}

function checkUser(uid: number): Check[] {
  return uid === 0 ? [warning('', 'running as root: give Sekisho users of its own (config/systemd/)')] : []
}

/** One user for all roles is safe behind a wall; without one, only users and units keep the roles apart. */
async function checkWall(config: Config): Promise<Check[]> {
  const { wall: setting } = config.sandbox
  const say = setting === 'auto' || setting === 'none' ? warning : problem
  const { wall, ...rest } = await findWall(setting, process.execPath)
  const why = wall === undefined ? (rest as { why: string }).why : obstacleToGateway(config)
  if (why === undefined) return []
  const who = wall === undefined ? 'the processes' : 'the gateway'
  return [
    say(
      'sandbox.wall',
      `no wall of the operating system around ${who} (${why}): only separate users, one per role, keep the private key from the mail side (config/systemd/)`,
    ),
  ]
}

async function isRunning({ controlSocket }: Config): Promise<boolean> {
  return controlClient(controlSocket)
    .call('status', {})
    .then(
      () => true,
      () => false,
    )
}

function checkApi({ api }: Config): Check[] {
  return api.enabled && api.tokens.length === 0 ? [warning('api.tokens', 'nobody may send files: there is no token')] : []
}

/** Asks it to scan nothing. */
async function checkAntivirus({ antivirus: { clamd, required, timeoutMs } }: Config): Promise<Check[]> {
  if (clamd === '') return []
  const scan = await createClamd({ address: clamd, timeoutMs, atOnce: 1 }).scan(nothing())
  if (scan.kind === 'clean') return []
  const text = 'why' in scan ? scan.why : `finds ${scan.name} in an empty file`
  return [(required ? problem : warning)('antivirus.clamd', text)]
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array()
}

async function checkPorts({ smtp, admin, api, portal }: Config): Promise<Check[]> {
  const listeners = [
    { what: 'smtp', ...smtp },
    ...(admin.enabled ? [{ what: 'admin', ...admin }] : []),
    ...(api.enabled ? [{ what: 'api', ...api }] : []),
    ...(portal.enabled ? PORTAL_FACES.filter(face => portal[face].enabled).map(face => ({ what: `portal.${face}`, ...portal[face] })) : []),
  ]
  const checks = await Promise.all(listeners.map(({ what, address, port }) => checkPort(what, address, port)))
  return checks.flat()
}

async function checkPort(what: string, address: string, port: number): Promise<Check[]> {
  const server = createServer()
  try {
    server.listen(port, address)
    await once(server, 'listening')
    return []
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return [problem(`${what}.port`, `cannot listen on ${address}:${port} (${code === 'EADDRINUSE' ? 'in use' : code})`)]
  } finally {
    server.close()
  }
}
