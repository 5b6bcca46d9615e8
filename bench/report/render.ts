/** docs/performance.md and its plots, from the results that are kept beside them. */
import { type KeptSection, plotsAndTable } from './section-text.ts'
import { SECTIONS } from './sections.ts'
import { targetsTable } from './targets.ts'

/** As docs/performance/results.json holds them, by the id of the section. */
export type Kept = Readonly<Record<string, KeptSection>>

const HEAD = `# Performance

Made by \`npm run bench:report\` from \`docs/performance/results.json\`; not edited by hand. What the figures mean, where the time goes and
what was tried: [performance/notes.md](performance/notes.md). \`npm run bench -- NAME\` runs \`bench/NAME.ts\`, whose first comment says how it
measures. Nothing here is a test: a figure that matters is looked at, not asserted, but for the guard (\`npm run bench:guard\`).

Virtual machines share what they stand on: absolute rates differ from day to day, so only ratios of one run compare. Every system has
taken 8,000 small mails first, where nothing else is said.
`

/** Texts by path, from the root of the repository. */
export function renderReport(results: Kept): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  const parts = [HEAD, `## Targets\n\n${targetsTable(results)}\n`]
  for (const section of SECTIONS) {
    const kept = results[section.id]
    if (!kept) continue
    const { text, plots } = plotsAndTable(section, kept)
    parts.push(text)
    for (const [path, svg] of plots) files.set(path, svg)
  }
  files.set('docs/performance.md', parts.join('\n'))
  return files
}
