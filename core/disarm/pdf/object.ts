/**
 * The objects of a PDF file, as values: what parse.ts makes of octets and the shapes look at.
 *
 * Names and strings hold octets, one per UTF-16 unit (latin1). A name is kept decoded, so that `#4a#53` and `JS` are
 * the same thing from here on. Dictionaries are Maps, arrays are arrays, null is null.
 * Standards: ISO 32000-1 §7.3.
 */

export class Name {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export class Text {
  readonly octets: string
  constructor(octets: string) {
    this.octets = octets
  }
}

export class Ref {
  readonly number: number
  constructor(number: number) {
    this.number = number
  }
}

export type Dict = Map<string, Value>

export class Stream {
  readonly dict: Dict
  /** Still encoded; a view of the file that was parsed. */
  readonly untrustedData: Uint8Array
  constructor(dict: Dict, untrustedData: Uint8Array) {
    this.dict = dict
    this.untrustedData = untrustedData
  }
}

export type Value = null | boolean | number | Name | Text | Ref | Stream | Value[] | Dict

export function isDict(value: Value | undefined): value is Dict {
  return value instanceof Map
}

export function dictOf(value: Value | undefined): Dict | undefined {
  return value instanceof Stream ? value.dict : isDict(value) ? value : undefined
}

/** Text of a name, '' for anything else. */
export function nameText(value: Value | undefined): string {
  return value instanceof Name ? value.text : ''
}

/** Thrown inside core/disarm/pdf/ only, caught by the disarmer: a bound was met. */
export class OverLimit extends Error {
  override readonly name = 'OverLimit'
}

/** Thrown inside core/disarm/pdf/ only, caught by the disarmer: the file cannot be understood. */
export class Damaged extends Error {
  override readonly name = 'Damaged'
}
