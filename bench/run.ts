/**
 * Runs one benchmark: `npm run bench -- NAME [ARGUMENTS]` is `node bench/NAME.ts [ARGUMENTS]`.
 *
 * Each file of this folder answers one question and says in its first comment how it measures; without a name
 * they are listed. What they found stands in docs/performance.md.
 */
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const [name, ...rest] = process.argv.slice(2)
const names = readdirSync(import.meta.dirname)
  .filter(file => file.endsWith('.ts') && file !== 'run.ts')
  .map(file => file.slice(0, -3))

if (name !== undefined && names.includes(name)) run(join(import.meta.dirname, `${name}.ts`))
else {
  process.stderr.write(`usage: npm run bench -- NAME [ARGUMENTS]\nNAME is one of: ${names.join(', ')}\n`)
  process.exitCode = 2
}

function run(file: string): void {
  const child = spawn(process.execPath, ['--no-warnings', file, ...rest], { stdio: 'inherit' })
  child.on('exit', code => {
    process.exitCode = code ?? 1
  })
}
