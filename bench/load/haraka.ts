/** Haraka with its queue on disk and two workers, one of the peers (systems.ts). Its orderly end takes half a minute: it is killed. */
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, greets, PEERS, stopped, type System } from './starting.ts'

const HARAKA = join(PEERS, 'haraka')
const PROGRAM = join(HARAKA, 'node_modules/Haraka')

/** @throws Error when it is not installed. */
export async function startHaraka(folder: string, sinkPort: number): Promise<System> {
  if (!existsSync(PROGRAM)) throw new Error('Haraka is not installed: npm ci --prefix bench/peers/haraka')
  const port = await freePort()
  mkdirSync(join(folder, 'queue'), { recursive: true })
  for (const each of ['config', 'plugins']) cpSync(join(HARAKA, each), join(folder, each), { recursive: true })
  symlinkSync(join(HARAKA, 'node_modules'), join(folder, 'node_modules'))
  const settings = join(folder, 'config/smtp.ini')
  writeFileSync(settings, readFileSync(settings, 'utf8').replace('@PORT@', String(port)))
  const child = spawn(process.execPath, ['--no-warnings', join(PROGRAM, 'bin/haraka'), '-c', folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, SINK_PORT: String(sinkPort) },
  })
  await greets(port)
  const { version } = JSON.parse(readFileSync(join(PROGRAM, 'package.json'), 'utf8')) as { version: string }
  return { name: 'haraka', version, port, rootPid: child.pid!, stop: () => stopped(child, 'SIGKILL') }
}
