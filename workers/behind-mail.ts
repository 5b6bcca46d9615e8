/**
 * Who stands behind mail when the processor is short: pages, pictures, files over HTTP. Mail that waits is a sender's timeout,
 * a page that waits is a person's second. `nice` replaces itself by the program, so every thread of it, and everything
 * it starts, has the lower weight from the beginning; a program that lowers itself leaves its first threads where they were.
 *
 * Niceness alone weighs threads within one session only where the kernel groups them by it (sched_autogroup_enabled, on in
 * Debian): each session is a group, and all groups weigh the same. Our processes have sessions of their own, so the group is
 * lowered too (sched(7), *The autogroup feature*). Below systemd each unit is a group, and its CPUWeight counts.
 */
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

const PLACES = ['/usr/bin/nice', '/bin/nice']
/** Who is not root may lower one group in a tenth of a second, all users together; somebody else may be first. */
const TRIES = 10
const BETWEEN_TRIES_MS = 150

/** The command itself on a host without `nice`. Each step of niceness is a quarter of the weight; where mail leaves the processor free, nothing is slower. */
export function behindMail(command: readonly string[], niceness: number): string[] {
  const nice = niceness === 0 ? undefined : PLACES.find(path => existsSync(path))
  return nice === undefined ? [...command] : [nice, '-n', String(niceness), ...command]
}

/** The whole session of a process that leads one. Does nothing where sessions are no groups, or the process has ended. */
export async function lowerSession(pid: number, niceness: number): Promise<void> {
  if (niceness === 0) return
  for (let tries = 0; tries < TRIES; tries++) {
    const code = await writeFile(`/proc/${pid}/autogroup`, String(niceness)).then(() => undefined, (error: NodeJS.ErrnoException) => error.code)
    if (code !== 'EAGAIN') return
    await delay(BETWEEN_TRIES_MS)
  }
}
