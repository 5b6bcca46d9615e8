/**
 * The portal as a process of its own: it serves pages on up to three listeners, writes portal.db, and asks the gateway
 * and the vault for everything else. It has no rights to mail, originals or keys, and parses nothing of a sender's.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import { tokenMethods } from '../portal/api/control.ts'
import type { PeopleDesk } from '../portal/admin/people-desk.ts'
import { portalExchanges, portalMethods } from '../portal/control.ts'
import type { House } from '../portal/house.ts'
import { FIRST_TENANT } from '../portal/http/place.ts'
import { FACES, type Face } from '../portal/http/route.ts'
import { openKeeping } from '../portal/keeping/keeping.ts'
import { openPortal, type Portal, type PortalOptions } from '../portal/open.ts'
import { ClassTeller } from '../portal/people/class-book.ts'
import { dayOf } from '../portal/people/day.ts'
import { reachOf } from '../portal/people/reach.ts'
import { allRoutes } from '../portal/routes.ts'
import { adminDesk } from './admin-desk.ts'
import { type RpcOptions, startRpc } from '../rpc/server.ts'
import type { ConfigSource } from './config-source.ts'
import { EXIT, Failure } from './exit.ts'
import { mailClient } from './mail-client.ts'
import { portalSocket, vaultSocket } from './places.ts'
import { firstOriginOf, townsOf } from './portal-towns.ts'
import { runLetters } from './portal-letters.ts'
import { type Isolation, isolation } from './portal-isolation.ts'
import { requestRooms, runClock } from './portal-requests.ts'
import { entranceOf, findSession, openPortalRooms, type PortalRooms } from './portal-rooms.ts'
import { type ReadyAddresses, sayReady } from './ready.ts'
import { toldToStop } from './told-to-stop.ts'
import { vaultClient } from './vault-client.ts'

const MINUTE_MS = 60_000

export async function runPortal(config: Config, source: ConfigSource): Promise<void> {
  if (!config.portal.enabled) throw new Failure(EXIT.failure, 'portal.enabled is false')
  const told = toldToStop()
  mkdirSync(join(config.dataDir, 'portal'), { recursive: true, mode: 0o700 })
  const rooms = await openPortalRooms(config)
  const mail = mailClient(config.controlSocket)
  const vault = vaultClient(vaultSocket(config))
  const requests = requestRooms(config, rooms, { mail, vault })
  const isolated = isolation(requests, rooms)
  // People open their link on the first face that is served; which that is, is known once it listens.
  let served: Portal | undefined
  const linkOrigin = (tenant: string) => firstOriginOf(config, tenant) ?? served?.faces[0]?.origin ?? ''
  const house = houseOf({ config, source, rooms }, { mail, vault, requests, isolated, linkOrigin })
  const portal = await openPortal(portalOptions(config, rooms, house))
  served = portal
  const stopClock = runClock(requests, { seeEmergency: async () => isolated.seen((await house.admin.operations.health()).emergency) }, complain('requests'))
  const stopLetters = runLetters(house, rooms, complain('letters'))
  const control = await startRpc(controlOptions(config, rooms, linkOrigin))
  const stopDays = runDays(rooms, house, new ClassTeller({ ...rooms, mail }))
  sayReady(addressesOf(portal))
  sayFirstLinks(config, portal, rooms)
  await told
  stopClock()
  stopLetters()
  stopDays()
  await control.close()
  const late = setTimeout(() => process.exit(EXIT.ok), config.shutdownMs)
  await portal.close()
  rooms.tokens.close()
  rooms.db.close()
  clearTimeout(late)
  if (process.connected) process.disconnect?.()
}

function portalOptions(config: Config, rooms: PortalRooms, house: House): PortalOptions {
  const { portal, contact } = config
  return {
    faces: FACES.filter(face => portal[face].enabled).map(face => listenerOf(face, config.tenants, portal[face])),
    routes: allRoutes(house, entranceOf(rooms, config)),
    look: { name: portal.name, contact },
    uploadBytes: portal.uploadBytes,
    stepUpMs: portal.stepUpMinutes * MINUTE_MS,
    nowMs: Date.now,
    findSession: (cookie, face) => findSession(rooms, cookie, face),
    admitToken: (authorization, use) => rooms.tokens.admit(authorization, use),
    onRequest: line => {
      if (portal.log === 'stderr') process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), portal: line })}\n`)
    },
    onError: (requestId, error) => complain(requestId)(error),
  }
}

type Given = { readonly config: Config; readonly source: ConfigSource; readonly rooms: PortalRooms }

function houseOf({ config, source, rooms }: Given, { isolated, linkOrigin, ...others }: Pick<House, 'mail' | 'vault' | 'requests'> & { readonly isolated: Isolation; readonly linkOrigin: PeopleDesk['linkOrigin'] }): House {
  const { contact, portal: { era, uploadBytes }, vault: { lockAgain } } = config
  return { ...others, era, contact, uploadBytes, lockAgain, reach: reachOf(rooms), keeping: openKeeping(rooms.db), admin: adminDesk({ config, source, shutOut: isolated.shutOut, tell: mail => others.requests.outbox.add(mail), linkOrigin, outbox: others.requests.outbox }, rooms) }
}

function listenerOf(face: Face, tenants: Config['tenants'], { address, port, origin, certificateFile, keyFile, clientCaFile, trustedProxies, certificateHeader, clients }: Config['portal']['inner']): PortalOptions['faces'][number] {
  const tls = keyFile === '' ? undefined : { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certificateFile, 'utf8'), clientCa: clientCaFile === '' ? '' : readFileSync(clientCaFile, 'utf8') }
  return { face, address, port, origin: origin.replace(/\/$/, ''), tls, trustedProxies, certificateHeader, clients, towns: townsOf(tenants, face) }
}

function controlOptions(config: Config, rooms: PortalRooms, linkOrigin: PeopleDesk['linkOrigin']): RpcOptions {
  const options = { rooms, origin: linkOrigin, invitationHours: config.portal.password.invitationHours }
  return { socketPath: portalSocket(config), methods: { ...portalMethods(options), ...tokenMethods(rooms.tokens) }, exchanges: portalExchanges(options), onError: complain('control') }
}

/** Once a minute. Personnel changes take effect on their day, those of missed days at once, and open requests pass on; uses of tokens are written down, audit records past their time go; the gateway hears of changed classes. Returns how to stop it. */
function runDays({ db, changes, tokens }: PortalRooms, { requests: { desk } }: House, classes: ClassTeller): () => void {
  changes.tell((moved, by) => {
    const successors = moved.flatMap(({ personId, successorIds }) => (successorIds[0] === undefined ? [] : [[personId, successorIds[0]] as const]))
    desk.peopleChanged(new Map(successors), by)
  })
  const turn = () => {
    try {
      changes.turn(dayOf(Date.now()))
      tokens.turn(Date.now())
      db.retainAudit()
    } catch (error) {
      complain('once a minute')(error)
    }
    classes.turn(Date.now()).catch(complain('classes'))
  }
  turn()
  const timer = setInterval(turn, MINUTE_MS)
  return () => clearInterval(timer)
}

/** Once for each town, to whoever runs this host: while nobody can sign in there. */
function sayFirstLinks({ tenants }: Config, { faces }: Portal, { welcome }: PortalRooms): void {
  const face = faces.find(each => each.face === 'admin') ?? faces[0]
  if (!face) return
  for (const { tenant, origin } of [{ tenant: FIRST_TENANT, origin: face.origin }, ...townsOf(tenants, face.face)]) {
    const link = welcome.firstLink(tenant)
    if (link) process.stderr.write(`sekisho: there is no administrator${tenant === FIRST_TENANT ? '' : ` of ${tenant}`} yet; register the first one within a day at ${origin}/welcome/${link}\n`)
  }
}

/** `where`: the room, or the number of a request. */
function complain(where: string): (error: unknown) => void {
  return error => void process.stderr.write(`sekisho: portal: ${where}: ${error instanceof Error ? error.stack : String(error)}\n`)
}

const LINE_NAMES = { inner: 'portal', outer: 'outer', admin: 'manage' } as const

function addressesOf(portal: Portal): ReadyAddresses {
  return Object.fromEntries(portal.faces.map(({ face, at }) => [LINE_NAMES[face], at]))
}
