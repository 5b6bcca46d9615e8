/** Programs of others as children of a test: run to the end, or kept running until the test ends them. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'

export type Ran = { readonly code: number; readonly output: string }

const LIMIT_MS = 60_000

/** Standard output and error together, and the exit code; `input` is closed behind it. */
export function runProgram(file: string, args: readonly string[], input = ''): Promise<Ran> {
  return new Promise(resolve => {
    const child = execFile(file, [...args], { timeout: LIMIT_MS, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr })
    })
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

export class Running {
  readonly #child: ChildProcess
  said = ''

  constructor(file: string, args: readonly string[]) {
    this.#child = spawn(file, [...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    const keep = (text: Buffer) => void (this.said += text.toString())
    this.#child.stdout?.on('data', keep)
    this.#child.stderr?.on('data', keep)
    this.#child.on('error', error => void (this.said += error.message))
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return
    const ended = new Promise(done => this.#child.once('exit', done))
    this.#child.kill('SIGTERM')
    await ended
  }
}
