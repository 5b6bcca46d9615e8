/**
 * Large files that somebody brings in, piece by piece, so that a sending that broke off goes on where it stopped. Each piece is
 * sealed as it comes; the whole is opened once, for the engine, and its pieces go.
 *
 *   begin ─▶ row ─▶ piece (at the offset that is wanted) ─▶ <kept>/pieces/<id>-<offset>.age ─▶ … ─▶ finish ─▶ bringing.ts
 *
 * A piece at another offset is not taken; the answer says which one is wanted. What nobody finishes goes after a day.
 */
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Asker, Brought, PiecesState, Refusal } from '../core/purposes.ts'
import { parseRecipient, sealSmall } from '../core/seal/age.ts'
import { makeHarmlessLine } from '../core/text/harmless.ts'
import { collectWithin } from '../rpc/octets.ts'
import { readRecipient } from '../store/keys.ts'
import { drawRandom } from '../store/random.ts'
import type { Row } from '../store/sqlite/own-database.ts'
import { bringFile } from './bringing.ts'
import { refuse } from './entrance.ts'
import type { House } from './house.ts'

export type PiecesPlace = { readonly folder: string; /** The folder that has `recipients/`. */ readonly keys: string }

/** Held in memory while it is sealed. */
export const MOST_PIECE_BYTES = 8 * 1024 * 1024
const MOST_OPEN = 20
const KEPT_MS = 86_400_000
const ID = /^[0-9a-f]{32}$/

export class Pieces {
  readonly #house: House
  readonly #place: PiecesPlace

  constructor(house: House, place: PiecesPlace) {
    this.#house = house
    this.#place = place
  }

  begin({ name, mediaType, size }: { readonly name: string; readonly mediaType: string; readonly size: number }, by: Asker): PiecesState | Refusal {
    const { database, rules } = this.#house
    if (size < 1 || size > rules().limits.fileBytes) return refuse('too-large')
    const uploadId = randomBytes(16).toString('hex')
    return database.write(() => {
      const open = Number(database.get('SELECT count(*) AS count FROM uploads WHERE tenant = ? AND actor = ?', by.tenant, by.actor)?.['count'])
      if (open >= MOST_OPEN) return refuse('rate')
      database.run('INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?, 0, ?)', uploadId, by.tenant, by.actor, makeHarmlessLine(name, 300), mediaType.slice(0, 200), size, database.nowMs() + KEPT_MS)
      return { kind: 'pieces', uploadId, received: 0, size }
    })
  }

  state(uploadId: string, by: Asker): PiecesState | Refusal {
    const row = this.#own(uploadId, by)
    return row ? stateOf(row) : refuse('gone')
  }

  /** Durable when it resolves. */
  async add(uploadId: string, offset: number, bytes: AsyncIterable<Uint8Array>, by: Asker): Promise<PiecesState | Refusal> {
    const { database } = this.#house
    const octets = await collectWithin(bytes, MOST_PIECE_BYTES)
    const row = this.#own(uploadId, by)
    if (!row) return refuse('gone')
    const { received, size } = stateOf(row)
    if (!octets || received + octets.length > size) return refuse('too-large')
    if (offset !== received || octets.length === 0) return stateOf(row)
    await this.#seal(this.#path(uploadId, offset), octets, by)
    database.write(() => database.run('UPDATE uploads SET received = ? WHERE upload_id = ? AND received = ?', received + octets.length, uploadId, received))
    return this.state(uploadId, by)
  }

  /** Through the engine, as a file that came in one go. */
  async finish(uploadId: string, mailbox: string, by: Asker): Promise<Brought | Refusal> {
    const row = this.#own(uploadId, by)
    if (!row) return refuse('gone')
    const { received, size } = stateOf(row)
    if (received !== size) return refuse('gone')
    const file = { name: String(row['name']), mediaType: String(row['media_type']), bytes: this.#opened(uploadId, by), mailbox }
    const brought = await bringFile(this.#house, file, by)
    // A server that is busy is asked again for the same file.
    if (brought.kind === 'brought' || (brought.reason !== 'busy' && brought.reason !== 'rate')) await this.#forget(uploadId)
    return brought
  }

  /** Returns how many went. */
  async expire(): Promise<number> {
    const { database } = this.#house
    const rows = database.all('SELECT upload_id FROM uploads WHERE until_ms <= ?', database.nowMs())
    for (const row of rows) await this.#forget(String(row['upload_id']))
    return rows.length
  }

  #own(uploadId: string, { tenant, actor }: Asker): Row | undefined {
    const { database } = this.#house
    return ID.test(uploadId) ? database.get('SELECT * FROM uploads WHERE upload_id = ? AND tenant = ? AND actor = ? AND until_ms > ?', uploadId, tenant, actor, database.nowMs()) : undefined
  }

  async #seal(path: string, octets: Uint8Array, { tenant }: Asker): Promise<void> {
    const recipient = parseRecipient(await readRecipient(this.#place.keys, tenant))
    if (!recipient) throw new Error(`no recipient of tenant ${tenant}`)
    const { headers, payload } = sealSmall([[recipient]], octets, drawRandom)
    await mkdir(this.#place.folder, { recursive: true, mode: 0o700 })
    const file = await open(path, 'w', 0o600)
    try {
      await file.writeFile(Buffer.concat([headers[0]!, ...payload]))
      await file.sync()
    } finally {
      await file.close()
    }
  }

  async *#opened(uploadId: string, { tenant }: Asker): AsyncGenerator<Uint8Array> {
    for (const offset of await this.#offsets(uploadId)) yield* this.#house.unsealing.open(tenant, createReadStream(this.#path(uploadId, offset)))
  }

  async #offsets(uploadId: string): Promise<number[]> {
    const names = (await readdir(this.#place.folder).catch(() => [])).filter(name => name.startsWith(`${uploadId}-`))
    return names.map(name => Number.parseInt(name.slice(uploadId.length + 1), 10)).sort((a, b) => a - b)
  }

  async #forget(uploadId: string): Promise<void> {
    const { database } = this.#house
    database.write(() => database.run('DELETE FROM uploads WHERE upload_id = ?', uploadId))
    for (const offset of await this.#offsets(uploadId)) await rm(this.#path(uploadId, offset), { force: true })
  }

  #path(uploadId: string, offset: number): string {
    return join(this.#place.folder, `${uploadId}-${offset}.age`)
  }
}

function stateOf(row: Row): PiecesState {
  return { kind: 'pieces', uploadId: String(row['upload_id']), received: Number(row['received']), size: Number(row['size']) }
}
