/** A file of people or of departments, read for its day of effect: for the command line and for the browser. */
import type { Day } from './day.ts'
import type { Change } from './personnel-change.ts'
import { readPersonnelFile } from './personnel-file.ts'
import { readReorganisationFile } from './reorganisation-file.ts'
import type { TableProblem } from './table-file.ts'

export type ChangeFile = { readonly kind: 'change'; readonly change: Change } | { readonly kind: 'problems'; readonly problems: readonly TableProblem[] }

export function readChange(about: Change['about'], untrusted: Uint8Array, day: Day): ChangeFile {
  if (about === 'people') {
    const read = readPersonnelFile(untrusted, day)
    return read.kind === 'problems' ? read : { kind: 'change', change: { about, lines: read.lines } }
  }
  const read = readReorganisationFile(untrusted)
  return read.kind === 'problems' ? read : { kind: 'change', change: { about, lines: read.lines } }
}
