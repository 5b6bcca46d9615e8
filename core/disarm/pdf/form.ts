/**
 * Form fields as plain fields: what they are called, hold and look like; no actions, no scripts, no order of
 * calculation, no XFA. Signature fields are not fields any more: a rebuilt file cannot carry a signature.
 * Standards: ISO 32000-1 §12.7.
 */
import { ANNOTATION } from './annotation.ts'
import { formLink, resources } from './graphics.ts'
import { type Dict, dictOf, nameText } from './object.ts'
import type { ObjectShape, Rebuild } from './rebuild.ts'
import { anyBoolean, anyName, anyNumber, anyString, dictionary, either, listOf, names, numbers, object, plainDict, type Table, tuple } from './shapes.ts'

const MOST_PARENTS = 32

const fieldValue = either(anyString, anyName, listOf(anyString))
const widgetLook = dictionary('widget-look', {
  R: anyNumber, BC: numbers, BG: numbers, CA: anyString, RC: anyString, AC: anyString, I: formLink, RI: formLink, IX: formLink, IF: plainDict, TP: anyNumber,
})
const FIELD: Table = {
  DR: (value, job) => resources(value, job),
  FT: names('Btn', 'Tx', 'Ch'), T: anyString, TU: anyString, TM: anyString, Ff: anyNumber, V: fieldValue, DV: fieldValue, DA: anyString, Q: anyNumber,
  MaxLen: anyNumber, Opt: listOf(either(anyString, tuple(anyString, anyString))), TI: anyNumber, I: numbers,
  Parent: object(() => fieldShape), Kids: listOf(object(() => fieldShape)), H: names('N', 'I', 'O', 'P', 'T'), MK: object(() => widgetLook),
}

let table: Table | undefined

export const fieldShape: ObjectShape = {
  name: 'field',
  fits: (value, job) => dictOf(value) === value && looksLikeField(value as Dict, job) && !isSignature(value as Dict, job),
  write: (value, job) => {
    // Tables of modules that know each other can only be joined once both are there.
    table ??= { ...ANNOTATION, Subtype: names('Widget'), ...FIELD }
    const isWidget = nameText(job.source.get(value as Dict, 'Subtype')) === 'Widget'
    return dictionary('field', table, isWidget ? { fixed: '/Type/Annot' } : {}).write(value, job)
  },
}

function looksLikeField(dict: Dict, job: Rebuild): boolean {
  return nameText(job.source.get(dict, 'Subtype')) === 'Widget' || dict.has('FT') || dict.has('T') || dict.has('Kids')
}

/** By its own type or that of a field above it. */
export function isSignature(dict: Dict, job: Rebuild): boolean {
  let field: Dict | undefined = dict
  for (let level = 0; field && level < MOST_PARENTS; level++) {
    const type = nameText(job.source.get(field, 'FT'))
    if (type !== '') return type === 'Sig'
    field = dictOf(job.source.get(field, 'Parent'))
  }
  return false
}

const formShape = dictionary('acro-form', {
  Fields: listOf(object(() => fieldShape)), NeedAppearances: anyBoolean, DA: anyString, Q: anyNumber, DR: (value, job) => resources(value, job),
})

/** `/AcroForm 5 0 R` of the new file, '' without fields. */
export function formEntry(catalog: Dict, job: Rebuild): string {
  const form = dictOf(job.source.get(catalog, 'AcroForm'))
  if (!form) return ''
  for (const [key, what] of [['XFA', 'scripts'], ['CO', 'actions']] as const) if (form.has(key) && !job.keeps('forms')) job.removed(what)
  const fields = job.source.get(form, 'Fields')
  if (!job.keeps('forms') || !Array.isArray(fields) || !fields.some(field => object(() => fieldShape)(field, job) !== undefined)) return ''
  return `/AcroForm ${job.add(form, formShape)}`
}
