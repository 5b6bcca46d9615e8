/**
 * The verifier: reads composed messages back by the grammar of our messages and says what differs from the manifest.
 *
 * A process of its own with neither threads, native code nor disarmers, so that whoever takes over a sanitizer
 * still cannot vouch for what it made. Work is plain main-thread work; it hangs or dies as a whole.
 */
import { pathToFileURL } from 'node:url'
import type { Manifest } from '../core/job.ts'
import { endNow, openLine, PID_OUTSIDE, watchOwnMemory } from './child-line.ts'
import { deprive } from './deprive.ts'
import type { VerifierSettings } from './child-command.ts'
import { FRAME, json, PROTOCOL_VERSION, parseJson, parsePacket } from './protocol.ts'

type VerifyComposed = (message: Uint8Array, manifest: Manifest, allowedTypes: ReadonlySet<string>) => string[] | Promise<string[]>

const settings = JSON.parse(process.argv[2] ?? '{}') as VerifierSettings
let allowedTypes: ReadonlySet<string> = new Set()
let verifyComposed: VerifyComposed | undefined

const gateway = openLine((type, id, payload) => {
  if (type === FRAME.allowedTypes) allowedTypes = new Set(parseJson(payload) as string[])
  else if (type === FRAME.verify) verify(id, payload)
})
watchOwnMemory(settings.memoryMiB)

async function verify(id: number, payload: Buffer): Promise<void> {
  const { meta, octets } = parsePacket(payload)
  gateway.send(FRAME.verified, id, json(await mismatchesOf(octets, meta as Manifest)))
}

/** The reading never throws; if it does, the message is not what was meant. */
async function mismatchesOf(message: Uint8Array, manifest: Manifest): Promise<string[]> {
  try {
    return await verifyComposed!(message, manifest, allowedTypes)
  } catch (error) {
    return [`verifier failed: ${String(error).slice(0, 200)}`]
  }
}

import(pathToFileURL(settings.module).href).then(
  loaded => {
    verifyComposed = loaded.verifyComposed as VerifyComposed
    deprive()
    gateway.send(
      FRAME.hello,
      0,
      json({ role: 'verifier', lane: settings.lane, pid: PID_OUTSIDE, version: PROTOCOL_VERSION }),
    )
  },
  () => endNow(false),
)
