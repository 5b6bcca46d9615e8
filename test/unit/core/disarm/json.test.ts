import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonDisarmer } from '../../../../core/disarm/json.ts'
import { disarmerContract } from '../../../contract/disarmer.contract.ts'
import { disarmInput } from '../../../support/disarm.ts'
import { expectLinear } from '../../../support/linear.ts'

const LARGE = { limits: { outputBytes: 50_000_000 } }
async function disarm(text: string) {
  const result = await jsonDisarmer.disarm(disarmInput(new Uint8Array(Buffer.from(text)), 'application/json', LARGE))
  if (result.kind !== 'rebuilt') throw new Error(result.reason)
  return { ...result, text: Buffer.from(result.bytes).toString() }
}

disarmerContract('jsonDisarmer', {
  bytes: new Uint8Array(Buffer.from('{\n"名前": "山田\u202e", "n": [1.50, -0, 1E5, {"a": null}], "e": {}, "b": []}')),
  detectedType: 'application/json',
  tooFewBytes: 40,
})

test.each([
  ['{"a":1.50e+3,"b":12345678901234567890123,"c":-0.0}', '{"a":1.50e+3,"b":12345678901234567890123,"c":-0.0}\n'],
  ['{ "b" : 1 , "a" : [ true , false , null ] }', '{"b":1,"a":[true,false,null]}\n'],
  ['{\n"a": [1]}', '{\n  "a": [\n    1\n  ]\n}\n'],
  ['{"a":1}\n{"b":2}\r\n[3]\n', '{"a":1}\n{"b":2}\n[3]\n'],
  ['\ufeff"x"', '"x"\n'],
  ['{"__proto__":{"x":1},"1":2,"0":3}', '{"__proto__":{"x":1},"1":2,"0":3}\n'],
  ['["\\u0041\\/\\n\u202e\u200b\u2028"]', '["A/\\n\\u202e\\u200b\\u2028"]\n'],
])('%j', async (given, wanted) => {
  const { text, mediaType, extension } = await disarm(given)
  expect([text, mediaType, extension]).toEqual([wanted, 'application/json', 'json'])
})

test('a key that stands twice stays and is told', async () => {
  const { text, findings } = await disarm('{"a":1,"\\u0061":2}')
  expect(text).toBe('{"a":1,"a":2}\n')
  expect(findings).toContainEqual({ code: 'json.key-twice', detail: '1' })
})

test('whatever JSON there is means the same afterwards', () =>
  fc.assert(
    fc.asyncProperty(fc.json({ maxDepth: 6 }), fc.nat(3), async (text, indent) => {
      const spaced = JSON.stringify(JSON.parse(text), null, indent)
      expect(JSON.parse((await disarm(spaced)).text)).toEqual(JSON.parse(spaced))
    }),
    { numRuns: 300 },
  ))

describe('what is no JSON is a text like any other', () => {
  test.each(['[1,2,]', '{"a" 1}', '{"a":1,}', '[01]', '["\t"]', '[1] x', '{a:1}', "['a']", '[1', '{"a":1}}', '[NaN]', '["\\x"]', '[1]]', ',', '{"a":1 "b":2}', '[truex]'])('%j', async text => {
    const { mediaType, extension } = await disarm(text)
    expect([mediaType, extension]).toEqual(['text/plain', 'txt'])
    expect(() => JSON.parse(text)).toThrow()
  })
})

test('depth is bounded', async () => {
  const deep = (levels: number) => jsonDisarmer.disarm(disarmInput(new Uint8Array(Buffer.from('['.repeat(levels) + ']'.repeat(levels))), 'application/json'))
  expect(await deep(200)).toMatchObject({ kind: 'rebuilt' })
  expect(await deep(100_000)).toEqual({ kind: 'cannot', reason: 'limit' })
})

test.each([
  ['objects', (size: number) => `[${'{"key":"value","n":1.5},'.repeat(size)}1]`],
  ['one long string', (size: number) => `["${'x\\\\'.repeat(10 * size)}"]`],
  ['backslashes and quotes', (size: number) => `["${'\\"'.repeat(10 * size)}"]`],
  ['unclosed', (size: number) => `["${'\\"'.repeat(10 * size)}`],
])('%s stay linear', (_, make) =>
  expectLinear(
    size => new Uint8Array(Buffer.from(make(size))),
    bytes => jsonDisarmer.disarm(disarmInput(bytes, 'application/json', LARGE)),
    10_000,
  ))
