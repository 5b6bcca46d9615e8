import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Kept, renderReport } from '../../bench/report/render.ts'
import { TARGETS } from '../../bench/report/targets.ts'

const results = JSON.parse(readFileSync('docs/performance/results.json', 'utf8')) as Kept
const files = renderReport(results)

describe('docs/performance.md and its plots are what its results say; npm run bench:report -- --render writes them', () => {
  test.each([...files.keys()])('%s', path => {
    expect(readFileSync(path, 'utf8')).toBe(files.get(path))
  })
})

test('a target whose benchmark was not run is neither met nor missed', () => {
  const text = renderReport({}).get('docs/performance.md')!
  expect(text.match(/not measured/g)).toHaveLength(TARGETS.length)
  expect(text).not.toMatch(/\| (?:met|\*\*missed\*\*) \|/)
})
