/** Opens the faces of the portal over one table of routes. */
import { assetRoutes } from './http/assets.ts'
import { type FrameOptions, frame, problemPage } from './http/frame.ts'
import { FACES, type Face, type OpenRoute, type Problem, type Route } from './http/route.ts'
import { ownPath } from './http/own-path.ts'
import { type FaceOptions, type FaceServer, startFace } from './http/server.ts'

export type PortalOptions = Omit<FaceOptions, 'face' | 'address' | 'port' | 'origin' | 'tls' | 'trustedProxies' | 'certificateHeader' | 'clients' | 'frame' | 'problemPage'> & {
  readonly faces: readonly Pick<FaceOptions, 'face' | 'address' | 'port' | 'origin' | 'tls' | 'trustedProxies' | 'certificateHeader' | 'clients'>[]
  readonly look: Omit<FrameOptions, 'paths'>
}

export type Portal = { readonly faces: readonly FaceServer[]; close(): Promise<void> }

const STATUS: Readonly<Record<Problem | 'failed', 400 | 403 | 404 | 409 | 413 | 429 | 500 | 503>> = {
  'not-found': 404,
  'not-allowed': 403,
  forged: 403,
  'bad-request': 400,
  conflict: 409,
  'too-large': 413,
  'too-many': 429,
  unavailable: 503,
  failed: 500,
}

/** All faces, or none. */
export async function openPortal(options: PortalOptions): Promise<Portal> {
  const routes: readonly Route[] = [...options.routes, ...assetRoutes, languageRoute, policyReportRoute]
  const faces: FaceServer[] = []
  try {
    for (const each of options.faces) faces.push(await startFace({ ...options, ...each, routes, ...drawing(options, routes, each.face) }))
  } catch (error) {
    await Promise.all(faces.map(face => face.close()))
    throw error
  }
  return { faces, close: async () => void (await Promise.all(faces.map(face => face.close()))) }
}

function drawing({ look }: PortalOptions, routes: readonly Route[], face: Face): Pick<FaceOptions, 'frame' | 'problemPage'> {
  const paths = new Set(routes.filter(route => route.method === 'GET' && route.faces.includes(face)).map(route => route.path))
  return {
    frame: (page, visit) => frame(page, visit, { ...look, paths }),
    problemPage: (problem, visit) => problemPage(problem, visit, STATUS[problem]),
  }
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
const policyReportRoute: OpenRoute = { method: 'POST', path: '/csp', faces: FACES, who: 'anyone', handle: () => ({ kind: 'nothing' }) }
