/** What a load test ends with: files, the text on the terminal, the exit code. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { htmlReport } from '../loadtest/report/html.ts'
import type { Result } from '../loadtest/result.ts'
import { outputOf } from './command.ts'
import { EXIT } from './exit.ts'
import { summaryOf } from './loadtest-summary.ts'
import { print } from './output.ts'

export type TellOptions = { readonly out?: string; readonly lang: 'ja' | 'en'; readonly json?: boolean }

export function tellResult(result: Result, options: TellOptions): void {
  if (options.out !== undefined) {
    mkdirSync(options.out, { recursive: true })
    writeFileSync(join(options.out, 'loadtest.json'), JSON.stringify(result, null, 1))
    writeFileSync(join(options.out, 'loadtest.html'), htmlReport(result, options.lang))
  }
  const output = outputOf(options)
  print(output, result, () => summaryOf(output, result))
  if (!result.passed) process.exitCode = EXIT.failure
}
