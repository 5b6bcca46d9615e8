/** The bad day as the portal sees it: from its own page, and when the gateway was isolated at the command line. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Isolation, isolation } from '../../../../cli/portal-isolation.ts'
import { mail, part, PEOPLE, type Town, town } from '../../../support/requests.ts'

let here: Town
let ended: string[]
let isolated: Isolation
let requestId: string
beforeEach(async () => {
  here = await town()
  ended = []
  isolated = isolation(here, { sessions: { endAllBut: (sessionId: string) => ended.push(sessionId) } as never })
  const filed = here.desk.file(PEOPLE.tanaka, mail('m1', [part('2', 'a.xlsm')]), { partKeys: ['2'], reason: 'x' })
  if (filed.kind === 'cannot') throw new Error(filed.why)
  requestId = filed.request.requestId
})
afterEach(() => here.close())
const stage = () => here.desk.records.byId(requestId)!.state.stage

describe('isolating', () => {
  test('takes everything back and ends all sessions but the one of who did it', async () => {
    await isolated.shutOut({ actor: 'user:kanri', tenant: 'default', address: '192.0.2.1', sessionId: 's1' })
    expect([stage(), ended]).toEqual([{ kind: 'closed', why: 'revoked' }, ['s1']])
    expect(here.audit().at(-1)).toMatchObject({ kind: 'revoke', actor: 'user:kanri' })
    await isolated.seen('isolate')
    expect(ended, 'what the clock sees of it later ends no session').toEqual(['s1'])
  })

  test('at the command line is seen by the clock, once each time', async () => {
    await isolated.seen('hold')
    expect(stage().kind).toBe('waiting')
    for (const emergency of ['isolate', 'isolate', 'none', 'isolate'] as const) await isolated.seen(emergency)
    expect([stage(), ended]).toEqual([{ kind: 'closed', why: 'revoked' }, ['', '']])
  })
})
