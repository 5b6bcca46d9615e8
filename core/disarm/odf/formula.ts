/**
 * Formulas of OpenDocument sheets: which compute from the sheets themselves.
 *
 *   of:=SUM([.A1:.B2]) ──▶ prefix ▸ references ▸ function names ──▶ kept │ the stored value stays alone
 *
 * Only the OpenFormula language is understood. A reference may name a cell or a sheet of this file; a file before the
 * `#` makes the formula one that reaches outside, as does a function that is not on the list.
 * Standards: ODF 1.3 part 4 (OpenFormula) §5.8 (references), §5.12 (syntax).
 */
import { isHarmlessFormula } from '../ooxml/formulas.ts'
import type { XmlElement } from '../xml.ts'
import { NS } from './vocabulary.ts'

const CELL = String.raw`(?:\$?(?:'(?:[^']|'')*'|[^\s'"#\[\]:.;()]{1,64}))?\.(?:\$?[A-Z]{1,3}\$?\d{1,7}|\$?[A-Z]{1,3}|\$?\d{1,7}|\$?#REF!(?:\$?\d{1,7}|#REF!)?)`
const REFERENCE = new RegExp(String.raw`\[(?:${CELL})(?::${CELL})?\]|\[#REF!\]|"(?:[^"]|"")*"`, 'g')
const LONGEST = 16_384
/** Conditions of input rules and formats are functions of their own around a formula. */
const CONDITIONS = /\b(?:is-true-formula|formula-is|cell-content(?:-[a-z-]+)?|cell-content-text-length[a-z-]*)(?=\()/g

/** Whether a formula or condition with its prefix, e.g. `of:=…`, computes from this file alone. */
export function computesInside(untrustedValue: string, element: XmlElement): boolean {
  const match = /^([A-Za-z]{1,20}):([\s\S]*)$/.exec(untrustedValue)
  if (match && element.namespaceOf(match[1]!) === NS.of) return isHarmlessExpression(match[2]!)
  return false
}

/** The same for a condition, whose prefix may be missing. */
export function comparesInside(untrustedValue: string, element: XmlElement): boolean {
  return computesInside(untrustedValue, element) || (!/^[A-Za-z]{1,20}:/.test(untrustedValue) && isHarmlessExpression(untrustedValue))
}

function isHarmlessExpression(expression: string): boolean {
  if (expression.length > LONGEST) return false
  const plain = expression
    .replace(REFERENCE, each => (each[0] === '[' ? 'A1' : each))
    .replace(CONDITIONS, '')
    .replace(/#(?:REF|N\/A|VALUE|DIV\/0|NAME|NUM|NULL)[!?]?/g, '0')
  return !/[[\]#]|:\/\//.test(plain.replace(/"(?:[^"]|"")*"/g, '')) && isHarmlessFormula(plain, { keepLinks: true })
}
