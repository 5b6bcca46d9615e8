/** What a page says while the gateway is away. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { gatewayForPages } from '../../../cli/gateway-for-pages.ts'
import { mailClient } from '../../../cli/mail-client.ts'
import { startRpc } from '../../../rpc/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'sekisho-pages-'))
afterAll(() => rmSync(folder, { recursive: true }))
const QUESTION = { tenant: 'default', mailboxes: [], limit: 1 }

test('a gateway that is not there is "not available now", for lists, messages and streams', async () => {
  const absent = join(folder, 'absent.sock')
  await expect(mailClient(absent).list(QUESTION)).rejects.toMatchObject({ problem: 'unavailable' })
  await expect(mailClient(absent).message('P1')).rejects.toMatchObject({ problem: 'unavailable' })
  await expect(gatewayForPages(absent).stream('audit.export', { sinceSeq: 0 })).rejects.toMatchObject({ problem: 'unavailable' })
})

test('one that fails is a failure, which the log has', async () => {
  const socketPath = join(folder, 'failing.sock')
  const server = await startRpc({ socketPath, methods: { 'mail.list': () => Promise.reject(new Error('disk')) }, onError: () => {} })
  const error = await mailClient(socketPath).list(QUESTION).catch((each: unknown) => each)
  expect(error).toMatchObject({ message: 'disk' })
  expect(error).not.toHaveProperty('problem')
  await server.close()
})
