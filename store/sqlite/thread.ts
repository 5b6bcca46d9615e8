/**
 * Entry of the store's threads: one writer, and one reader when operators look. Neither has the SMTP event loop.
 */
import { setPriority } from 'node:os'
import { type MessagePort, workerData } from 'node:worker_threads'
import type { StoreSettings } from './protocol.ts'
import { serveReader, serveWriter } from './serve.ts'

type ThreadData =
  | {
      readonly role: 'writer'
      readonly port: MessagePort
      readonly directory: string
      readonly settings: StoreSettings
    }
  | { readonly role: 'reader'; readonly port: MessagePort; readonly directory: string; readonly niceness: number }

const data = workerData as ThreadData
if (data.role === 'writer') await serveWriter(data.port, data.directory, data.settings)
else {
  // Linux lowers the thread that asks; elsewhere it would be the whole process (setpriority(2), *C library/kernel differences*).
  if (process.platform === 'linux' && data.niceness > 0) setPriority(data.niceness)
  serveReader(data.port, data.directory)
}
