/**
 * A part of a message as it stands in addresses of pages and in names of fields: `2`, `1.2`, and for files inside it `2-0-3`
 * (the fourth of the first). A message that is one part as a whole is `message`.
 */
import type { MemberReport, PartReport, Report } from '../core/verdict.ts'
import type { PartRef } from './ports.ts'

export type Place = Pick<PartRef, 'partId' | 'member'>

const KEY = /^(message|\d{1,4}(?:\.\d{1,4}){0,31})((?:-\d{1,6}){0,16})$/

export function partKey({ partId, member }: Place): string {
  return [partId === '' ? 'message' : partId, ...member].join('-')
}

/** Undefined when it is none. */
export function parsePartKey(untrusted: string): Place | undefined {
  const found = KEY.exec(untrusted)
  if (!found) return undefined
  return { partId: found[1] === 'message' ? '' : found[1]!, member: found[2]!.split('-').slice(1).map(Number) }
}

export type Piece = Place & { readonly key: string; readonly file: PartReport | MemberReport; readonly outermost: PartReport }

/** What a report says of a place; undefined when there is no such thing in it. */
export function pieceAt(report: Report, { partId, member }: Place): Piece | undefined {
  const outermost = report.parts.find(part => part.id === partId)
  let file: PartReport | MemberReport | undefined = outermost
  for (const index of member) file = file?.members?.[index]
  return outermost && file && { partId, member, key: partKey({ partId, member }), file, outermost }
}

/** A part and every file inside it, outermost first. */
export function piecesOf(part: PartReport): Piece[] {
  const pieces: Piece[] = []
  const add = (file: PartReport | MemberReport, member: readonly number[]): void => {
    pieces.push({ partId: part.id, member, key: partKey({ partId: part.id, member }), file, outermost: part })
    for (const [index, inner] of (file.members ?? []).entries()) add(inner, [...member, index])
  }
  add(part, [])
  return pieces
}
