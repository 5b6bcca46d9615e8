/** `sekisho loadtest compare A B`: two results, what became better and what worse. */
import { readFileSync, writeFileSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { compare, htmlComparison, problemOfResult, valueIn } from '../loadtest/report/compare.ts'
import type { Result } from '../loadtest/result.ts'
import { outputOf, plainLeaf } from './command.ts'
import { EXIT, Failure } from './exit.ts'
import { asPercent } from './loadtest-options.ts'
import { print, table } from './output.ts'

type CompareOptions = {
  readonly json?: boolean
  readonly tolerance: number
  readonly failIfWorse?: boolean
  readonly html?: string
  readonly lang: 'ja' | 'en'
}

export function compareCommand(): Command {
  return plainLeaf('compare', 'compare the loadtest.json of two runs', [EXIT.ok, EXIT.failure, EXIT.usage])
    .addOption(
      new Option('--tolerance <percent>', 'smaller differences count as none').argParser(asPercent).default(10, '10%'),
    )
    .addOption(new Option('--fail-if-worse', 'fail when anything became worse'))
    .addOption(new Option('--html <file>', 'write the comparison there too'))
    .addOption(new Option('--lang <lang>', 'language of the HTML').choices(['ja', 'en']).default('ja'))
    .argument('<a>')
    .argument('<b>')
    .action(compareFiles)
}

function compareFiles(a: string, b: string, options: CompareOptions): void {
  const [first, second] = [readResult(a), readResult(b)]
  const compared = compare(first, second, options.tolerance)
  if (options.html !== undefined)
    writeFileSync(
      options.html,
      htmlComparison(first, second, { tolerancePercent: options.tolerance, lang: options.lang }),
    )
  const output = outputOf(options)
  print(output, compared, () =>
    table(
      output,
      ['MEASURE', 'A', 'B', ''],
      compared.map(each => [each.name, valueIn(each.unit, each.first), valueIn(each.unit, each.second), each.change]),
    ),
  )
  if (options.failIfWorse && compared.some(({ change }) => change === 'worse')) process.exitCode = EXIT.failure
}

function readResult(file: string): Result {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Failure(EXIT.usage, `${file}: ${(error as Error).message}`)
  }
  const problem = problemOfResult(value)
  if (problem !== undefined) throw new Failure(EXIT.usage, `${file} ${problem}`)
  return value as Result
}
