/**
 * Golden corpus: each test/golden/<suite>/<name>.eml is sanitized and compared with
 *   <name>.out.eml      the exact bytes that would be relayed
 *   <name>.report.json  verdict, outcomes, findings
 * and `<name>.why` says in prose what the case is for. Private mail: golden/private/ (git-ignored).
 * The suite `ambiguity` is written from test/support/ambiguity-cases.ts.
 */
import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkCanonical } from '../../core/mime/canonical.ts'
import { AMBIGUITY_CASES } from '../support/ambiguity-cases.ts'
import { expectGolden } from '../support/golden.ts'
import { NAMING_TOOLS, sanitizeBytes, testGroup, testJob, testPolicy } from '../support/job.ts'

/** File name of a case of the table: its group and name, what no file system likes as its number. */
function ambiguityStem(group: string, name: string): string {
  const slug = (text: string) => text.replace(/[^A-Za-z0-9-]/g, each => (each === ' ' ? '-' : `x${each.charCodeAt(0).toString(16)}`)).toLowerCase()
  return `test/golden/ambiguity/${slug(group)}--${slug(name)}`
}

const ambiguity = Object.entries(AMBIGUITY_CASES).flatMap(([group, cases]) =>
  cases.map(([name, message, ...codes]) => ({
    stem: ambiguityStem(group, name),
    message: Buffer.from(message, 'latin1'),
    why: `MIME ambiguity, ${group}: ${name}. ${codes.length > 0 ? `Must be noted as ${codes.join(', ')}.` : 'Nothing to note.'}\n`,
  })),
)
if (process.env['GOLDEN'] === 'accept') {
  for (const { stem, message, why } of ambiguity) {
    expectGolden(`${stem}.eml`, message)
    expectGolden(`${stem}.why`, Buffer.from(why))
  }
}

const stems = globSync('test/golden/**/*.why').map(path => path.slice(0, -'.why'.length)).sort()

test('the corpus is there', () => expect(stems.length).toBeGreaterThanOrEqual(40))

test('every case says why it is there', () => {
  for (const stem of stems) expect(readFileSync(`${stem}.why`, 'utf8').trim().length, stem).toBeGreaterThan(20)
})

test('the suite of ambiguities is the table, no more and no less', () => {
  for (const { stem, message, why } of ambiguity) {
    expectGolden(`${stem}.eml`, message)
    expectGolden(`${stem}.why`, Buffer.from(why))
  }
  const inSuite = stems.filter(stem => stem.startsWith('test/golden/ambiguity/'))
  expect(inSuite).toEqual(ambiguity.map(({ stem }) => stem).sort())
})

describe('the golden corpus comes out as accepted', () => {
  test.each(stems)('%s', async stem => {
    const { groups, verdict, summary } = await sanitizeBytes(readFileSync(`${stem}.eml`), testJob(), NAMING_TOOLS)
    const [group] = groups
    expect(checkCanonical(group!.message)).toBeUndefined()
    expectGolden(`${stem}.out.eml`, group!.message)
    expectGolden(`${stem}.report.json`, Buffer.from(`${JSON.stringify({ ...group!.report, verdict, summary }, null, 1)}\n`))
  })
})

/** Header and text of our own output, without what each passage adds: trace fields, notice, loop mark. */
function essence(message: Uint8Array): string {
  const text = Buffer.from(message).toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  const header = text.slice(0, end).replace(/\r\n[ \t]+/g, ' ')
  const kept = header.split('\r\n').filter(line => !/^(?:Received|X-Sekisho-Loop|Authentication-Results): /i.test(line))
  return `${kept.join('\n')}\n\n${text.slice(end + 4)}`
}

describe('sanitizing our own output again changes nothing more', () => {
  const quiet = testGroup({ policy: testPolicy('disarm', { links: 'keep' }), ownDomains: [] })
  test.each(stems)('%s', async stem => {
    const job = testJob({ groups: [quiet] })
    const once = (await sanitizeBytes(readFileSync(`${stem}.eml`), job)).groups[0]!
    // The second passage may only mark our own notice as a quotation (that is its purpose); the third changes nothing.
    const again = (await sanitizeBytes(once.message, job)).groups[0]!
    const third = (await sanitizeBytes(again.message, job)).groups[0]!
    expect(essence(third.message)).toBe(essence(again.message))
    expect(again.report.parts.every(part => part.outcome !== 'quarantined'), 'nothing of ours is kept back').toBe(true)
    expect(again.manifest.files).toEqual(once.manifest.files)
  })
})
