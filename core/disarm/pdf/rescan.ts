/**
 * The last look at a finished file, as if somebody else had written it: it is read again, object by object, and
 * must hold nothing of the list in danger.ts, no form that draws itself, and every page that was meant.
 *
 * A file that fails here is not delivered; that would be a defect of the grammar, not of the sender.
 */
import { DANGEROUS_KEYS, DANGEROUS_KINDS, KIND_KEYS, NAME_MAPS } from './danger.ts'
import { dictOf, type Dict, isDict, nameText, Ref, Stream, type Value } from './object.ts'
import { Source } from './source.ts'

/** References that lead up or across; everything else leads down and must come to an end. */
const NOT_DOWN: ReadonlySet<string> = new Set([
  'Parent', 'P', 'Pg', 'Prev', 'Next', 'Last', 'Dest', 'D', 'OpenAction', 'Popup', 'IRT', 'Obj', 'ParentTree', 'Annots', 'Fields', 'Kids',
])

export function isHarmless(bytes: Uint8Array, objects: number): boolean {
  const source = new Source(bytes)
  for (let number = 1; number <= objects; number++) if (!isHarmlessValue(source.resolve(new Ref(number)), '')) return false
  return dictOf(source.get(source.trailer, 'Root')) !== undefined && !source.trailer.has('Encrypt') && !drawsItself(source, objects)
}

/** Nesting is that of a file we wrote, and so bounded. */
function isHarmlessValue(value: Value, key: string): boolean {
  if (Array.isArray(value)) return value.every(each => isHarmlessValue(each, key))
  const dict = dictOf(value)
  if (!dict) return !KIND_KEYS.has(key) || !DANGEROUS_KINDS.has(nameText(value))
  if (value instanceof Stream && dict.has('F')) return false
  const isMap = NAME_MAPS.has(key) && !dict.has('Type')
  for (const [inner, item] of dict) {
    if (!isMap && DANGEROUS_KEYS.has(inner)) return false
    if (!isHarmlessValue(item, isMap ? '' : inner)) return false
  }
  return true
}

/** Whether some object can be reached from itself on the way down. One visit to each object. */
function drawsItself(source: Source, objects: number): boolean {
  const done = new Uint8Array(objects + 1)
  for (let start = 1; start <= objects; start++) {
    const path = [{ number: start, below: done[start] === 0 ? referencesOf(source, start) : [] }]
    done[start] ||= 1
    while (path.length > 0) {
      const top = path.at(-1)!
      const next = top.below.pop()
      if (next === undefined) {
        done[top.number] = 2
        path.pop()
      } else if (done[next] === 1) return true
      else if (done[next] === 0) {
        done[next] = 1
        path.push({ number: next, below: referencesOf(source, next) })
      }
    }
  }
  return false
}

function referencesOf(source: Source, number: number): number[] {
  const found: number[] = []
  const waiting: Value[] = [source.resolve(new Ref(number))]
  while (waiting.length > 0) {
    const value = waiting.pop()!
    if (value instanceof Ref) found.push(value.number)
    else if (Array.isArray(value)) for (const each of value) waiting.push(each)
    else for (const [key, each] of below(value)) if (!NOT_DOWN.has(key) || isAppearance(value, key)) waiting.push(each)
  }
  return found
}

function below(value: Value): Dict {
  return value instanceof Stream ? value.dict : isDict(value) ? value : new Map()
}

/** /D is a place in most dictionaries, but the pressed look of a button in an appearance. */
function isAppearance(value: Value, key: string): boolean {
  return key === 'D' && isDict(value) && value.has('N')
}
