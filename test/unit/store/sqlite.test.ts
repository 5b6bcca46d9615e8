/** The embedded engine against the contract that every engine keeps, and what is its own: threads, batches, files. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { realFiles } from '../../../store/sqlite/files.ts'
import { openStore } from '../../../store/sqlite/store.ts'
import type { OpenEngine } from '../../contract/engine.ts'
import { storeAdminContract } from '../../contract/store-admin.contract.ts'
import { storeContract } from '../../contract/store.contract.ts'
import {
  ACCEPTED_AT_MS,
  BY,
  collect,
  delivered,
  group,
  message,
  plainOriginal,
  SETTINGS,
  scratchDirectory,
  unseal,
} from './sample.ts'

const openHere: OpenEngine = (directory, over) => openStore({ directory, ...SETTINGS, ...over, files: realFiles })
storeContract('the SQLite engine', openHere)
storeAdminContract('the SQLite engine', openHere)

const DAY_MS = 24 * 60 * 60 * 1000
let directory: string
beforeEach(() => {
  directory = scratchDirectory()
})
afterEach(() => rmSync(directory, { recursive: true }))

/** Everything that is on the disk now, WAL included. */
function bytesOnDisk(): Buffer {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  return Buffer.concat(files.map(entry => readFileSync(join(entry.parentPath, entry.name))))
}

/** Niceness of each (proc_pid_stat(5), field 19). */
function threadsOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).map(thread => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])
  })
}

describe('in its own threads', () => {
  test('commits, settles, lists and exports across a restart', async () => {
    let store = await openStore({ directory, ...SETTINGS })
    const original = randomBytes(100_000)
    const accepted = message({ original: plainOriginal(original) })
    const { entries } = await store.commit(accepted)
    await Promise.all([store.settle([delivered(entries[0]!.entryId)]), store.commit(message())])
    await store.close()
    store = await openStore({ directory, ...SETTINGS })
    expect(await store.listQueue({ limit: 10 })).toHaveLength(1)
    expect(
      Buffer.from(unseal(await collect(store.exportOriginal(accepted.queueId, 'default', BY)))).equals(original),
    ).toBe(true)
    expect(await store.verifyAudit()).toMatchObject({ ok: true })
    await store.close()
  })

  test('a second opener is told so and harms nothing', async () => {
    const store = await openStore({ directory, ...SETTINGS })
    const { entries } = await store.commit(message())
    await expect(openStore({ directory, ...SETTINGS })).rejects.toThrow('another process has this store open')
    expect(await store.readMessage(entries[0]!.entryId)).toHaveLength(entries[0]!.messageBytes)
    await store.close()
  })

  test.runIf(process.platform === 'linux')('reads for people stand behind mail: their thread is lowered, and no other (niceness is a thread’s on Linux alone)', async () => {
    const own = getPriority()
    const lowered = () => threadsOf(process.pid).filter(nice => nice === 19).length
    expect(lowered()).toBe(0)
    const store = await openStore({ directory, ...SETTINGS, niceness: 19 })
    await store.commit(message())
    expect(lowered()).toBe(0)
    await store.listQueue({ limit: 10 })
    expect([lowered(), getPriority()]).toEqual([1, own])
    await store.close()
  })

  test('a recipient that is none is refused at opening', async () => {
    await expect(openStore({ directory, ...SETTINGS, recipients: { default: ['age1nonsense'] } })).rejects.toThrow(
      'not an age recipient',
    )
  })

  test('an error of the disk while opening rejects', async () => {
    mkdirSync(join(directory, 'mail.db'))
    await expect(openStore({ directory, ...SETTINGS })).rejects.toThrow()
  })
})

describe('group commit', () => {
  test('messages that arrive during a commit share the next one: two flushes of the segment for fifty-one', async () => {
    const counts = { commit: 0, sync: 0 }
    const files = {
      ...realFiles,
      async open(path: string) {
        const file = await realFiles.open(path)
        const sync = async () => {
          counts.sync++
          await file.sync()
        }
        return { ...file, sync }
      },
      commit(run: () => void) {
        counts.commit++
        run()
      },
    }
    const store = await openStore({ directory, ...SETTINGS, files })
    const large = () => message({ original: plainOriginal(randomBytes(100_000)) })
    counts.sync = 0
    const first = store.commit(large())
    const rest = await new Promise<unknown[]>(resolve => {
      // Posted one turn later: the first is being flushed by then.
      setImmediate(() => setImmediate(() => resolve(Array.from({ length: 50 }, () => store.commit(large())))))
    })
    await Promise.all([first, ...rest])
    expect(counts).toEqual({ commit: 2, sync: 2 })
    await store.close()
  })
})

describe('a message that cannot be written', () => {
  /** Three messages in one batch, the second with a queue id that is taken already. */
  async function batchWithOneFailing(store: Awaited<ReturnType<OpenEngine>>, original: Uint8Array) {
    const first = message({ original: plainOriginal(original) })
    const taken = message({ queueId: first.queueId, original: plainOriginal(randomBytes(7000)) }, randomBytes(10))
    const last = message({ original: plainOriginal(original) })
    const [audited, ...results] = await Promise.allSettled([
      store.audit({ tenant: 'default', kind: 'config', actor: 'os:root', subject: 'x', detail: {} }),
      store.commit(first),
      store.commit(taken),
      store.commit(last),
    ])
    expect([audited.status, ...results.map(({ status }) => status)]).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
    return { first, last, entries: results.flatMap(result => (result.status === 'fulfilled' ? result.value.entries : [])) }
  }

  test('fails alone: the others of its batch are written once, counted once, and audited in one chain', async () => {
    const store = await openStore({ directory, ...SETTINGS, files: realFiles })
    const original = randomBytes(5000)
    const { first, last, entries } = await batchWithOneFailing(store, original)
    expect(await store.listQueue({ limit: 10 })).toHaveLength(2)
    expect(entries.map(({ queueId }) => queueId)).toEqual([first.queueId, last.queueId])
    for (const { queueId } of [first, last])
      expect(Buffer.from(unseal(await collect(store.exportOriginal(queueId, 'default', BY)))).equals(original)).toBe(true)
    expect(await store.verifyAudit()).toMatchObject({ ok: true })
    const audit = []
    for await (const line of store.exportAudit(1)) audit.push((JSON.parse(line) as { kind: string }).kind)
    expect(audit.filter(kind => kind === 'accept' || kind === 'config')).toEqual(['config', 'accept', 'accept'])
    const { originalBytes } = await store.space()
    expect(originalBytes).toBeGreaterThan(2 * original.length)
    await store.close()
    const again = await openStore({ directory, ...SETTINGS, files: realFiles })
    expect(await again.space()).toMatchObject({ originalBytes })
    await again.close()
  })

  test('takes no confirmation with it: a message whose client heard our 250 is no copy when it comes again', async () => {
    const store = await openStore({ directory, ...SETTINGS, files: realFiles })
    const heard = message()
    await store.commit(heard)
    store.confirmReply(heard.queueId)
    await batchWithOneFailing(store, randomBytes(100))
    await store.close()
    const again = await openStore({ directory, ...SETTINGS, files: realFiles })
    expect(await again.commit({ ...heard, queueId: message().queueId })).toMatchObject({ kind: 'committed' })
    await again.close()
  })
})

describe('what stands on the disk', () => {
  const SECRET = 'the plain words of an original'

  test('nothing of a plain original, at no time', async () => {
    const store = await openStore({ directory, ...SETTINGS, files: realFiles })
    for (const length of [1, 4000, 40_000]) {
      await store.commit(message({ original: plainOriginal(Buffer.from(SECRET.repeat(length))) }))
      expect(bytesOnDisk().includes(SECRET)).toBe(false)
    }
    await store.close()
  })

  test.for([500, 5_000])(
    'after delivery the composed text (%i times) is not in the database any more, nor in a file',
    async times => {
      const store = await openStore({ directory, ...SETTINGS, files: realFiles })
      const { entries } = await store.commit(
        message({ groups: [group({ message: Buffer.from('delivered words. '.repeat(times)) })] }),
      )
      expect(bytesOnDisk().includes('delivered words')).toBe(true)
      await store.settle([delivered(entries[0]!.entryId)])
      await store.close()
      expect(bytesOnDisk().includes('delivered words')).toBe(false)
    },
  )

  test.each([
    ['under the header of its original', Date.now(), true],
    ['under its own where it outlives the original', ACCEPTED_AT_MS, false],
  ])('delivered text is kept sealed to the tenant: %s', async (_, acceptedAtMs, sharesHeader) => {
    const store = await openStore({ directory, ...SETTINGS, files: realFiles })
    const { entries } = await store.commit(message({ acceptedAtMs }))
    await store.settle([delivered(entries[0]!.entryId)])
    await store.close()
    const database = new DatabaseSync(join(directory, 'mail.db'), { readOnly: true })
    const row = database
      .prepare(
        `SELECT text_header, age_header, text.bytes AS text, original.bytes AS original FROM entries JOIN messages USING (queue_id, tenant)
         JOIN payloads text ON text.payload_id = text_payload_id JOIN payloads original ON original.payload_id = messages.payload_id`,
      )
      .get()
    database.close()
    const octets = (name: string) => Buffer.from(row?.[name] as Uint8Array)
    const text = Buffer.from(unseal(Buffer.concat([octets('text_header'), octets('text')])))
    expect(text.toString()).toContain('Subject: hello')
    expect(octets('text_header').equals(octets('age_header'))).toBe(sharesHeader)
    // The nonce in front of each payload makes its key its own.
    expect(octets('text').subarray(0, 16).equals(octets('original').subarray(0, 16))).toBe(false)
  })

  test('a purged original leaves neither header nor bytes; its segment goes when its day is over', async () => {
    const store = await openStore({ directory, ...SETTINGS, files: realFiles })
    await store.commit(message({ original: plainOriginal(randomBytes(100_000)) }))
    await store.commit(message({ original: plainOriginal(randomBytes(2_000_000)) }))
    expect(readdirSync(join(directory, 'originals'))).toHaveLength(1)
    expect(readdirSync(join(directory, 'segments'))).toHaveLength(1)
    await store.retain(ACCEPTED_AT_MS + 31 * DAY_MS)
    // Files are removed after the answer, and before the next one.
    expect((await store.space()).originalBytes).toBe(0)
    expect(readdirSync(join(directory, 'originals'))).toHaveLength(0)
    expect(readdirSync(join(directory, 'segments'))).toHaveLength(0)
    await store.close()
  })

  test('a segment stays as long as one of its messages can be opened', async () => {
    const store = await openStore({ directory, ...SETTINGS, files: realFiles })
    const [gone, kept] = [
      message({ original: plainOriginal(randomBytes(100_000)) }),
      message({ original: plainOriginal(randomBytes(100_000)) }),
    ]
    await Promise.all([store.commit(gone), store.commit(kept)])
    await store.pin(kept.queueId, 'default', true, BY)
    await store.retain(ACCEPTED_AT_MS + 31 * DAY_MS)
    expect((await collect(store.exportOriginal(kept.queueId, 'default', BY))).length).toBeGreaterThan(100_000)
    await store.close()
  })

  test('is readable by nobody else', async () => {
    const store = await openStore({ directory, ...SETTINGS, files: realFiles })
    await store.commit(message({ original: plainOriginal(randomBytes(100_000)) }))
    const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
    for (const entry of files) expect(statSync(join(entry.parentPath, entry.name)).mode & 0o077, entry.name).toBe(0)
    expect(statSync(directory).mode & 0o077).toBe(0)
    await store.close()
  })
})

describe('rows', () => {
  test('of node:sqlite have no prototype, so what we hand out is made anew', async () => {
    const database = new DatabaseSync(':memory:')
    expect(Object.getPrototypeOf(database.prepare('SELECT 1 AS one').get())).toBeNull()
    database.close()

    const store = await openStore({ directory, ...SETTINGS, files: realFiles })
    const { entries } = await store.commit(message())
    for (const row of [
      entries[0],
      (await store.listQueue({ limit: 1 }))[0],
      (await store.trace({ limit: 1 }))[0],
      await store.space(),
    ]) {
      expect(Object.getPrototypeOf(row)).toBe(Object.prototype)
    }
    await store.close()
  })

  test('a file of a newer version is not touched', async () => {
    await (await openStore({ directory, ...SETTINGS, files: realFiles })).close()
    const database = new DatabaseSync(join(directory, 'mail.db'))
    database.exec('PRAGMA user_version = 99')
    database.close()
    await expect(openStore({ directory, ...SETTINGS, files: realFiles })).rejects.toThrow('schema 99')
  })
})

test('a disk with fewer inodes than the settings ask for has no room, where the file system counts them', async () => {
  const { files } = await statfs(tmpdir())
  expect(await realFiles.freeBytes(tmpdir(), 0)).toBeGreaterThan(0)
  if (files > 0) expect(await realFiles.freeBytes(tmpdir(), files + 1)).toBe(0)
})
