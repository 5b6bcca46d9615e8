/** Exit codes of every command, and the error that carries one. Documented in docs/cli.md. */

export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  /** As in sysexits.h (EX_TEMPFAIL): try again later. */
  unavailable: 75,
} as const

export const EXIT_MEANINGS: Readonly<Record<number, string>> = {
  [EXIT.ok]: 'done',
  [EXIT.failure]: 'failed, or something was found wrong',
  [EXIT.usage]: 'wrong usage: command, option or value',
  [EXIT.unavailable]: 'not now: no server is running, or it does not answer',
}

/** Ends a command with a message on standard error. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly exitCode: number

  constructor(exitCode: number, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}
