import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rtfDisarmer } from '../../../../core/disarm/rtf/disarm.ts'
import type { ObjectRules } from '../../../../core/objects.ts'
import { disarmerContract } from '../../../contract/disarmer.contract.ts'
import { disarmInput } from '../../../support/disarm.ts'
import { expectLinear } from '../../../support/linear.ts'

const TYPE = 'application/rtf'
const SAMPLE = new Uint8Array(readFileSync('test/fixtures/disarm/rtf/doc.rtf'))
disarmerContract('rtfDisarmer', { bytes: SAMPLE, detectedType: TYPE, tooFewBytes: 2100, runs: 60 })

const octets = (source: string) => new Uint8Array(Buffer.from(source, 'latin1'))

async function disarm(source: Uint8Array, rules: ObjectRules = {}) {
  const input = disarmInput(source, TYPE, { rules, limits: { outputBytes: 20_000_000 } })
  const picture = async (bytes: Uint8Array) => ({ bytes: Uint8Array.from(bytes).reverse(), mediaType: 'image/png', extension: 'png' })
  return rtfDisarmer.disarm({ ...input, tools: { ...input.tools, picture } })
}

async function rebuilt(source: string | Uint8Array, rules: ObjectRules = {}) {
  const result = await disarm(typeof source === 'string' ? octets(source) : source, rules)
  if (result.kind !== 'rebuilt') throw new Error(result.reason)
  return { text: Buffer.from(result.bytes).toString('latin1'), removed: result.removed }
}

const inside = (body: string) => `{\\rtf1\\ansi\\ansicpg932 ${body}}`
const bodyOf = (text: string) => text.replace('{\\rtf1 \\ansi \\ansicpg932 ', '').slice(0, -1)

describe('what survives, as it was', () => {
  test.each<[string, string, string]>([
    ['raw CP932', Buffer.from([0x95, 0x5d, 0x8a, 0xbf]).toString('latin1'), "\\'95]\\'8a\\'bf"],
    ['CP932 in hex', "\\'95\\'5c\\'8E\\'a6", "\\'95\\'5c\\'8e\\'a6"],
    ['Unicode with a stand-in', '\\uc1\\u-25705?\\u39641\\\'81\\\'69', "\\uc1 \\u-25705 ?\\u39641 \\'81\\'69"],
    ['signs', '\\{\\}\\\\a\\~b\\-c\\_d', '\\{\\}\\\\a\\~b\\-c\\_d'],
    ['a Japanese font', '{\\fonttbl{\\f0\\fnil\\fcharset128 \\\'82\\\'6c;}}', "{\\fonttbl {\\f0 \\fnil \\fcharset128 \\'82\\'6c;}}"],
    ['a table', '\\trowd\\cellx100 a\\cell\\row', '\\trowd \\cellx100 a\\cell \\row '],
    ['colours', '{\\colortbl;\\red255\\green0\\blue0;}\\cf1 x', '{\\colortbl ;\\red255 \\green0 \\blue0 ;}\\cf1 x'],
    ['a style that is applied', '{\\cs15 x}', '{\\cs15 x}'],
    ['a style that is defined', '{\\stylesheet{\\*\\cs15 x;}}', '{\\stylesheet {\\*\\cs15 x;}}'],
    ['a paragraph end by a line end', 'a\\\nb', 'a\\par b'],
    ['a known field', '{\\field{\\*\\fldinst PAGE}{\\fldrslt 7}}', '{\\field {\\*\\fldinst PAGE}{\\fldrslt 7}}'],
    ['a phonetic guide', '{\\field{\\*\\fldinst EQ \\\\* jc2 \\\\o(x)}{\\fldrslt }}', '{\\field {\\*\\fldinst EQ \\\\* jc2 \\\\o(x)}{\\fldrslt }}'],
    ['a link', '{\\field{\\*\\fldinst HYPERLINK "https://a.example/"}{\\fldrslt a}}', '{\\field {\\*\\fldinst HYPERLINK "https://a.example/"}{\\fldrslt a}}'],
    ['a picture', '{\\pict\\pngblip\\picw5\n00 01\n02}', '{\\pict \\pngblip \\picw5 020100}'],
    ['a picture in binary', '{\\pict\\jpegblip\\bin3 \x7b\x00\x7d}', '{\\pict \\pngblip 7d007b}'],
    ['a picture in a better form', '{\\*\\shppict{\\pict\\pngblip 00}}{\\nonshppict{\\pict\\wmetafile8 01}}', '{\\*\\shppict {\\pict \\pngblip 00}}'],
    ['a shape with text', '{\\shp{\\*\\shpinst\\shpleft1{\\sp{\\sn shapeType}{\\sv 202}}{\\shptxt a}}{\\shprslt b}}', '{\\shp {\\*\\shpinst \\shpleft1 {\\sp {\\sn shapeType}{\\sv 202}}{\\shptxt a}}}'],
    ['a missing end', '{\\b a', '{\\b a}'],
  ])('%s', async (_, source, expected) => {
    const { text, removed } = await rebuilt(inside(source))
    expect(bodyOf(text)).toBe(expected)
    expect(removed).toEqual([])
  })
})

describe('what is left behind', () => {
  const link = (target: string) => `{\\field{\\*\\fldinst HYPERLINK "${target}"}{\\fldrslt a}}`
  test.each<[string, string, string, string]>([
    ['an object', '{\\object\\objemb\\objupdate{\\*\\objclass Package}{\\*\\objdata 0105}{\\result x}}', '{x}', 'oleObjects'],
    ['the data of an object alone', '{\\*\\objdata 0105{\\x}}', '', 'oleObjects'],
    ['a word of an object in the open', 'a\\objupdate b', 'ab', 'oleObjects'],
    ['an object that closes early', '{\\object{\\objdata 01}}x', 'x', 'oleObjects'],
    ['a template', '{\\*\\template http://x.example/}', '', 'externalLinks'],
    ['a DDE field', '{\\field{\\*\\fldinst DDEAUTO c:\\\\x "/c"}{\\fldrslt a}}', '{{a}}', 'dynamicFields'],
    ['a DDE field in hex', "{\\field{\\*\\fldinst \\'44DE cmd}{\\fldrslt a}}", '{{a}}', 'dynamicFields'],
    ['a DDE field in Unicode', '{\\field{\\*\\fldinst \\u68?DE cmd}{\\fldrslt a}}', '{{a}}', 'dynamicFields'],
    ['a DDE field in pieces', '{\\field{\\*\\fldinst {\\b D}{\\i DE} cmd}{\\fldrslt a}}', '{{a}}', 'dynamicFields'],
    ['a field without its star', '{\\field{\\fldinst INCLUDEPICTURE "http://x/"}{\\fldrslt a}}', '{{a}}', 'dynamicFields'],
    ['a link to a file', link('file:///c:/x'), '{{a}}', 'externalLinks'],
    ['an EMF picture', '{\\pict\\emfblip 0102}', '', 'vectorPictures'],
    ['a picture of no kind', '{\\pict 0102}', '', 'vectorPictures'],
    ['a property of a shape that is a list', '{\\*\\background{\\shp x}}', '', 'layout'],
    ['an embedded font', '{\\fonttbl{\\f0{\\*\\fontemb 00}x;}}', '{\\fonttbl {\\f0 x;}}', 'fonts'],
    ['an unknown destination', '{\\*\\evil {\\object x}}', '', 'customData'],
    ['properties', '{\\info{\\author \\u23665?}}', '', 'metadata'],
    ['binary data in the open', 'a\\bin4 }}}}b', 'ab', 'unknownParts'],
  ])('%s', async (_, source, expected, what) => {
    const { text, removed } = await rebuilt(inside(source))
    expect(bodyOf(text)).toBe(expected)
    expect(removed.map(each => each.what)).toContain(what)
  })

  test('names of shapes that readers have tripped over', async () => {
    const { text } = await rebuilt(inside('{\\shp{\\*\\shpinst{\\sp{\\sn pFragments}{\\sv 1;1;ff}}{\\sp{\\sn shapeType}{\\sv 1;2}}}}'))
    expect(bodyOf(text)).toBe('{\\shp {\\*\\shpinst }}')
  })

  test('an instruction that is computed', async () => {
    const source = inside('{\\field{\\*\\fldinst {\\field{\\*\\fldinst QUOTE 68}{\\fldrslt DDE x}}}{\\fldrslt a}}')
    expect((await rebuilt(source)).removed).toEqual([{ what: 'dynamicFields', count: 1 }])
  })

  test('a good field in the result of a bad one', async () => {
    const inner = '{\\field{\\*\\fldinst PAGE}{\\fldrslt 7}}'
    const { text } = await rebuilt(inside(`{\\field{\\*\\fldinst DDE x}{\\fldrslt a${inner}}}`))
    expect(bodyOf(text)).toBe('{{a{\\field {\\*\\fldinst PAGE}{\\fldrslt 7}}}}')
  })

  test('what follows the document', async () => {
    expect((await rebuilt(`${inside('a')}{\\object x}`)).removed).toEqual([{ what: 'trailingData', count: 1 }])
    expect((await rebuilt(`${inside('a')}\r\n\0`)).removed).toEqual([])
  })

  test('links, comments, changes and properties by rule', async () => {
    expect((await rebuilt(inside(link('https://a.example/')), { hyperlinks: 'remove' })).removed).toEqual([{ what: 'hyperlinks', count: 1 }])
    const comment = inside('{\\*\\atnid A}{\\*\\annotation b}c')
    expect(bodyOf((await rebuilt(comment)).text)).toBe('{\\*\\atnid A}{\\*\\annotation b}c')
    expect(bodyOf((await rebuilt(comment, { comments: 'remove' })).text)).toBe('c')
    const change = inside('{\\deleted old}{\\revised new}')
    expect(bodyOf((await rebuilt(change)).text)).toBe('{\\deleted old}{\\revised new}')
    expect(bodyOf((await rebuilt(change, { revisions: 'remove' })).text)).toBe('{}{new}')
    expect((await rebuilt(inside('{\\info{\\author a}}'), { metadata: 'keep' })).text).toContain('{\\info {\\author a}}')
  })
})

describe('hostile text', () => {
  test('groups without end', async () => {
    expect(await disarm(octets(inside('{'.repeat(100_000))))).toEqual({ kind: 'cannot', reason: 'limit' })
  })

  test.each(['', '{\\rt x}', 'x{\\rtf1 a}'])('no RTF: %j', async source => {
    expect(await disarm(octets(source))).toEqual({ kind: 'cannot', reason: 'malformed' })
  })

  test('any mixture of tokens comes out balanced, 7-bit and without objects', () => {
    const part = fc.constantFrom('{', '}', '\\*', '\\object', '\\objdata ', '\\field', '\\fldinst ', '\\fldrslt ', 'DDE ', '\\pict', '\\bin2 ', "\\'9", '\\', 'a', '\x95', '\\result ', '\\sp', '\\sn ', '\\info')
    return fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 60 }), async parts => {
        const { text } = await rebuilt(`{\\rtf1 ${parts.join('')}`)
        expect(text).toMatch(/^[\x20-\x7e]*$/)
        const plain = text.replace(/\\[\\{}]/g, '')
        expect(plain).not.toMatch(/\\obj|\\bin|DDE [^{}]*\}\{\\fldrslt/)
        const again = await rebuilt(text)
        expect(again.text).toBe(text)
        expect(plain.split('{').length).toBe(plain.split('}').length)
      }),
      { numRuns: 300 },
    )
  })

  test.each(['{\\b a}', "\\'95", '\\par ', '{\\field{\\*\\fldinst DDE}{\\fldrslt a}}', '{\\pict 00}'])('is linear in %j', unit =>
    expectLinear(size => octets(inside(unit.repeat(size))), bytes => disarm(bytes), 10_000))

  test('fields in fields are linear', () =>
    expectLinear(size => octets(inside('{{\\field{\\fldinst DDE}{\\fldrslt '.repeat(60) + 'a'.repeat(size))), bytes => disarm(bytes), 100_000))
})

test('a word that only begins like the first one makes no RTF', async () => {
  expect(await disarm(octets('{\\rtfz\\ansi hello}'))).toEqual({ kind: 'cannot', reason: 'malformed' })
})
