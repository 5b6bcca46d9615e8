import { Buffer } from 'node:buffer'
import { describe, expect, test } from 'vitest'
import { dxfDisarmer } from '../../../../core/disarm/cad/dxf.ts'
import { stepDisarmer } from '../../../../core/disarm/cad/step.ts'
import type { Disarmer } from '../../../../core/disarm/contract.ts'
import type { ObjectRules } from '../../../../core/objects.ts'
import { disarmerContract } from '../../../contract/disarmer.contract.ts'
import { disarmInput } from '../../../support/disarm.ts'
import { expectLinear } from '../../../support/linear.ts'

const P21 = 'application/p21'
const SFC = 'application/x-sfc'
const DXF = 'image/vnd.dxf'
const octets = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
/** CP932 octets of 図面. */
const ZUMEN = '\x90\x7d\x96\xca'

const step = (data: string, more = '') =>
  `ISO-10303-21;\r\nHEADER;\r\nFILE_DESCRIPTION(('x'),'2;1');\r\nENDSEC;\r\n${more}DATA;\r\n${data}ENDSEC;\r\nEND-ISO-10303-21;\r\n`
const dxf = (...pairs: readonly (readonly [number, string])[]) =>
  [...pairs, [0, 'EOF'] as const].map(([code, value]) => `${code}\n${value}\n`).join('')
const section = (name: string, ...pairs: readonly (readonly [number, string])[]) => [[0, 'SECTION'], [2, name], ...pairs, [0, 'ENDSEC']] as const
const entities = (...pairs: readonly (readonly [number, string])[]) => dxf(...section('ENTITIES', ...pairs))

async function rebuilt(disarmer: Disarmer, type: string, source: string, rules: ObjectRules = {}) {
  const result = await disarmer.disarm(disarmInput(octets(source), type, { rules, limits: { outputBytes: 20_000_000 } }))
  if (result.kind !== 'rebuilt') throw new Error(result.reason)
  return { text: Buffer.from(result.bytes).toString('latin1'), removed: result.removed }
}
const cannot = async (disarmer: Disarmer, type: string, source: string) => disarmer.disarm(disarmInput(octets(source), type))

const LINE = `#10=CARTESIAN_POINT('${ZUMEN}',(0.,-1.5E-3,*));\r\n`
const FEATURE = `/*SXF\r\n#20 = text_string_feature('1','2','${ZUMEN}','10.5')\r\nSXF*/\r\n`

disarmerContract('stepDisarmer', { bytes: octets(step(LINE)), detectedType: P21, tooFewBytes: 100 })
disarmerContract('stepDisarmer for SXF', { bytes: octets(step(FEATURE)), detectedType: SFC, tooFewBytes: 100 })
disarmerContract('dxfDisarmer', {
  bytes: octets(dxf(...section('HEADER', [9, '$ACADVER'], [1, 'AC1015']), ...section('ENTITIES', [0, 'LINE'], [8, ZUMEN], [10, '0.0'], [20, '-1.5']))),
  detectedType: DXF,
  tooFewBytes: 60,
})

describe('STEP', () => {
  test.each<[string, string]>([
    ['numbers, strings, lists', LINE],
    ['a record of several parts', "#1=(A(.T.)B($,'it''s'));"],
    ['references and binary values', '#2=X(#1,(#3,#4),"0AF",.ENUM.,TYPED(1));'],
    ['an empty list', '#3=Y(());'],
  ])('keeps %s', async (_, data) => {
    expect((await rebuilt(stepDisarmer, P21, step(data))).text).toContain(data.trim())
  })

  test('leaves comments behind', async () => {
    const { text, removed } = await rebuilt(stepDisarmer, P21, step(`/* x */${LINE}${FEATURE}`))
    expect(text).not.toContain('/*')
    expect(removed).toEqual([{ what: 'customData', count: 2 }])
  })

  test('leaves references to other files and signatures behind', async () => {
    const { text, removed } = await rebuilt(stepDisarmer, P21, step(LINE, 'REFERENCE;#1=<http://x.example/a.stp#b>;ENDSEC;SIGNATURE;MIIB==ENDSEC;'))
    expect(text).not.toMatch(/http|MIIB/)
    expect(removed.map(({ what }) => what)).toEqual(['externalLinks', 'signatures'])
  })

  test('keeps the features of SXF, and no other comment', async () => {
    const { text, removed } = await rebuilt(stepDisarmer, SFC, step(`${FEATURE}/*SXF\n#1 = x_feature(<script>)\nSXF*/`))
    expect(text).toContain(`/*SXF\n#20 = text_string_feature('1','2','${ZUMEN}','10.5')\nSXF*/\n`)
    expect(text).not.toContain('script')
    expect(removed).toEqual([{ what: 'customData', count: 1 }])
  })

  test('leaves what follows the end', async () => {
    expect((await rebuilt(stepDisarmer, P21, `${step(LINE)}MZ\x90`)).removed).toEqual([{ what: 'trailingData', count: 1 }])
  })

  test.each<[string, string]>([
    ['without an end', step(LINE).replace('END-ISO-10303-21;', '')],
    ['with an unknown section', step(LINE).replace('DATA;', 'CODE;')],
    ['with a value that is none', step('#1=A(1 2);')],
    ['with a string that has no end', step("#1=A('x);")],
    ['with a control character in a string', step("#1=A('\x1b[');")],
    ['with an open bracket', step('#1=A((1);')],
  ])('refuses a file %s', async (_, source) => expect(await cannot(stepDisarmer, P21, source)).toMatchObject({ kind: 'cannot', reason: 'malformed' }))

  test('stops at lists too deep', async () => {
    expect(await cannot(stepDisarmer, P21, step(`#1=A(${'('.repeat(10_000)}`))).toMatchObject({ kind: 'cannot', reason: 'limit' })
  })

  test.each([LINE, "#1=A('", '/*', "/*SXF\n#1 = a('1',"])('is linear in %j', unit =>
    expectLinear(size => step(unit.repeat(size)), source => cannot(stepDisarmer, SFC, source), 5000))
})

describe('DXF', () => {
  const LINE_PAIRS = [[0, 'LINE'], [8, '0'], [10, '0.0'], [20, '1e3']] as const

  test('keeps entities with their octets', async () => {
    const { text, removed } = await rebuilt(dxfDisarmer, DXF, entities(...LINE_PAIRS, [0, 'TEXT'], [1, ZUMEN], [40, '2.5']))
    expect(text).toContain(`  0\r\nTEXT\r\n  1\r\n${ZUMEN}\r\n 40\r\n2.5\r\n`)
    expect(removed).toEqual([])
  })

  test.each<[string, string, string]>([
    ['an OLE frame', entities(...LINE_PAIRS, [0, 'OLE2FRAME'], [310, 'D0CF11E0']), 'oleObjects'],
    ['a picture', entities(...LINE_PAIRS, [0, 'IMAGE'], [340, 'FF']), 'pictures'],
    ['the file of a picture', dxf(...section('OBJECTS', [0, 'IMAGEDEF'], [1, '\\\\evil\\x.png'])), 'externalLinks'],
    ['VBA', dxf(...section('OBJECTS', [0, 'VBA_PROJECT'], [310, '00'])), 'macros'],
    ['a proxy', entities(...LINE_PAIRS, [0, 'ACAD_PROXY_ENTITY'], [90, '1']), 'customData'],
    ['an entity that is not known', entities(...LINE_PAIRS, [0, 'EVIL'], [1, 'x']), 'layout'],
    ['a drawing in another file', dxf(...section('BLOCKS', [0, 'BLOCK'], [70, '4'], [1, '\\\\evil\\x.dwg'], [0, 'ENDBLK'])), 'externalLinks'],
    ['a font by its path', dxf(...section('TABLES', [0, 'STYLE'], [3, '\\\\evil\\x.shx'])), 'externalLinks'],
    ['a link', entities(...LINE_PAIRS, [1001, 'PE_URL'], [1000, 'http://evil.example/']), 'hyperlinks'],
    ['a menu', dxf(...section('HEADER', [9, '$MENU'], [1, 'evil.mnl'])), 'externalLinks'],
    ['who saved it', dxf(...section('HEADER', [9, '$LASTSAVEDBY'], [1, 'evil'])), 'metadata'],
    ['a comment', entities([999, 'evil'], ...LINE_PAIRS), 'customData'],
    ['another section', dxf(...section('THUMBNAILIMAGE', [90, '1'], [310, '00'])), 'customData'],
  ])('leaves %s behind', async (_, source, what) => {
    const { text, removed } = await rebuilt(dxfDisarmer, DXF, source)
    expect(removed).toEqual([{ what, count: 1 }])
    expect(text).not.toMatch(/evil|D0CF|OLE2FRAME|IMAGE|PROXY|VBA/i)
  })

  test('keeps who saved it by rule', async () => {
    const source = dxf(...section('HEADER', [9, '$LASTSAVEDBY'], [1, 'sato']))
    expect((await rebuilt(dxfDisarmer, DXF, source, { metadata: 'keep' })).text).toContain('sato')
  })

  test('drops the vertices of what it drops', async () => {
    const { text } = await rebuilt(dxfDisarmer, DXF, entities([0, 'EVIL'], [0, 'VERTEX'], [10, '7'], [0, 'SEQEND'], ...LINE_PAIRS))
    expect(text).not.toContain('VERTEX')
    expect(text).toContain('LINE')
  })

  test('reads nothing behind the end', async () => {
    expect((await rebuilt(dxfDisarmer, DXF, `${entities(...LINE_PAIRS)}MZ\x90`)).text).toMatch(/EOF\r\n$/)
  })

  test.each<[string, string]>([
    ['a code that is none', entities([5000, 'x'])],
    ['a number that is none', entities([0, 'LINE'], [10, '1;2'])],
    ['a control character', entities([0, 'TEXT'], [1, 'a\x1b']) ],
    ['no end', entities(...LINE_PAIRS).replace('EOF', 'EOX')],
    ['a section that is not closed', dxf([0, 'SECTION'], [2, 'ENTITIES'], ...LINE_PAIRS)],
  ])('refuses %s', async (_, source) => expect(await cannot(dxfDisarmer, DXF, source)).toEqual({ kind: 'cannot', reason: 'malformed' }))

  test('is linear', () =>
    expectLinear(size => entities(...Array.from({ length: size }, () => LINE_PAIRS).flat()), source => cannot(dxfDisarmer, DXF, source), 4000))
})
