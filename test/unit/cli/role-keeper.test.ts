import { expect, test, vi } from 'vitest'
import { RoleKeeper } from '../../../cli/role-keeper.ts'

const HOUR_MS = 3_600_000

test('told to stop while it waits to start a role again, it has ended', async () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    const command = [process.execPath, '--eval', 'process.exit(3)']
    const keeper = new RoleKeeper({ role: 'portal', command, niceness: 0 }, 1_000, () => undefined, HOUR_MS)
    const kept = keeper.keep()
    await vi.waitFor(() => expect(said.mock.calls.flat().join('')).toContain('the portal ended (3); starting it again'), { timeout: 20_000 })
    keeper.stop()
    expect(await kept).toBe(0)
  } finally {
    said.mockRestore()
  }
})
