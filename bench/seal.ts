/**
 * How fast is an original sealed, beside age's own library for JavaScript?
 *
 *   npm ci --prefix bench/peers/libraries && npm run bench -- seal [rounds]
 *
 * A whole age file for one recipient (header and payload) of 5 KB, 100 KB and 10 MB in memory; `second text` is what sealing the
 * delivered text under the same header costs. Both write the same format; tests open ours with Debian's `age`.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { generateIdentity, parseRecipient, sealSmall, sealUnderKey } from '../core/seal/age.ts'
import { drawRandom } from '../store/random.ts'
import { type Contest, hold } from './load/contest.ts'
import { PEERS } from './load/starting.ts'

type Age = { readonly Encrypter: new () => { addRecipient(text: string): void; encrypt(plain: Uint8Array): Promise<Uint8Array> } }
const { Encrypter } = (await import(pathToFileURL(join(PEERS, 'libraries/node_modules/age-encryption/dist/index.js')).href)) as Age

const SIZES = { '5 KB': 5000, '100 KB': 100_000, '10 MB': 10 * 2 ** 20 } as const

const { recipient } = generateIdentity(drawRandom(32))
const recipients = [[parseRecipient(recipient)!]]
const encrypter = new Encrypter()
encrypter.addRecipient(recipient)
const fileKey = drawRandom(16)

await hold(
  Object.entries(SIZES).map(([name, length]): Contest => {
    const plain = Buffer.alloc(length, 'お世話になっております。')
    const contenders = {
      sekisho: () => sealSmall(recipients, plain, drawRandom),
      'second text': () => sealUnderKey(fileKey, plain, drawRandom),
      'age-encryption': () => encrypter.encrypt(plain),
    }
    return { name, bytes: length, contenders }
  }),
)
