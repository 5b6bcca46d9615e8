/** The whole table of routes, walked: what may stand where. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allRoutes } from '../../../portal/routes.ts'
import { type Route, standsOn } from '../../../portal/http/route.ts'
import { type FakeHouse, fakeHouse } from '../../support/portal-fakes.ts'
import { entranceOver } from './support/entrance.ts'
import { roomsOver } from './support/house.ts'

let house: FakeHouse
let routes: readonly Route[]
let folder: string
beforeAll(async () => {
  house = await fakeHouse([], {})
  folder = mkdtempSync(join(tmpdir(), 'sekisho-routes-'))
  routes = allRoutes(house, entranceOver(await roomsOver(house.db, folder)))
})
afterAll(() => {
  house.close()
  rmSync(folder, { recursive: true })
})

describe('routes that may give out an original', () => {
  test('are these, and no others', () => {
    const paths = routes.filter(route => route.givesOriginal).map(route => `${route.method} ${route.path}`)
    expect(paths).toEqual(['take', 'zip-take', 'mailbox'].map(act => `POST /requests/:requestId/parts/:part/${act}`))
  })
  test('stand on the outer face alone, for who is signed in and has just shown a second factor', () => {
    for (const route of routes.filter(each => each.givesOriginal)) expect(route).toMatchObject({ faces: ['outer'], method: 'POST', who: 'signed-in', needsStepUp: true })
  })
})

test('no two routes of a face have the same address', () => {
  for (const face of ['inner', 'outer', 'admin'] as const) {
    const addresses = routes.filter(route => standsOn(route, face)).map(route => `${route.method} ${route.path}`)
    expect(new Set(addresses).size).toBe(addresses.length)
  }
})
