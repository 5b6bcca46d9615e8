/** The scores as docs/fidelity.md. */
import { extname } from 'node:path'
import type { Structures } from './judge.ts'

export type Judged = {
  readonly file: string
  /** Why it was kept back. */
  readonly kept?: string
  /** It does not open any more, or a judge failed. */
  readonly fault?: string
  readonly text?: number
  readonly look?: number
  readonly structures?: Structures | undefined
}

export function report(judged: readonly Judged[]): string {
  const groups = Map.groupBy(judged, ({ file }) => `${file.split('/')[0]} ${extname(file).slice(1)}`)
  const rows = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, members]) => {
    const [program, extension] = name.split(' ')
    const rebuilt = members.filter(({ kept }) => kept === undefined)
    return `| ${extension} | ${program} | ${members.length} | ${rebuilt.length} | ${members.filter(({ fault }) => fault).length} | ${share(rebuilt.map(({ text }) => text))} | ${share(rebuilt.map(({ look }) => look))} |`
  })
  return [
    '# Fidelity', '',
    `Written by \`node test/campaign/fidelity/run.ts FOLDER --write\`: ${judged.length} good files made by many programs from varied contents, most of it Japanese, are`,
    'rebuilt with the shipped settings, then judged by programs that are not ours. *Text*: share of the characters (in pairs of',
    'neighbours) that poppler, bsdtar or Python read before and read after; of office files by way of the PDF that LibreOffice makes. *Look*:',
    'nearness of the drawn pages or pictures, 100 % for the same pixels. Mean and, in brackets, the worst file. *Faults* are files that do',
    'not open any more.', '',
    '| kind | made by | files | rebuilt | faults | text | look |', '|---|---|---|---|---|---|---|', ...rows, '',
    '## Structures', '', 'Elements of each kind in all office files before and after, counted by Python in the XML of their parts.', '',
    '| kind of file | what | before | after |', '|---|---|---|---|', ...structures(judged), '',
    'What is expected to go: comments\' and properties\' authors, pictures that cannot be re-encoded, and what `docs/disarm.md` calls removed.', 'From .doc and .ppt only the text is taken, so they have no look, and what a PDF repeats on every page is there once. Word files',
    'of python-docx have all styles twice, in a part that nothing reads and that is left behind.', '',
  ].join('\n')
}

function share(values: readonly (number | undefined)[]): string {
  const known = values.filter(value => value !== undefined)
  if (known.length === 0) return '–'
  const percent = (value: number) => `${(Math.floor(value * 1000) / 10).toFixed(1)} %`
  return `${percent(known.reduce((sum, value) => sum + value, 0) / known.length)} (${percent(Math.min(...known))})`
}

function structures(judged: readonly Judged[]): string[] {
  const sums = new Map<string, [number, number]>()
  for (const { file, structures: found } of judged) {
    for (const [name, [before, after]] of Object.entries(found ?? {})) {
      const key = `${extname(file).slice(1)} | ${name}`
      const sum = sums.get(key) ?? [0, 0]
      sums.set(key, [sum[0] + before, sum[1] + after])
    }
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, [before, after]]) => `| ${key} | ${before} | ${after} |`)
}
