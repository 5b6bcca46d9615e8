/**
 * Around a whole run of the system tests: one folder that everything is written below, and at the end no process may be at work there.
 * What still is gets named and ended, and the run fails: whatever a test starts it stops, also when it fails itself.
 */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { end, isAlive } from './processes.ts'

/** For what has been told to end already. */
const GRACE_MS = 5000

/** Called by Vitest before the first file; what it returns after the last one. */
export default function useFolder(): () => Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-run-'))
  // Peers work in it as users of their own.
  chmodSync(folder, 0o755)
  process.env['TMPDIR'] = folder
  return async () => {
    const left = await leftOf(folder)
    for (const { pid } of left) end(pid, 'SIGKILL')
    if (!process.env['SYSTEM_TEST_KEEP']) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    if (left.length > 0) throw new Error(`these processes were not stopped by the test that started them:\n${left.map(({ pid, what }) => `${pid} ${what}`).join('\n')}`)
  }
}

type Left = { readonly pid: number; readonly what: string }

async function leftOf(folder: string): Promise<Left[]> {
  const untilMs = Date.now() + GRACE_MS
  for (;;) {
    const left = atWorkBelow(folder)
    if (left.length === 0 || Date.now() > untilMs) return left
    await delay(100)
  }
}

/** By their current folder, which may be gone meanwhile, or by a path among their arguments. */
function atWorkBelow(folder: string): Left[] {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(Number)
  return pids.flatMap(pid => {
    const [cwd, what] = [cwdOf(pid), argumentsOf(pid)]
    return isAlive(pid) && pid !== process.pid && (cwd.startsWith(folder) || what.includes(folder)) ? [{ pid, what: `${what} (in ${cwd})` }] : []
  })
}

function cwdOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return ''
  }
}

function argumentsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim()
  } catch {
    return ''
  }
}
