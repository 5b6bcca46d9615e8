/**
 * Locked PowerPoint presentations: each object of the document has the key of its number.
 *
 *   Current User ▸ last save ▸ directory of objects ──▶ lock │ each object decrypted where it stands
 *
 * Saves and directories are plain; of an object the head tells, once decrypted, how long it is. What lies elsewhere (objects of
 * earlier saves that were replaced) stays as it is: nobody reads it.
 * Standards: MS-PPT §2.3.2 (CurrentUserAtom), §2.3.3 (UserEditAtom), §2.3.4 (PersistDirectoryAtom), §2.3.7 (CryptSession10Container).
 */
import { Buffer } from 'node:buffer'
import { type BlockKeys, Rc4 } from './rc4.ts'

const LOCKED_TOKEN = 0xf3d1c4df
const PLAIN_TOKEN = 0xe391c05f
const TOKEN_AT = 12
const LAST_SAVE_AT = 16
const USER_EDIT = 0x0ff5
const DIRECTORY = 0x1772
const CRYPT_SESSION = 0x2f14
const MOST_SAVES = 10_000
const HEAD_BYTES = 8

export type PresentationLock = { readonly info: Buffer; readonly lockId: number; readonly places: ReadonlyMap<number, number> }

/** Undefined when the stream cannot be followed. */
export function presentationLock(slides: Buffer, user: Buffer): PresentationLock | 'plain' | undefined {
  if (user.length < LAST_SAVE_AT + 4) return undefined
  if (user.readUInt32LE(TOKEN_AT) !== LOCKED_TOKEN) return 'plain'
  const places = new Map<number, number>()
  let lockId: number | undefined
  let saveAt = user.readUInt32LE(LAST_SAVE_AT)
  for (let saves = 0; saves < MOST_SAVES; saves++) {
    const save = atomAt(slides, saveAt)
    if (save?.type !== USER_EDIT || save.data.length < 28) break
    addPlaces(places, atomAt(slides, save.data.readUInt32LE(12)))
    if (lockId === undefined && save.data.length >= 32) lockId = save.data.readUInt32LE(28)
    const before = save.data.readUInt32LE(8)
    if (before === 0 || before >= saveAt) break
    saveAt = before
  }
  const lock = lockId === undefined ? undefined : atomAt(slides, places.get(lockId) ?? -1)
  return lock?.type === CRYPT_SESSION ? { info: lock.data, lockId: lockId!, places } : undefined
}

type Atom = { readonly type: number; readonly data: Buffer }

function atomAt(slides: Buffer, at: number): Atom | undefined {
  if (at < 0 || at + HEAD_BYTES > slides.length) return undefined
  const end = at + HEAD_BYTES + slides.readUInt32LE(at + 4)
  return end > slides.length ? undefined : { type: slides.readUInt16LE(at + 2), data: slides.subarray(at + HEAD_BYTES, end) }
}

/** The newest place of each object counts; runs of places for neighbouring numbers. */
function addPlaces(places: Map<number, number>, directory: Atom | undefined): void {
  if (directory?.type !== DIRECTORY) return
  const { data } = directory
  for (let at = 0; at + 4 <= data.length; ) {
    const head = data.readUInt32LE(at)
    at += 4
    for (let index = 0; index < head >>> 20 && at + 4 <= data.length; index++, at += 4) {
      const id = (head & 0xfffff) + index
      if (!places.has(id)) places.set(id, data.readUInt32LE(at))
    }
  }
}

type LockedSlides = { readonly slides: Buffer; readonly user: Buffer; readonly lock: PresentationLock }

/** Undefined when objects lie over one another or outside of the stream. */
export function decryptPresentation({ slides, user, lock }: LockedSlides, keys: BlockKeys): ReadonlyMap<string, Buffer> | undefined {
  const out = Buffer.from(slides)
  let free = slides.length
  for (const [id, at] of lock.places) {
    if (id === lock.lockId) continue
    const cipher = new Rc4(keys(id))
    if (at + HEAD_BYTES > slides.length) return undefined
    const head = cipher.apply(slides.subarray(at, at + HEAD_BYTES))
    const bytes = head.readUInt32LE(4)
    free -= HEAD_BYTES + bytes
    if (free < 0 || at + HEAD_BYTES + bytes > slides.length) return undefined
    head.copy(out, at)
    cipher.apply(slides.subarray(at + HEAD_BYTES, at + HEAD_BYTES + bytes)).copy(out, at + HEAD_BYTES)
  }
  const open = Buffer.from(user)
  open.writeUInt32LE(PLAIN_TOKEN, TOKEN_AT)
  return new Map([['PowerPoint Document', out], ['Current User', open]])
}
