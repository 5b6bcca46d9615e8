/**
 * LibreOffice as the vault sees it: a rebuilt Office file in, a PDF out, or nothing. Always optional.
 *
 *   draw ──▶ lane of boxes, one file each ──▶ PDF │ undefined (nobody there, too late, died of it, no PDF)
 *
 * The boxes (office-process.ts) are started by a launcher of their own, which may run under a user of its own. A PDF from here
 * is as untrusted as one that came by mail: it is only ever drawn in a sanitizer process.
 */
import type { OfficeFile } from '../core/preview-ways.ts'
import type { OfficeWorkshop } from './contract.ts'
import { Lane } from './lane.ts'
import { SingleJob } from './peer.ts'
import { FRAME, packet, parsePacket } from './protocol.ts'
import { Reception, type WorkerDeath } from './reception.ts'
import { UntrustworthyResult } from './untrusted-result.ts'

export type OfficeOptions = {
  readonly socketPath: string
  /** Boxes: how many stand ready, and how many there may be. */
  readonly ready: number
  readonly most: number
  readonly startWithinMs: number
  /** One file. */
  readonly drawWithinMs: number
  readonly outputBytes: number
  readonly onDeath: (death: WorkerDeath) => void
}

export type OpenOffice = OfficeWorkshop & { pids(): readonly number[]; close(): Promise<void> }

const MOST_WAITING = 20
const MOST_WAITING_BYTES = 128 * 2 ** 20
const FRAME_EXTRA_BYTES = 64 * 1024

export async function openOffice(options: OfficeOptions): Promise<OpenOffice> {
  const office = new ListeningOffice(options)
  await office.listen()
  return office
}

class ListeningOffice implements OpenOffice {
  readonly #options: OfficeOptions
  readonly #lane: Lane
  readonly #reception: Reception
  /** A box came once: this host can build them. */
  #seen = false

  constructor(options: OfficeOptions) {
    this.#options = options
    this.#reception = new Reception({
      socketPath: options.socketPath,
      mostFrameBytes: options.outputBytes + FRAME_EXTRA_BYTES,
      lanes: () => [this.#lane],
      laneOf: role => (role === 'office' ? this.#lane : undefined),
      onJoined: () => {
        this.#seen = true
      },
      onLeft: () => this.#tune(),
      onDeath: options.onDeath,
    })
    const rules = { name: 'office', jobsPerProcess: 1, promptMs: 0, growMs: 0, bytesPerProcess: Number.MAX_SAFE_INTEGER, recycleAfterJobs: 1, oneJob: true }
    this.#lane = new Lane(
      { ...rules, mostWaiting: MOST_WAITING, mostWaitingBytes: MOST_WAITING_BYTES, timeoutMs: options.drawWithinMs },
      {
        replace: peer => this.#reception.replace(peer),
        began: peer => this.#reception.launcher.began(peer.pid),
        kill: (peer, cause) => this.#reception.kill(peer, cause),
        wanting: () => this.#tune(),
      },
    )
  }

  async listen(): Promise<void> {
    await this.#reception.listen()
    this.#tune()
  }

  get available(): boolean {
    return (this.#seen || this.#options.ready === 0) && this.#reception.launcher.connected
  }

  async draw({ bytes, extension }: OfficeFile): Promise<Uint8Array | undefined> {
    if (!this.available) return undefined
    const ask = () => ({ type: FRAME.draw, parts: packet({ extension }, bytes) })
    const job = new SingleJob({ bytes: bytes.length, ask }, { type: FRAME.drawn, read: payload => readDrawn(payload, this.#options.outputBytes) })
    this.#lane.enqueue(job, this.#options.startWithinMs)
    const end = await job.ended
    return end.kind === 'answer' ? end.value : undefined
  }

  pids(): readonly number[] {
    return [...this.#lane.peers].map(peer => peer.pid)
  }

  close(): Promise<void> {
    return this.#reception.close()
  }

  /** What has its file takes no other: as many again must stand ready. */
  #tune(): void {
    const { ready, most } = this.#options
    const count = Math.min(most, Math.max(ready, this.#lane.waiting + this.#lane.inWork))
    this.#reception.launcher.want({ role: 'office', lane: 'office', count })
  }
}

const PDF_MARK = '%PDF-'

function readDrawn(untrustedPayload: Uint8Array, mostBytes: number): Uint8Array | undefined {
  const { meta, octets } = parsePacket(untrustedPayload)
  if ((meta as { kind?: unknown } | null)?.kind !== 'drawn') return undefined
  if (octets.length > mostBytes || octets.toString('latin1', 0, PDF_MARK.length) !== PDF_MARK) throw new UntrustworthyResult('no PDF')
  return octets
}
