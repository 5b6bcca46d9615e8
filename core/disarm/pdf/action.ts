/**
 * Where a click leads: inside the file, to an address on the web, or nowhere.
 *
 * Named destinations are looked up here and written out, so the new file needs no tree of names. Every other action
 * is left behind and counted by what it would have done.
 * Standards: ISO 32000-1 §12.3.2 (destinations), §12.6 (actions).
 */
import type { ObjectKind } from '../../objects.ts'
import { stringText } from './lexer.ts'
import { type Dict, dictOf, isDict, Name, nameText, Ref, Text, type Value } from './object.ts'
import type { Rebuild } from './rebuild.ts'
import { anyNumber, either } from './shapes.ts'

const WEB_ADDRESS = /^(?:https?:\/\/|mailto:|tel:)[!-~\x80-\xff]*$/i
const MOST_ADDRESS_OCTETS = 4096
/** How a page is shown, and how many numbers go with it. */
const FITS: Readonly<Record<string, number>> = { XYZ: 3, Fit: 0, FitH: 1, FitV: 1, FitR: 4, FitB: 0, FitBH: 1, FitBV: 1 }
const TURNS = ['NextPage', 'PrevPage', 'FirstPage', 'LastPage']

const KINDS: Readonly<Record<string, ObjectKind>> = {
  JavaScript: 'scripts', URI: 'hyperlinks', GoToR: 'externalLinks', GoToE: 'externalLinks', Rendition: 'media', Movie: 'media', Sound: 'media',
  GoTo3DView: 'media', RichMediaExecute: 'media',
}

const MOST_NAMES = 100_000
const MOST_TREE_DEPTH = 40

/** `[3 0 R/XYZ 0 700 0]` for a place in this file; undefined for any other. */
export function destination(value: Value, job: Rebuild): string | undefined {
  const found = namedPlace(job.source.resolve(value), job)
  if (!Array.isArray(found) || !(found[0] instanceof Ref)) return undefined
  const page = job.pageNumbers.get(found[0].number)
  if (page === undefined) return undefined
  const fit = nameText(job.source.resolve(found[1]))
  const count = Object.hasOwn(FITS, fit) ? FITS[fit]! : 0
  const numbers = Array.from({ length: count }, (_, index) => anyNumber(found[index + 2] ?? null, job) ?? 'null')
  return `[${page} 0 R/${count === 0 && fit !== 'FitB' ? 'Fit' : fit}${numbers.map(each => ` ${each}`).join('')}]`
}

function namedPlace(value: Value, job: Rebuild): Value {
  const name = value instanceof Text ? value.octets : value instanceof Name ? value.text : undefined
  const place = name === undefined ? value : job.source.resolve(job.namedPlaces.get(name))
  return isDict(place) ? job.source.get(place, 'D') : place
}

/** Reads /Dests and the tree of names once. */
export function readNamedPlaces(catalog: Dict, job: Rebuild): void {
  const old = job.source.get(catalog, 'Dests')
  if (isDict(old)) for (const [name, value] of old) job.namedPlaces.set(name, value)
  readNameTree(job.source.get(dictOf(job.source.get(catalog, 'Names')), 'Dests'), job)
}

function readNameTree(root: Value, job: Rebuild): void {
  const waiting: [node: Value, depth: number][] = [[root, 0]]
  for (let visited = 0; waiting.length > 0 && visited < MOST_NAMES; visited++) {
    const [node, depth] = waiting.pop()!
    const dict = dictOf(job.source.resolve(node))
    const names = job.source.get(dict, 'Names')
    if (Array.isArray(names)) {
      for (let index = 0; index + 1 < names.length && job.namedPlaces.size < MOST_NAMES; index += 2) {
        const name = job.source.resolve(names[index])
        if (name instanceof Text) job.namedPlaces.set(name.octets, names[index + 1]!)
      }
    }
    const kids = job.source.get(dict, 'Kids')
    if (Array.isArray(kids) && depth < MOST_TREE_DEPTH) for (const kid of kids.slice(0, MOST_NAMES)) waiting.push([kid, depth + 1])
  }
}

/** `/Dest[…]` or `/A<<…>>` of something that can be clicked; undefined when nothing harmless is left to click for. */
export function clickEntry(dict: Dict, job: Rebuild): string | undefined {
  const place = destination(dict.get('Dest') ?? null, job)
  if (place !== undefined) return `/Dest${place}`
  const action = dictOf(job.source.get(dict, 'A'))
  return action && either(placeEntry, addressEntry, turnEntry)(action, job)
}

function placeEntry(action: Value, job: Rebuild): string | undefined {
  if (kindOf(action, job) !== 'GoTo') return undefined
  const place = destination(dictOf(action)?.get('D') ?? null, job)
  return place && `/Dest${place}`
}

function addressEntry(action: Value, job: Rebuild): string | undefined {
  if (kindOf(action, job) !== 'URI' || !job.keeps('hyperlinks')) return undefined
  const address = job.source.get(dictOf(action), 'URI')
  if (!(address instanceof Text) || address.octets.length > MOST_ADDRESS_OCTETS || !WEB_ADDRESS.test(address.octets)) return undefined
  return `/A<</S/URI/URI${stringText(address.octets)}>>`
}

function turnEntry(action: Value, job: Rebuild): string | undefined {
  const turn = kindOf(action, job) === 'Named' ? nameText(job.source.get(dictOf(action), 'N')) : ''
  return TURNS.includes(turn) ? `/A<</S/Named/N/${turn}>>` : undefined
}

function kindOf(action: Value, job: Rebuild): string {
  return nameText(job.source.get(dictOf(action), 'S'))
}

/** Counts what does not cross: the action itself when `lost`, and what would have followed it. */
export function countActions(value: Value | undefined, job: Rebuild, lost: boolean): void {
  const action = dictOf(job.source.resolve(value))
  if (!action) return
  if (lost) {
    const kind = kindOf(action, job)
    const missing = kind === 'GoTo' || kind === ''
    if (!missing) job.removed(Object.hasOwn(KINDS, kind) ? KINDS[kind]! : 'actions')
  }
  if (action.has('Next')) job.removed('actions')
}
