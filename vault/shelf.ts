/**
 * The shelf: rebuilt files that somebody asked for, sealed to their tenant until their time is over. Never an original.
 *
 *   <kept>/shelf/<id>.age    one file each; a row says what it is. Files without a row go at the start.
 */
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Asker, ShelfFile } from '../core/purposes.ts'
import { parseRecipient, sealSmall } from '../core/seal/age.ts'
import { readRecipient } from '../store/keys.ts'
import { drawRandom } from '../store/random.ts'
import type { OwnDatabase, Row } from '../store/sqlite/own-database.ts'
import { collect, type Unsealing } from './unsealing.ts'

export type Rebuilt = { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array }

export type ShelfPlace = {
  readonly database: OwnDatabase
  readonly unsealing: Unsealing
  readonly folder: string
  /** The folder that has `recipients/`. */
  readonly keys: string
}

const ID = /^[0-9a-f]{32}$/

export class Shelf {
  readonly #place: ShelfPlace

  private constructor(place: ShelfPlace) {
    this.#place = place
  }

  static async open(place: ShelfPlace): Promise<Shelf> {
    await mkdir(place.folder, { recursive: true, mode: 0o700 })
    const shelf = new Shelf(place)
    const known = new Set(place.database.all('SELECT shelf_id FROM shelf').map(row => `${String(row['shelf_id'])}.age`))
    for (const name of await readdir(place.folder)) if (!known.has(name)) await rm(join(place.folder, name), { force: true })
    return shelf
  }

  /** Durable when it resolves. */
  async put({ name, mediaType, bytes }: Rebuilt, untilMs: number, { tenant, actor }: Asker): Promise<ShelfFile> {
    const { database, keys } = this.#place
    const id = randomBytes(16).toString('hex')
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const recipient = parseRecipient(await readRecipient(keys, tenant))
    if (!recipient) throw new Error(`no recipient of tenant ${tenant}`)
    const { headers, payload } = sealSmall([[recipient]], bytes, drawRandom)
    await writeFlushed(this.#path(id), [headers[0]!, ...payload])
    database.write(() => {
      database.run('INSERT INTO shelf VALUES (?, ?, ?, ?, ?, ?, ?, ?)', id, tenant, actor, name, mediaType, bytes.length, sha256, untilMs)
      database.audit({ tenant, kind: 'shelf', actor, subject: id, detail: { name, mediaType, bytes: bytes.length, sha256, untilMs } })
    })
    return { id, name, mediaType, bytes: bytes.length, sha256, untilMs }
  }

  find(id: string, { tenant }: Asker): ShelfFile | undefined {
    const { database } = this.#place
    const row = ID.test(id) ? database.get('SELECT * FROM shelf WHERE shelf_id = ? AND tenant = ? AND until_ms > ?', id, tenant, database.nowMs()) : undefined
    return row && fileFrom(row)
  }

  async read({ id }: ShelfFile, { tenant }: Asker): Promise<Uint8Array> {
    return collect(this.#place.unsealing.open(tenant, createReadStream(this.#path(id))))
  }

  /** Returns how many went. */
  async expire(): Promise<number> {
    const { database } = this.#place
    const rows = database.all('SELECT shelf_id FROM shelf WHERE until_ms <= ?', database.nowMs())
    for (const row of rows) {
      const id = String(row['shelf_id'])
      await rm(this.#path(id), { force: true })
      database.write(() => database.run('DELETE FROM shelf WHERE shelf_id = ?', id))
    }
    return rows.length
  }

  #path(id: string): string {
    return join(this.#place.folder, `${id}.age`)
  }
}

function fileFrom(row: Row): ShelfFile {
  return {
    id: String(row['shelf_id']),
    name: String(row['name']),
    mediaType: String(row['media_type']),
    bytes: Number(row['bytes']),
    sha256: String(row['sha256']),
    untilMs: Number(row['until_ms']),
  }
}

async function writeFlushed(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(Buffer.concat(pieces))
    await file.sync()
  } finally {
    await file.close()
  }
}
