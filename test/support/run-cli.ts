/** Runs one command line in this process and gives back what a shell would see. */
import { vi } from 'vitest'
import { run } from '../../cli/main.ts'

export type CliResult = { readonly code: number; readonly out: string; readonly err: string }

export async function runCli(...args: readonly string[]): Promise<CliResult> {
  const written = { out: '', err: '' }
  const spies = (['out', 'err'] as const).map(name =>
    vi.spyOn(name === 'out' ? process.stdout : process.stderr, 'write').mockImplementation(((
      chunk: string | Uint8Array,
      ...rest: unknown[]
    ) => {
      written[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1')
      const done = rest.findLast(each => typeof each === 'function') as (() => void) | undefined
      done?.()
      return true
    }) as typeof process.stdout.write),
  )
  try {
    const code = await run(args)
    return { code, ...written }
  } finally {
    for (const spy of spies) spy.mockRestore()
    process.exitCode = undefined
  }
}
