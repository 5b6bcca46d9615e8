/** Opens the faces of the portal over one table of routes. */
import { availableParallelism } from 'node:os'
import { assetRoutes } from './http/assets.ts'
import { type FrameOptions, frame } from './http/frame.ts'
import { FACES, type Face, type OpenRoute, type Route, standsOn } from './http/route.ts'
import { ownPath } from './http/own-path.ts'
import { Pace } from './http/pace.ts'
import type { FaceOptions } from './http/face.ts'
import { type FaceServer, startFace } from './http/server.ts'

export type PortalOptions = Omit<FaceOptions, 'face' | 'address' | 'port' | 'origin' | 'tls' | 'trustedProxies' | 'certificateHeader' | 'clients' | 'towns' | 'frame'> & {
  readonly faces: readonly Pick<FaceOptions, 'face' | 'address' | 'port' | 'origin' | 'tls' | 'trustedProxies' | 'certificateHeader' | 'clients' | 'towns'>[]
  readonly look: Omit<FrameOptions, 'paths'>
}

export type Portal = { readonly faces: readonly FaceServer[]; close(): Promise<void> }

/** A second, at least, and however short the processor is: a thirtieth of its time. */
const PAGES_PER_CORE = 15

/** All faces, or none. */
export async function openPortal(options: PortalOptions): Promise<Portal> {
  const routes = withHouseRoutes(options.routes)
  const faces: FaceServer[] = []
  const pace = new Pace(PAGES_PER_CORE * availableParallelism()).start()
  const close = async () => {
    pace.stop()
    await Promise.all(faces.map(face => face.close()))
  }
  try {
    for (const each of options.faces) faces.push(await startFace({ ...options, ...each, routes, frame: frameOf(options, routes, each.face), turn: () => pace.turn() }))
  } catch (error) {
    await close()
    throw error
  }
  return { faces, close }
}

/** What every portal has beside its pages. */
export function withHouseRoutes(routes: readonly Route[]): readonly Route[] {
  return [...routes, ...assetRoutes, languageRoute, policyReportRoute]
}

function frameOf({ look }: PortalOptions, routes: readonly Route[], face: Face): FaceOptions['frame'] {
  const paths = new Set(routes.filter(route => route.method === 'GET' && standsOn(route, face)).map(route => route.path))
  return (page, visit) => frame(page, visit, { ...look, paths })
}

/** For whom is not signed in; afterwards it is a setting of the person. */
const languageRoute: OpenRoute = {
  method: 'POST',
  path: '/language',
  faces: FACES,
  who: 'anyone',
  handle: ({ form }) => ({ kind: 'redirect', to: ownPath(form.get('to')), language: form.get('language') === 'en' ? 'en' : 'ja' }),
}

/** What a browser's policy forbade; the line of the request in the log is the record. */
const policyReportRoute: OpenRoute = { method: 'POST', path: '/csp', faces: FACES, who: 'anyone', isSessionless: true, handle: () => ({ kind: 'nothing' }) }
