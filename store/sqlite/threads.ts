/**
 * Starting the store's threads and the channels to them.
 */
import { once } from 'node:events'
import { MessageChannel, Worker } from 'node:worker_threads'
import type { StoreBroken } from '../contract.ts'
import { Channel } from './channel.ts'
import type { FileOps } from './files.ts'
import type { StoreSettings, WriterCalls } from './protocol.ts'
import type { ReaderCalls } from './reader.ts'
import { serveReader, serveWriter } from './serve.ts'

type OnBroken = (error: StoreBroken) => void
const THREAD = new URL('./thread.ts', import.meta.url)

export type Running<Calls extends { [Name in keyof Calls]: [unknown, unknown] }> = {
  readonly channel: Channel<Calls>
  /** Resolves when the thread has ended. */
  readonly stop: () => Promise<void>
}

/** The writer in a thread of its own. Rejects when the store cannot be opened. */
export async function startWriter(
  directory: string,
  settings: StoreSettings,
  onBroken: OnBroken,
): Promise<Running<WriterCalls>> {
  const { port1, port2 } = new MessageChannel()
  const worker = new Worker(THREAD, {
    workerData: { role: 'writer', port: port2, directory, settings },
    transferList: [port2],
  })
  let failure = 'the store thread ended'
  worker.on('error', error => {
    failure = `the store thread failed: ${(error as Error).message}` // 'exit' follows
  })
  const died = new Promise<string>(resolve => worker.once('exit', () => resolve(failure)))
  await Promise.race([once(port1, 'message'), died.then(cause => Promise.reject(new Error(cause)))])
  const channel = new Channel<WriterCalls>(port1, onBroken)
  void died.then(cause => channel.break(cause))
  return { channel, stop: () => stopThread(worker, channel) }
}

/** The writer in this thread, on other files: for tests that fail or stop it between two steps. */
export async function startWriterHere(
  directory: string,
  settings: StoreSettings,
  files: FileOps,
  onBroken: OnBroken,
): Promise<Running<WriterCalls>> {
  const { port1, port2 } = new MessageChannel()
  await serveWriter(port2, directory, settings, files)
  const channel = new Channel<WriterCalls>(port1, onBroken)
  return { channel, stop: async () => channel.close() }
}

/** `niceness`: of the reader, whose questions are those of people who look; mail goes before them. */
export function startReader(directory: string, { here, niceness }: { readonly here: boolean; readonly niceness: number }): Running<ReaderCalls> {
  const { port1, port2 } = new MessageChannel()
  if (here) {
    serveReader(port2, directory)
    const channel = new Channel<ReaderCalls>(port1, () => {})
    return { channel, stop: async () => channel.close() }
  }
  const worker = new Worker(THREAD, { workerData: { role: 'reader', port: port2, directory, niceness }, transferList: [port2] })
  const channel = new Channel<ReaderCalls>(port1, () => {})
  worker.on('error', error => channel.break(`the reader thread failed: ${(error as Error).message}`))
  return { channel, stop: () => stopThread(worker, channel) }
}

async function stopThread(worker: Worker, channel: { close(): void }): Promise<void> {
  channel.close()
  await worker.terminate()
}
