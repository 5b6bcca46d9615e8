/**
 * Which address belongs to which class of confidentiality (機密性), as the portal told it: mailboxes, departments, aliases and
 * lists are its knowledge, and the gateway needs what comes of them when it accepts a mail.
 *
 *   portal ──control socket, a town at a time, in pieces──▶ here ──▶ groups.ts     kept in a file for the next start
 *
 * A piece that is missing leaves what was told before: a town's book changes as a whole.
 */
import type { Classification } from '../../core/classification.ts'
import { readIfThere, writeDurably } from '../../store/durable-file.ts'

export type ClassPiece = {
  readonly tenant: string
  readonly isFirst: boolean
  readonly isLast: boolean
  /** Addresses, lower case. */
  readonly addresses: Readonly<Record<Classification, readonly string[]>>
}

const CLASSES = [1, 2, 3] as const
/** Of one town; a book that grows further is a fault of its teller. */
const MOST_ADDRESSES = 500_000
type Town = Map<string, Classification>

export class ClassBook {
  readonly #path: string
  #towns = new Map<string, Town>()
  readonly #coming = new Map<string, Town>()

  private constructor(path: string) {
    this.#path = path
  }

  /** A file that cannot be read is told, and made anew by what the portal tells next. */
  static async open(path: string, onError: (error: unknown) => void): Promise<ClassBook> {
    const book = new ClassBook(path)
    try {
      const text = await readIfThere(path)
      if (text !== undefined) book.#towns = new Map((JSON.parse(text) as [string, [string, Classification][]][]).map(([tenant, rows]) => [tenant, new Map(rows)]))
    } catch (error) {
      onError(error)
    }
    return book
  }

  /** Handed around without its book. */
  readonly classOf = (tenant: string, mailbox: string): Classification | undefined => this.#towns.get(tenant)?.get(mailbox.toLowerCase())

  /** Whether the book of this town is whole now. @throws when a piece comes out of turn. */
  async tell({ tenant, isFirst, isLast, addresses }: ClassPiece): Promise<boolean> {
    const town: Town | undefined = isFirst ? new Map() : this.#coming.get(tenant)
    if (!town) throw new RangeError(`the first piece of ${tenant} is missing`)
    for (const each of CLASSES) for (const address of addresses[each]) town.set(address, each)
    if (town.size > MOST_ADDRESSES) throw new RangeError(`more than ${MOST_ADDRESSES} addresses`)
    if (!isLast) {
      this.#coming.set(tenant, town)
      return false
    }
    this.#coming.delete(tenant)
    this.#towns.set(tenant, town)
    await writeDurably(this.#path, JSON.stringify([...this.#towns].map(([id, rows]) => [id, [...rows]])), 0o600)
    return true
  }
}
