/** Fields of a query or form, whatever was sent: text or nothing. */
import type { Fields } from './route.ts'

const LONGEST = 100_000
const MOST = 1_000

/** Of what Fastify has parsed: an object of texts and lists of texts. Anything else is no field. */
export function fieldsOf(parsed: unknown): Fields {
  const values = typeof parsed === 'object' && parsed !== null ? (parsed as Readonly<Record<string, unknown>>) : {}
  const all = (name: string): readonly string[] => {
    if (!Object.hasOwn(values, name)) return []
    return [values[name]].flat().slice(0, MOST).filter(each => typeof each === 'string').map(each => each.slice(0, LONGEST).toWellFormed())
  }
  return { all, get: name => all(name)[0] ?? '', names: Object.keys(values).slice(0, MOST) }
}
