/**
 * The line that says where everything listens: `sekisho ready smtp=… portal=… outer=… manage=… admin=…`.
 *
 * A role on its own prints its part of it; under the supervisor the parts come together into one line.
 */

/** In the order of the line. */
const NAMES = ['smtp', 'portal', 'outer', 'manage', 'admin', 'api'] as const
export type ReadyAddresses = Partial<Readonly<Record<(typeof NAMES)[number], string>>>

/** Called once a role takes work. */
export function sayReady(addresses: ReadyAddresses): void {
  if (process.send && process.connected) process.send({ ready: addresses })
  else process.stdout.write(readyLine(addresses))
}

export function readyLine(addresses: ReadyAddresses): string {
  const named = NAMES.filter(name => addresses[name] !== undefined).map(name => ` ${name}=${addresses[name]}`)
  return `sekisho ready${named.join('')}\n`
}

/** Mail does not wait for the others to be ready for longer than this. */
const OTHERS_WITHIN_MS = 20_000

/** Waits for the parts of all roles; after a restart of one, its part is said again with those of the others. */
export class ReadyParts<Role extends string> {
  readonly #waiting: Set<Role>
  readonly #parts = new Map<Role, ReadyAddresses>()
  readonly #main: Role
  readonly #say: (line: string) => void
  #timer: NodeJS.Timeout | undefined

  constructor(roles: readonly Role[], main: Role, say: (line: string) => void) {
    this.#waiting = new Set(roles)
    this.#main = main
    this.#say = say
  }

  add(role: Role, addresses: ReadyAddresses): void {
    this.#waiting.delete(role)
    this.#parts.set(role, addresses)
    if (this.#waiting.size === 0) this.#sayNow()
    else if (this.#parts.has(this.#main)) this.#timer ??= setTimeout(() => this.#sayNow(), OTHERS_WITHIN_MS).unref()
  }

  /** A role that will not come back. */
  giveUp(role: Role): void {
    this.#parts.delete(role)
    if (this.#waiting.delete(role) && this.#waiting.size === 0) this.#sayNow()
  }

  #sayNow(): void {
    clearTimeout(this.#timer)
    if (this.#parts.has(this.#main)) this.#say(readyLine(Object.assign({}, ...this.#parts.values())))
  }
}
