/**
 * Style and script of the pages: read once, served under a name with their digest, so that browsers may keep them.
 * Colours and spacing are the Digital Agency's design tokens.
 */
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { FACES, type OpenRoute } from './route.ts'

const FOLDER = join(import.meta.dirname, '../assets')
const TOKENS = fileURLToPath(import.meta.resolve('@digital-go-jp/design-tokens/dist/tokens.css'))

const style = assetOf('portal.css', 'text/css; charset=utf-8', Buffer.concat([readFileSync(TOKENS), readFileSync(join(FOLDER, 'portal.css'))]))
const script = assetOf('portal.js', 'text/javascript; charset=utf-8', readFileSync(join(FOLDER, 'portal.js')))

export const STYLE_PATH = style.path
export const SCRIPT_PATH = script.path

export const assetRoutes: readonly OpenRoute[] = [
  ...[style, script].map(({ path, mediaType, bytes }): OpenRoute => ({ method: 'GET', path, faces: FACES, who: 'anyone', isSessionless: true, handle: () => ({ kind: 'asset', mediaType, bytes }) })),
  { method: 'GET', path: '/favicon.ico', faces: FACES, who: 'anyone', isSessionless: true, handle: () => ({ kind: 'nothing' }) },
]

function assetOf(name: string, mediaType: string, bytes: Uint8Array) {
  return { path: `/assets/${hash('sha256', bytes).slice(0, 12)}/${name}`, mediaType, bytes }
}
