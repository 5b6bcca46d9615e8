/** Whoever stands behind mail has less weight than mail, within a session and, where the kernel groups by session, between them. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { behindMail, lowerSession } from '../../../workers/behind-mail.ts'

const started: { kill(): void }[] = []
afterEach(() => {
  for (const each of started.splice(0)) each.kill()
})

function start(command: readonly string[]): number {
  const child = spawn(command[0]!, command.slice(1), { detached: true, stdio: 'ignore' })
  started.push({ kill: () => process.kill(-child.pid!, 'SIGKILL') })
  return child.pid!
}

/** The 19th field of proc_pid_stat(5). */
const nicenessOf = (pid: number) => Number(readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ')[16])

test.runIf(existsSync('/proc/self/stat'))('a process and what it starts are nicer', async () => {
  const pid = start(behindMail(['/bin/sleep', '60'], 15))
  await expect.poll(() => nicenessOf(pid)).toBe(15)
})

test.runIf(existsSync('/proc/self/autogroup'))('its session is lowered, this one is not', async () => {
  const before = readFileSync('/proc/self/autogroup', 'latin1')
  const pid = start(['/bin/sleep', '60'])
  await lowerSession(pid, 15)
  expect(readFileSync(`/proc/${pid}/autogroup`, 'latin1')).toMatch(/ nice 15\n/)
  expect(readFileSync('/proc/self/autogroup', 'latin1')).toBe(before)
})

test('who has ended already is no trouble', async () => {
  await expect(lowerSession(2 ** 22 + 1, 15)).resolves.toBeUndefined()
})

test('by nothing is not at all', async () => {
  expect(behindMail(['/bin/sleep', '60'], 0)).toEqual(['/bin/sleep', '60'])
  await expect(lowerSession(process.pid, 0)).resolves.toBeUndefined()
})
