/** Files that were tried and wait for the second press: for an hour, for whoever brought them, one at a time. */
import { randomBytes } from 'node:crypto'
import type { PortalDb } from '../db/open.ts'
import type { Day } from './day.ts'
import type { Person } from './person.ts'

export type FileDraft = { readonly about: 'people' | 'departments' | 'book'; readonly day: Day; readonly name: string; readonly file: Uint8Array }

const KEPT_MS = 3_600_000

export class FileDrafts {
  readonly #db: PortalDb

  constructor(db: PortalDb) {
    this.#db = db
  }

  /** Returns the number under which it is asked for. */
  keep({ personId, tenant }: Person, { file, ...about }: FileDraft): string {
    const draftId = randomBytes(16).toString('hex')
    this.#db.write(() => {
      this.#db.run('DELETE FROM file_drafts WHERE person_id = ? OR at_ms < ?', personId, this.#db.nowMs() - KEPT_MS)
      const content = JSON.stringify({ ...about, file: Buffer.from(file).toString('base64') })
      this.#db.run('INSERT INTO file_drafts VALUES (?, ?, ?, ?, ?)', draftId, tenant, personId, this.#db.nowMs(), content)
    })
    return draftId
  }

  find({ personId }: Person, draftId: string): FileDraft | undefined {
    const row = this.#db.get('SELECT content FROM file_drafts WHERE draft_id = ? AND person_id = ? AND at_ms >= ?', draftId, personId, this.#db.nowMs() - KEPT_MS)
    if (!row) return undefined
    const { file, ...about } = JSON.parse(String(row['content'])) as Omit<FileDraft, 'file'> & { readonly file: string }
    return { ...about, file: Buffer.from(file, 'base64') }
  }

  drop(draftId: string): void {
    this.#db.run('DELETE FROM file_drafts WHERE draft_id = ?', draftId)
  }
}
