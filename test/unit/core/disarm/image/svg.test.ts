import { Buffer } from 'node:buffer'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { svgDisarmer } from '../../../../../core/disarm/image/svg.ts'
import { disarmerContract } from '../../../../contract/disarmer.contract.ts'
import { disarmInput, type InputChanges } from '../../../../support/disarm.ts'
import { expectLinear } from '../../../../support/linear.ts'
import { fixture } from '../../../../support/picture.ts'

const NAMESPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
const svg = (inside: string, more = 'width="100" height="50"') => `<svg ${NAMESPACES} ${more}>${inside}</svg>`
const disarm = async (text: string, changes: InputChanges = {}) => svgDisarmer.disarm(disarmInput(new Uint8Array(Buffer.from(text)), 'image/svg+xml', changes))
async function rebuild(text: string) {
  const result = await disarm(text)
  if (result.kind !== 'rebuilt') throw new Error(result.reason)
  const { data, info } = await sharp(result.bytes).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  const at = (x: number, y: number) => [...data.subarray(4 * (Math.floor(y * info.height) * info.width + Math.floor(x * info.width)))].slice(0, 4)
  return { ...result, at, width: info.width, height: info.height, isEmpty: data.every(octet => octet === 0) }
}
const RED = [255, 0, 0, 255]
const NOTHING = [0, 0, 0, 0]
const LIMIT = { kind: 'cannot', reason: 'limit' }

disarmerContract('svgDisarmer', {
  bytes: new Uint8Array(Buffer.from(svg('<script>x</script><rect width="60" height="50" fill="red"/><a xlink:href="http://x.example/"><circle r="9"/></a>'))),
  detectedType: 'image/svg+xml',
  tooFewBytes: 100,
  runs: 30,
})

describe('what can be seen', () => {
  test('shapes, references inside, gradients, small drawings enlarged', async () => {
    const { at, width, height, mediaType, extension, removed } = await rebuild(
      svg('<defs><g id="g"><rect width="50" height="50" fill="red"/></g></defs><use xlink:href="#g"/>'),
    )
    expect([mediaType, extension, removed]).toEqual(['image/png', 'png', []])
    expect([Math.round(width / height), width > 900]).toEqual([2, true])
    expect([at(0.2, 0.5), at(0.8, 0.5)]).toEqual([RED, NOTHING])
  })
  test('style sheets, quoted references, patterns, markers', async () => {
    const { at } = await rebuild(
      svg(`<style>.r { fill: url("#p") }</style><pattern id="p" width="10" height="10" patternUnits="userSpaceOnUse"><rect width="10" height="10" fill="red"/></pattern><rect class="r" width="50" height="50"/>`),
    )
    expect(at(0.2, 0.5)).toEqual(RED)
  })
  test('a picture inside, coded anew', async () => {
    const red = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } }).withExif({ IFD0: { Copyright: 'secret' } }).jpeg().toBuffer()
    const { at, removed } = await rebuild(svg(`<image width="50" height="50" xlink:href="data:image/jpeg;base64,${red.toString('base64')}"/>`))
    expect(at(0.2, 0.5)[0]).toBeGreaterThan(240)
    expect(removed).toEqual([])
  })
})

describe('what acts or reaches out is gone and told', () => {
  const shape = '<rect width="50" height="50" fill="red"/>'
  test.each([
    ['script', '<script>alert(1)</script>', [{ what: 'scripts', count: 1 }]],
    ['event attribute', '<g onload="alert(1)" onClick="x"/>', [{ what: 'scripts', count: 2 }]],
    ['foreign content', '<foreignObject width="9" height="9"><body xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>', [{ what: 'layout', count: 1 }]],
    ['file', `<image width="99" height="50" href="file://${process.cwd()}/test/fixtures/disarm/image/rgb.png"/>`, [{ what: 'remoteContent', count: 1 }]],
    ['path', `<image width="99" height="50" href="${process.cwd()}/test/fixtures/disarm/image/rgb.png"/>`, [{ what: 'remoteContent', count: 1 }]],
    ['web', '<image width="99" height="50" href="http://127.0.0.1:9/x.png"/>', [{ what: 'remoteContent', count: 1 }]],
    ['use of another file', '<use xlink:href="other.svg#x"/>', [{ what: 'remoteContent', count: 1 }]],
    ['no picture at all', '<image width="99" height="50" href="data:image/png;base64,AAAA"/>', [{ what: 'pictures', count: 1 }]],
    ['animation', '<rect width="1" height="1"><animate attributeName="x" to="9"/></rect>', [{ what: 'actions', count: 1 }]],
    ['filter', '<filter id="f"><feFlood/></filter><g filter="url(#f)"/>', [{ what: 'layout', count: 2 }]],
    ['link', '<a href="http://x.example/"><circle r="1"/></a>', [{ what: 'hyperlinks', count: 1 }]],
    ['metadata', '<metadata><x xmlns="urn:x">secret</x></metadata>', [{ what: 'metadata', count: 1 }]],
  ])('%s', async (_, inside, removed) => {
    const result = await rebuild(svg(`${shape}${inside}`))
    expect(result.removed).toEqual(removed)
    expect(result.at(0.2, 0.5)).toEqual(RED)
    expect(result.at(0.9, 0.9)).toEqual(NOTHING)
  })
  test('document type', async () => {
    const { removed } = await rebuild(`<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">${svg(shape)}`)
    expect(removed).toEqual([{ what: 'documentTypes', count: 1 }])
  })
})

describe('bombs and broken ones', () => {
  const uses = Array.from({ length: 12 }, (_, i) => `<g id="a${i + 1}">${`<use href="#a${i}"/>`.repeat(10)}</g>`).join('')
  test.each([
    ['uses of uses', svg(`<g id="a0"><rect width="1" height="1"/></g>${uses}`), LIMIT],
    ['a circle of uses', svg('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>'), LIMIT],
    ['a use of itself', svg('<g id="a"><use href="#a"/></g>'), LIMIT],
    ['a million pixels wide', svg('', 'width="1000000" height="1000000"'), LIMIT],
    ['very many elements', svg('<rect/>'.repeat(60_000)), LIMIT],
    ['very deep', svg('<g>'.repeat(400) + '</g>'.repeat(400)), LIMIT],
    ['markers at very many corners', svg(`<marker id="m">${'<rect/>'.repeat(50)}</marker><path d="${'L1 1'.repeat(20_000)}" marker-mid="url(#m)"/>`), LIMIT],
    ['entities', `<!DOCTYPE svg [<!ENTITY x "${'y'.repeat(99)}">]>${svg('<text>&x;</text>')}`, { kind: 'cannot', reason: 'malformed' }],
    ['a file by entity', `<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>${svg('<text>&x;</text>')}`, { kind: 'cannot', reason: 'malformed' }],
    ['another root', '<html xmlns="http://www.w3.org/1999/xhtml"/>', { kind: 'cannot', reason: 'malformed' }],
    ['cut', svg('<rect/>').slice(0, -3), { kind: 'cannot', reason: 'malformed' }],
  ])('%s', async (_, text, wanted) => expect(await disarm(text)).toEqual(wanted))

  test('counting what is used stays linear', async () => {
    const chain = (size: number) => svg(Array.from({ length: size }, (_, i) => `<g id="i${i}"><use href="#i${i - 1}"/></g>`).join('') + '</wrong>')
    expect(await disarm(chain(10))).toMatchObject({ reason: 'malformed' })
    await expectLinear(chain, text => disarm(text), 4000)
  })
  test('a drawing within a small limit of pixels is drawn smaller', async () => {
    const result = await disarm(svg('<rect width="50" height="50"/>'), { limits: { pixels: 20_000 } })
    if (result.kind !== 'rebuilt') throw new Error(result.reason)
    expect((await sharp(result.bytes).metadata()).width).toBeLessThanOrEqual(200)
  })
})

test('pictures of the fixtures can stand inside', async () => {
  const url = `data:image/png;base64,${Buffer.from(fixture('palette.png')).toString('base64')}`
  expect((await rebuild(svg(`<image width="100" height="50" href="${url}"/>`))).isEmpty).toBe(false)
})
