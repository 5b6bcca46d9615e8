/**
 * Answers calls that come over a port: the writer's and the reader's end of a Channel.
 * The same in a thread of its own (thread.ts) and, for tests with other files, in the caller's thread.
 */
import { readFileSync } from 'node:fs'
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { publicKeyOf } from '../audit.ts'
import { type FileOps, realFiles } from './files.ts'
import { layoutOf } from './layout.ts'
import { openState } from './opening.ts'
import type { Answer, Call, StoreSettings, WriterCalls } from './protocol.ts'
import { answerReader, type ReaderCalls } from './reader.ts'
import { openForReading } from './schema.ts'
import { Tallies } from './tallies.ts'
import { Writer } from './writer.ts'

/** First answer (id 0): the store is open. Rejects when it cannot be opened. */
export async function serveWriter(
  port: MessagePort,
  directory: string,
  settings: StoreSettings,
  files: FileOps = realFiles,
): Promise<void> {
  const opened = await openState(directory, settings, files)
  const post = (answers: readonly Answer[]) => port.postMessage(answers)
  const writer = new Writer(opened, files, { post, drain: () => drainPort(port) })
  port.on('message', (calls: readonly Call<WriterCalls>[]) => void writer.take(calls))
  port.on('close', () => void writer.abandon())
  post([{ id: 0 }])
}

export function serveReader(port: MessagePort, directory: string): void {
  const layout = layoutOf(directory)
  const database = openForReading(layout.database)
  const publicKey = publicKeyOf(readFileSync(layout.auditKey, 'utf8'))
  let opened: Tallies | undefined
  const tallies = () => (opened ??= new Tallies(layout.tallies, database))
  port.on('close', () => {
    opened?.close()
    if (database.isOpen) database.close()
  })
  port.on('message', (calls: readonly Call<ReaderCalls>[]) =>
    port.postMessage(calls.map(call => answerReader({ database, layout, publicKey, tallies }, call))),
  )
}

/** Calls that arrived while this thread was busy: they join the next batch without a turn of the event loop. */
function drainPort(port: MessagePort): Call<WriterCalls>[] {
  const calls: Call<WriterCalls>[] = []
  for (;;) {
    const received = receiveMessageOnPort(port) as { message: readonly Call<WriterCalls>[] } | undefined
    if (!received) return calls
    calls.push(...received.message)
  }
}
