/** Our way through mailauth's verifier against its own: the same reading of any octets, in time that grows with their number. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BodyDigest } from '../../../../core/mime/dkim-body.ts'
import { DkimFeed, type ParsedHeader, parseFields } from '../../../../core/mime/dkim-feed.ts'
import { SignatureCheck } from '../../../../core/mime/signatures.ts'
import { expectLinear } from '../../../support/linear.ts'
// @ts-expect-error The package does not declare its parts.
import { dkimBody } from 'mailauth/lib/dkim/body/index.js'
// @ts-expect-error The same.
import { MessageParser } from 'mailauth/lib/dkim/message-parser.js'

const RUNS = { numRuns: Number(process.env['RUNS'] ?? 2000) }
const CUTS = fc.array(fc.nat(), { maxLength: 6 })
const PIECES = ['\r\n', '\r\n', ' ', ' ', '\t', 'a', 'b:', 'A: ', '\r', '\n', '\r\n\r\n', '\0', 'é', ':', '\xa0', ' \r\n', 'Subject: x\r\n', '-'.repeat(40), `${'x'.repeat(70)} y`]
const TEXT = fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map(pieces => Buffer.from(pieces.join(''), 'latin1'))

function cut(whole: Buffer, at: readonly number[]): Buffer[] {
  const points = [0, ...at.map(each => each % (whole.length + 1)).sort((a, b) => a - b), whole.length]
  return points.slice(1).map((end, index) => Buffer.from(whole.subarray(points[index], end)))
}

const withLineEnds = (octets: Buffer) => Buffer.from(octets.toString('latin1').replace(/(?<!\r)\n/g, '\r\n'), 'latin1')

describe('the digest of a body', () => {
  test('is that of mailauth for any octets in any chunks, and no chunk is kept', () =>
    fc.assert(
      fc.property(TEXT, CUTS, fc.constantFrom('simple', 'relaxed'), fc.option(fc.nat({ max: 120 }), { nil: undefined }), (text, cuts, canonicalization, mostBytes) => {
        const ours = new BodyDigest({ canonicalization, algorithm: 'sha256', mostBytes })
        const theirs = dkimBody(canonicalization, 'sha256', mostBytes ?? '')
        for (const chunk of cut(withLineEnds(text), cuts)) {
          theirs.update(Buffer.from(chunk))
          ours.update(chunk)
          chunk.fill(0x20)
        }
        expect(ours.digest()).toBe(theirs.digest('base64'))
        expect([ours.canonicalizedLength, ours.bodyHashedBytes, ours.byteLength]).toEqual([theirs.canonicalizedLength, theirs.bodyHashedBytes, theirs.byteLength])
      }),
      RUNS,
    ))

  test.each<[string, (size: number) => string]>([
    ['one line', size => 'x'.repeat(size)],
    ['blanks', size => `${' '.repeat(size)}x`],
    ['tabs and blanks far apart', size => `${'x'.repeat(40)}\t${'y'.repeat(40)} `.repeat(size / 100)],
    ['empty lines', size => `${'\r\n'.repeat(size)}x`],
    ['CRs', size => '\r'.repeat(size)],
  ])('of %s in chunks: linear', (_, make) => expectLinear(size => Buffer.from(make(size)), body => digestOf(body), 1_000_000))
})

function digestOf(body: Buffer): string {
  const digest = new BodyDigest({ canonicalization: 'relaxed', algorithm: 'sha256', mostBytes: undefined })
  for (let at = 0; at < body.length; at += 4096) digest.update(body.subarray(at, at + 4096))
  return digest.digest()
}

type Read = { header: ParsedHeader | undefined; body: Buffer }

async function byOurs(chunks: readonly Buffer[]): Promise<Read> {
  const read: { header: ParsedHeader | undefined; body: Buffer[] } = { header: undefined, body: [] }
  const feed = new DkimFeed({
    messageHeaders: async header => void (read.header = header),
    nextChunk: async piece => void read.body.push(Buffer.from(piece)),
    finalChunk: async () => undefined,
  })
  for (const chunk of chunks) {
    feed.write(chunk)
    chunk.fill(0x0a)
  }
  await feed.end()
  return { header: read.header, body: Buffer.concat(read.body) }
}

async function byTheirs(chunks: readonly Buffer[]): Promise<Read> {
  const body: Buffer[] = []
  const parser = Object.assign(new MessageParser(), { nextChunk: async (piece: Buffer) => void body.push(Buffer.from(piece)) })
  for (const chunk of chunks) parser.write(Buffer.from(chunk))
  await new Promise(resolve => parser.end(resolve))
  return { header: parser.headers as ParsedHeader, body: Buffer.concat(body) }
}

describe('header and body', () => {
  test('are those of mailauth for any octets in any chunks', () =>
    fc.assert(
      fc.asyncProperty(TEXT, CUTS, async (text, cuts) => {
        const theirs = await byTheirs(cut(text, cuts))
        const ours = await byOurs(cut(text, cuts))
        expect(ours.body).toEqual(theirs.body)
        const plain = (read: Read) => read.header?.parsed.map(({ key, casedKey, line }) => [key ?? '', casedKey ?? '', line.toString('latin1')])
        expect(plain(ours)).toEqual(plain(theirs))
      }),
      RUNS,
    ))

  test('one octet at a time', async () => {
    const text = Buffer.from('A: b\r\n c\r\nD:e\n\nbody\nmore\r\n')
    const read = await byOurs([...text].map(octet => Buffer.of(octet)))
    expect(read.header?.parsed.map(({ line }) => line.toString())).toEqual(['A: b\r\n c', 'D:e'])
    expect(read.body.toString()).toBe('body\r\nmore\r\n')
  })

  test.each<[string, string]>([
    ['folds', '\r\n c'],
    ['blank folds', '\r\n '],
    ['lines that begin no field', '\r\nc'],
    ['blanks', ' '],
    ['CRs', '\r'],
    ['colons', ':'],
  ])('of %s: linear', (_, piece) => expectLinear(size => Buffer.from(`A: b${piece.repeat(size)}x`), block => parseFields(block), 60_000))
})

test('a verifier that fails at every step fails once, at the end', async () => {
  const fail = () => Promise.reject(new Error('no'))
  const feed = new DkimFeed({ messageHeaders: fail, nextChunk: fail, finalChunk: fail })
  for (const piece of ['A: b\r\n\r\n', 'body', 'more']) feed.write(Buffer.from(piece))
  await new Promise(resolve => setImmediate(resolve))
  await expect(feed.end()).rejects.toThrow('no')
})

describe('bounds', () => {
  const check = async (...chunks: string[]) => {
    const asked: string[] = []
    const resolver = async (name: string) => {
      asked.push(name)
      throw Object.assign(new Error('none'), { code: 'ENOTFOUND' })
    }
    const signatures = new SignatureCheck(['dkim', 'dmarc'], resolver, Date.now())
    for (const chunk of chunks) signatures.write(Buffer.from(chunk))
    return { results: (await signatures.finish(undefined)).map(({ method, result }) => `${method}=${result}`), asked }
  }

  test('too many fields, or a header without an end, are not checked', async () => {
    expect((await check(`${'A: b\r\n'.repeat(1001)}\r\nbody`)).results).toEqual(['dkim=temperror', 'dmarc=temperror'])
    expect((await check(...Array<string>(70).fill(`A: ${'x'.repeat(16_000)}\r\n`))).results).toEqual(['dkim=temperror', 'dmarc=temperror'])
  })

  test('a large body that comes with the header in one chunk counts for neither bound', async () => {
    expect((await check(`From: a@b.jp\r\n\r\n${'x'.repeat(2 * 2 ** 20)}`)).results).toEqual(['dkim=none', 'dmarc=none'])
  })

  test('the walk to a policy is asked for at once, each name only once, and not for deep names', async () => {
    expect((await check('From: a@mail.town.example.jp\r\n\r\nbody')).asked).toEqual(['_dmarc.mail.town.example.jp', '_dmarc.town.example.jp', '_dmarc.example.jp', '_dmarc.jp'])
    expect((await check('From: a@a.b.c.d.e.f.jp\r\n\r\nbody')).asked[0]).toBe('_dmarc.a.b.c.d.e.f.jp')
  })

  test.each<[string, (size: number) => string]>([
    ['a From of blanks', size => `From: ${' '.repeat(size)}a@b.jp\r\n`],
    ['a From of addresses', size => `From: ${'a@b.jp, '.repeat(size / 8)}\r\n`],
    ['a From of brackets', size => `From: ${'<'.repeat(size)}\r\n`],
    ['a From of quotes', size => `From: ${'"\\'.repeat(size / 2)}\r\n`],
    ['a From of comments', size => `From: ${'('.repeat(size)}\r\n`],
    ['a Content-Type of parameters', size => `From: a@b.jp\r\nContent-Type: a/b${'; x=1'.repeat(size / 5)}\r\n`],
    ['a Content-Type of quotes', size => `From: a@b.jp\r\nContent-Type: a/b; x=${'"\\'.repeat(size / 2)}\r\n`],
    ['a Return-Path of blanks', size => `Return-Path: <${' '.repeat(size)}\r\n`],
  ])('%s with a signature: linear', async (_, make) => {
    const signature = 'DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=b.jp; s=s; h=from; bh=x; b=x\r\n'
    await check('From: a@b.jp\r\n\r\nx')
    expectLinear(size => Buffer.from(`${signature}${make(size)}\r\nbody`), message => {
      const signatures = new SignatureCheck(['dkim'], async () => [], Date.now())
      signatures.write(message)
    }, 60_000)
  })
})
