/** Drawings with text on a machine whose fonts are missing: what is drawn then is boxes. */
import { Buffer } from 'node:buffer'
import { expect, test, vi } from 'vitest'
import { svgDisarmer } from '../../../../../core/disarm/image/svg.ts'
import { disarmInput } from '../../../../support/disarm.ts'

vi.mock('../../../../../core/disarm/image/pixels.ts', async original => ({ ...(await original<object>()), inkOf: async () => ({ width: 30, height: 36 }) }))

const disarm = (text: string) => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90"><text y="60">${text}</text><rect width="9" height="9"/></svg>`
  return svgDisarmer.disarm(disarmInput(new Uint8Array(Buffer.from(svg)), 'image/svg+xml'))
}

test.each(['漢字', 'かな', 'latin'])('%s is kept back, not drawn as boxes', async text => expect(await disarm(text)).toEqual({ kind: 'cannot', reason: 'unsupported' }))
test('without text no font is needed', async () => expect(await disarm(' ')).toMatchObject({ kind: 'rebuilt' }))
