/**
 * What a person does in the portal: signs in once, then reads lists and mails, looks at previews and takes files.
 *
 * The pages are found by following links from the first one, or named in a file. Only GET: load must not change anything
 * but the audit log.
 */
import { type Browser, hiddenFields, linksOf } from './browser.ts'

export type Page = { readonly path: string; readonly weight: number; readonly kind: string }

export type Login = { readonly login: string; readonly password: string; readonly code: string }

/** Families of pages with what each gets of all requests; the pages of a family share it. */
const FAMILIES: readonly { readonly kind: string; readonly pattern: RegExp; readonly weight: number }[] = [
  { kind: 'list', pattern: /^\/(\?.*)?$/, weight: 30 },
  { kind: 'mail', pattern: /^\/m\/[^/?]+$/, weight: 35 },
  { kind: 'preview', pattern: /^\/m\/[^/]+\/preview\//, weight: 15 },
  { kind: 'download', pattern: /^\/m\/[^/]+\/files\//, weight: 12 },
  { kind: 'other', pattern: /^\/(shelf|requests)$/, weight: 8 },
]

const LOOKED_AT = 25

/** Login and password, then the six digits. Throws when the portal does not let one in. */
export async function signIn(browser: Browser, { login, password, code }: Login): Promise<void> {
  const entrance = await browser.get('/sign-in')
  const second = await browser.post('/sign-in', { ...hiddenFields(entrance.text, '/sign-in'), login, password })
  if (second.path !== '/second-factor')
    throw new Error(`signing in led to ${second.path} (${second.status}), not to the second factor`)
  const inside = await browser.post('/second-factor', { ...hiddenFields(second.text, '/second-factor'), code })
  if (inside.status !== 200 || inside.path === '/second-factor' || inside.path === '/sign-in')
    throw new Error(`the second factor led to ${inside.path} (${inside.status})`)
}

/** From the list to the mails on it, and from those to previews and files. */
export async function findPages(browser: Browser): Promise<Page[]> {
  const first = await browser.get('/')
  if (first.status !== 200 || first.path !== '/')
    throw new Error(`the first page led to ${first.path} (${first.status}): the session is not valid`)
  const found = new Set(['/', ...linksOf(first.text)])
  for (const path of [...found].filter(each => /^\/m\/[^/?]+$/.test(each)).slice(0, LOOKED_AT)) {
    const mail = await browser.get(path)
    for (const link of linksOf(mail.text)) found.add(link)
  }
  return weighted([...found])
}

export function weighted(paths: readonly string[]): Page[] {
  const kindOf = (path: string) => FAMILIES.findIndex(({ pattern }) => pattern.test(path))
  return paths.flatMap(path => {
    const family = FAMILIES[kindOf(path)]
    if (!family) return []
    const alike = paths.filter(each => kindOf(each) === kindOf(path)).length
    return [{ path, kind: family.kind, weight: family.weight / alike }]
  })
}

/** `WEIGHT PATH [KIND]` a line; without a kind the path names itself. Undefined when a line is none of that. */
export function parsePages(text: string): Page[] | undefined {
  const lines = text.split(/\r?\n/).filter(line => line.trim() !== '' && !line.startsWith('#'))
  const pages = lines.map(line => {
    const [, weight, path, kind] = /^\s*(\d+(?:\.\d+)?)\s+(\/\S*)(?:\s+(\S+))?\s*$/.exec(line) ?? []
    return path === undefined ? undefined : { path, weight: Number(weight), kind: kind ?? path }
  })
  return pages.length > 0 && pages.every(page => page !== undefined && page.weight > 0) ? (pages as Page[]) : undefined
}
