/** The scores of docs/fidelity.md by family of disarmers, for docs/disarm.md. That page is written by a campaign of its own. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Score = { readonly kind: string; readonly cells: readonly string[] }

/** Extensions of the good files that were measured. */
const FAMILY_OF: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    archive: '7z tar tgz xz zip', text: 'md txt', csv: 'csv', image: 'bmp gif ico jpg png tif tiff webp', svg: 'svg', json: 'json', xml: 'xml', html: 'html',
    calendar: 'ics', vcard: 'vcf', xls: 'xls', odf: 'odp ods odt', rtf: 'rtf', doc: 'doc', ppt: 'ppt', pdf: 'pdf', ooxml: 'docx pptx xlsx', eml: 'eml',
  }).flatMap(([family, extensions]) => extensions.split(' ').map(extension => [extension, family])),
)
export const SCORE_HEAD = ['kind', 'made by', 'files', 'rebuilt', 'faults', 'text', 'look'] as const

export function fidelityScores(root: string): ReadonlyMap<string, readonly Score[]> {
  const lines = readFileSync(join(root, 'docs/fidelity.md'), 'utf8').split('\n')
  const start = lines.indexOf(`| ${SCORE_HEAD.join(' | ')} |`)
  const end = lines.indexOf('', start)
  const scores = lines.slice(start + 2, end).map(line => {
    const cells = line.split('|').slice(1, -1).map(cell => cell.trim())
    return { kind: cells[0]!, cells }
  })
  const unknown = scores.find(({ kind }) => !Object.hasOwn(FAMILY_OF, kind))
  if (start < 0 || unknown) throw new Error(`docs/fidelity.md has ${unknown ? `files of an unknown kind: ${unknown.kind}` : 'no table of scores'}`)
  return Map.groupBy(scores, ({ kind }) => FAMILY_OF[kind]!)
}
