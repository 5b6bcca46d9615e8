/**
 * No process of ours leaves its memory on a disk: passwords that people typed, keys and opened originals are in it. The limit is
 * taken down once, in the supervisor, and everything that it starts inherits it. Units of systemd say the same (`LimitCORE=0`).
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** util-linux's own program: this runtime has no call for it. */
export async function forbidCoreDumps(say: (line: string) => void): Promise<void> {
  if (process.platform !== 'linux') return
  await promisify(execFile)('prlimit', ['--pid', String(process.pid), '--core=0:0']).catch((error: Error) => say(`sekisho: warning: core dumps are not switched off (${error.message.split('\n')[0]}): set ulimit -c 0\n`))
}
