import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseParameterised } from '../../../../core/mime/params.ts'

const parse = (value: string) => {
  const { value: main, params, findings } = parseParameterised(value)
  return { main, params: Object.fromEntries(params), codes: findings.map(finding => finding.code) }
}

describe('parseParameterised', () => {
  test.for([
    ['text/plain', 'text/plain', {}],
    ['text/plain; charset=utf-8', 'text/plain', { charset: 'utf-8' }],
    ['text/plain ;charset="utf-8" ;', 'text/plain', { charset: 'utf-8' }],
    ['a/b; NAME="x;y\\"z"', 'a/b', { name: 'x;y"z' }],
    ["attachment; filename*=utf-8''%E5%B1%B1.pdf", 'attachment', { filename: '山.pdf' }],
    ["attachment; filename*0*=iso-2022-jp'ja'%1B$B%3B%33; filename*1*=%1B%28B; filename*2=.pdf", 'attachment', { filename: '山.pdf' }],
    ['attachment; filename*0="a"; filename*1="b"', 'attachment', { filename: 'ab' }],
  ] as const)('%s', ([value, main, params]) => expect(parse(value)).toEqual({ main, params, codes: [] }))

  test.for([
    ['a/b; x=1; x=2', { x: '1' }, 'type.duplicate-parameter'],
    ['a/b; x', {}, 'type.parameter-malformed'],
    ['a/b; =x; y=z', { y: 'z' }, 'type.parameter-malformed'],
    ['a/b; x="1', { x: '1' }, 'type.half-quote'],
    ['a/b; (c (d)) x=1', { x: '1' }, 'type.comment'],
    ['a/b; (c x=1', {}, 'type.half-comment'],
    ['a/b; x=1 2; y=3', { x: '1 2', y: '3' }, 'type.unquoted'],
    ['a/b; x="1"2; y=3', { x: '1', y: '3' }, 'type.junk'],
    ['a/b c; x=1', { x: '1' }, 'type.junk'],
    ['a/b; x*9=1', { x: '1' }, 'name.gap'],
    ['a/b; __proto__=x', { ['__proto__']: 'x' }, undefined],
  ] as const)('%s is read and told', ([value, params, code]) => {
    const parsed = parseParameterised(value)
    expect([...parsed.params]).toEqual(Object.entries(params).length === 0 && value.includes('__proto__') ? [['__proto__', 'x']] : Object.entries(params))
    if (code) expect(parsed.findings.map(finding => finding.code)).toContain(code)
  })

  test('the octets of a boundary are kept beside the text', () => {
    const parsed = parseParameterised('multipart/mixed; boundary="=?utf-8?Q?b?="')
    expect(parsed.raw.get('boundary')).toBe('=?utf-8?Q?b?=')
  })

  test('never throws', () => {
    const piece = fc.constantFrom(';', '=', '"', '(', ')', '\\', '*', '0', '1', '%41', "'", 'utf-8', 'name', ' ', '\xe3', '\0', 'a/b')
    fc.assert(fc.property(fc.array(piece), pieces => void parseParameterised(pieces.join(''))))
  })
})
