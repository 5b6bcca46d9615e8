import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SanitizeResult } from '../../../core/job.ts'
import { CANARY_JOB as JOB } from '../../../workers/canary.ts'
import { encodeResult } from '../../../workers/message-codec.ts'
import { packet } from '../../../workers/protocol.ts'
import { readLook, readMismatches, readNames, readRebuilt, readResult, UntrustworthyResult } from '../../../workers/untrusted-result.ts'
import { resultOf } from './jobs/scripted-sanitizer.ts'

const PART = {
  id: '1',
  path: 'text/plain',
  name: '',
  claimedType: 'text/plain',
  detectedType: 'text/plain',
  offset: 0,
  length: 3,
  transferEncoding: '7bit',
  bytes: 3,
  sha256: '',
  disposition: 'text',
  rule: 'body',
  outcome: 'body',
  removed: [],
  findings: [{ code: 'line.nul', partId: '1' }],
}

function honest(): { result: SanitizeResult; payload: Buffer } {
  const plain = resultOf(JOB, { subject: 'S', text: 'T' })
  const groups = plain.groups.map(group => ({ ...group, report: { ...group.report, parts: [PART as never] } }))
  const result = { ...plain, groups }
  return { result, payload: Buffer.concat(encodeResult(result)) }
}

type Meta = { verdict: unknown; groups: Record<string, unknown>[]; summary: Record<string, unknown> }

/** The honest result with one thing changed. */
function changed(change: (meta: Meta) => void): Buffer {
  const { result } = honest()
  const groups = result.groups.map(({ message, ...rest }) => ({ ...rest, messageBytes: message.length }))
  const meta = structuredClone({ ...result, groups }) as unknown as Meta
  change(meta)
  return Buffer.concat(packet(meta, ...result.groups.map(group => group.message)))
}

describe('a result', () => {
  test('of an honest process comes out as it went in', () => {
    const { result, payload } = honest()
    const { groups, ...rest } = readResult(payload, JOB)
    expect(rest).toEqual({ verdict: result.verdict, summary: result.summary, reversePathConfirmed: false })
    expect(groups.map(group => ({ ...group, message: Buffer.from(group.message) }))).toEqual(result.groups)
  })

  const part = (meta: Meta) => ((meta.groups[0]!['report'] as { parts: Record<string, unknown>[] }).parts[0] ??= {})
  test.each<[string, (meta: Meta) => void]>([
    ['another verdict', meta => (meta.verdict = { kind: 'raw' })],
    ['a reply that does not exist', meta => (meta.verdict = { kind: 'reject', reply: 'constructor', rule: 'x' })],
    ['a group missing', meta => meta.groups.pop()],
    ['a group too many', meta => meta.groups.push(meta.groups[0]!)],
    ['another group', meta => (meta.groups[0]!['id'] = 'other')],
    [
      'another message’s queue id',
      meta => ((meta.groups[0]!['manifest'] as Record<string, unknown>)['queueId'] = 'other'),
    ],
    ['fewer octets than there are', meta => (meta.groups[0]!['messageBytes'] = 1)],
    ['nothing to relay', meta => (meta.groups[0]!['messageBytes'] = 0)],
    ['more octets than there are', meta => (meta.groups[0]!['messageBytes'] = 1e9)],
    ['a negative length', meta => (meta.groups[0]!['messageBytes'] = -1)],
    ['fields that are no list', meta => ((meta.groups[0]!['manifest'] as Record<string, unknown>)['fields'] = {})],
    ['an outcome of its own', meta => (part(meta)['outcome'] = 'passed')],
    ['a disposition of its own', meta => (part(meta)['disposition'] = 'original')],
    ['a size that is no number', meta => (part(meta)['bytes'] = '3')],
    ['a finding without code', meta => (part(meta)['findings'] = [{}])],
    ['an endless subject', meta => (meta.summary['subject'] = 'x'.repeat(5000))],
    ['no summary', meta => (meta.summary = null as never)],
  ])('with %s is refused', (_name, change) => expect(() => readResult(changed(change), JOB)).toThrow())

  test('of any octets throws and does nothing else', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), octets => void expect(() => readResult(octets, JOB)).toThrow()),
    ))

  test('of any JSON throws and does nothing else', () =>
    fc.assert(
      fc.property(fc.jsonValue(), value => void expect(() => readResult(Buffer.concat(packet(value)), JOB)).toThrow()),
    ))
})

describe('a file that was worked on elsewhere', () => {
  const file = { mediaType: 'text/plain', extension: 'txt', removed: [], findings: [], members: [] }
  const read = (meta: unknown) => readRebuilt(Buffer.concat(packet(meta, Buffer.from('abc'))))

  test('is rebuilt, or kept with a known reason', () => {
    expect(read({ kind: 'rebuilt', file })).toMatchObject({ kind: 'rebuilt', file: { extension: 'txt', bytes: Buffer.from('abc') } })
    expect(read({ kind: 'kept', reason: 'malformed', members: [] })).toMatchObject({ reason: 'malformed' })
  })

  test.each([
    ['another kind', { kind: 'original' }],
    ['no file', { kind: 'rebuilt' }],
    ['a type that is no text', { kind: 'rebuilt', file: { ...file, mediaType: 7 } }],
    ['an unknown reason', { kind: 'kept', reason: 'just because', members: [] }],
    ['an unknown object', { kind: 'kept', reason: 'blocked-object', object: 'toString', members: [] }],
    ['a removal of nothing known', { kind: 'rebuilt', file: { ...file, removed: [{ what: 'air', count: 1 }] } }],
    ['a second file beside it', { kind: 'rebuilt', file, beside: { mediaType: 'text/plain', extension: 'txt' }, fileBytes: 1 }],
    ['a second file inside of it', { kind: 'rebuilt', file: { ...file, beside: { mediaType: 'text/html', extension: 'html', bytes: 'x' } } }],
    ['members that are no list', { kind: 'rebuilt', file: { ...file, members: {} } }],
    ['a member without a digest', { kind: 'rebuilt', file: { ...file, members: [{ name: 'a' }] } }],
  ])('%s is refused', (_, meta) => expect(() => read(meta)).toThrow())
})

test('differences must be texts', () => {
  expect(readMismatches([])).toEqual([])
  for (const value of [null, 'fine', [7], { length: 0 }]) expect(() => readMismatches(value)).toThrow()
})

describe('a picture that a process claims to have drawn', () => {
  const PNG = Buffer.from('89504e470d0a1a0a00', 'hex')
  const said = (meta: unknown, octets: Uint8Array = PNG) => Buffer.concat(packet(meta, octets))
  const LOOK = { kind: 'look', page: 1, pages: 2, text: 'x', drawn: 'words', pngBytes: PNG.length }

  test('is taken with its page and text', () => expect(readLook(said(LOOK))).toEqual({ kind: 'look', page: 1, pages: 2, text: 'x', drawn: 'words', png: PNG }))
  test('may have the rebuilt file behind it', () => expect(readLook(said({ ...LOOK, file: { extension: 'docx' } }, Buffer.concat([PNG, Buffer.from('PK')])))).toMatchObject({ handedOut: { extension: 'docx', bytes: Buffer.from('PK') } }))
  test('may be none, for a reason that is known', () => {
    for (const reason of ['no-preview', 'wrong-password']) expect(readLook(said({ kind: 'kept', reason }))).toEqual({ kind: 'kept', reason })
  })

  test.for<[string, unknown, Uint8Array?]>([
    ['another kind', { ...LOOK, kind: 'page' }],
    ['octets that are no PNG', LOOK, Buffer.from('<html>')],
    ['a reason that nobody knows', { kind: 'kept', reason: '<b>' }],
    ['pages that are no number', { ...LOOK, pages: '2' }],
    ['no text', { ...LOOK, text: null }],
    ['another way of drawing', { ...LOOK, drawn: 'words-for-now' }],
    ['a picture of no length', { ...LOOK, pngBytes: 0 }],
    ['an extension that leads elsewhere', { ...LOOK, file: { extension: '../x' } }],
    ['endless text', { ...LOOK, text: 'x'.repeat(1_000_001) }],
  ])('is refused with %s', ([, meta, octets]) => expect(() => readLook(said(meta, octets))).toThrow(UntrustworthyResult))

  test('names are texts of bounded length', () => {
    expect(readNames(Buffer.from('["a","b"]'))).toEqual(['a', 'b'])
    for (const claimed of ['{}', '[1]', `["${'x'.repeat(5000)}"]`]) expect(() => readNames(Buffer.from(claimed))).toThrow(UntrustworthyResult)
  })
})
