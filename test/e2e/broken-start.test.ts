/** A role that cannot start ends, so that its supervisor can start it again: it does not stand there and do nothing. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const MAIN = join(import.meta.dirname, '../../cli/main.ts')
const folder = mkdtempSync(join(tmpdir(), 'sekisho-broken-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a gateway whose store cannot be opened, with a line to its supervisor', async () => {
  mkdirSync(join(folder, 'var/run/gateway'), { recursive: true })
  writeFileSync(join(folder, 'var/mail'), 'a file where the store should be')
  const config = join(folder, 'sekisho.yaml')
  writeFileSync(config, `dataDir: ${join(folder, 'var')}\nsmtp: { port: 0 }\nadmin: { enabled: false }\nportal: { enabled: false }\n`)
  const gateway = spawn(process.execPath, ['--no-warnings', MAIN, 'serve', '--role', 'gateway', '--config', config], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let said = ''
  gateway.stderr!.on('data', (text: Buffer) => (said += text))
  const [code] = await once(gateway, 'exit')
  expect([code, said]).toEqual([1, expect.stringMatching(/^sekisho: /)])
}, 60_000)
