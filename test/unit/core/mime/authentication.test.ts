import { hash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type AuthResult, checkSpf, confirmsReversePath, readTrustedResults } from '../../../../core/mime/authentication.ts'
import { SignatureCheck } from '../../../../core/mime/signatures.ts'
import type { Mailbox } from '../../../../core/smtp/envelope.ts'

const field = (value: string) => ({ key: 'authentication-results', name: 'Authentication-Results', value, offset: 0 }) as never
const believed = (value: string) => readTrustedResults([field(value)], ['mx.cloud.example'])

describe('whether a DSN may go to the reverse-path', () => {
  test.each([
    ['SPF of its domain', 'spf=pass smtp.mailfrom=shop.example', true],
    ['SPF of its address', 'spf=pass (ok) smtp.mailfrom=<A@Shop.example>', true],
    ['SPF of another domain', 'spf=pass smtp.mailfrom=other.example', false],
    ['SPF of the HELO name only', 'spf=pass smtp.helo=shop.example', false],
    ['SPF that failed', 'spf=softfail smtp.mailfrom=shop.example', false],
    ['a signature of its domain', 'spf=none; dkim=pass header.d=shop.example', true],
    ['a signature named by its user', 'dkim=pass header.i=@shop.example', true],
    ['a signature of a domain above', 'dkim=pass header.d=example.jp', 'mail.example.jp'],
    ['a signature of a domain below', 'dkim=pass header.d=mail.shop.example', false],
    ['a signature of the top level', 'dkim=pass header.d=example', false],
    ['a signature of a domain that only ends alike', 'dkim=pass header.d=op.example', false],
    ['a broken signature of its domain', 'dkim=fail header.d=shop.example', false],
    ['DMARC of its domain', 'dmarc=pass header.from=shop.example', true],
    ['DMARC of another domain', 'dmarc=pass header.from=bank.example', false],
    ['another method', 'iprev=pass policy.iprev=192.0.2.1', false],
    ['nothing', 'spf=none', false],
  ])('%s', (_name, clauses, expected) => {
    const domain = typeof expected === 'string' ? expected : 'shop.example'
    expect(confirmsReversePath(believed(`mx.cloud.example; ${clauses}`), `a@${domain}` as Mailbox)).toBe(expected !== false)
  })

  test('results of an unknown authserv-id count for nothing', () => {
    expect(confirmsReversePath(believed('elsewhere.example; spf=pass smtp.mailfrom=shop.example'), 'a@shop.example' as Mailbox)).toBe(false)
  })
})

test('SPF has one time limit for all its look-ups', async () => {
  let asked = 0
  const slowly = async () => {
    asked++
    await new Promise(resolve => setTimeout(resolve, 40))
    return [[`v=spf1 include:i${asked}.shop.example -all`]]
  }
  const question = { clientAddress: '192.0.2.1', helo: 'x.example', reversePath: 'a@shop.example', hostname: 'gate.example', resolver: slowly }
  expect(await checkSpf({ ...question, withinMs: 100 })).toEqual({ result: 'temperror', domain: 'shop.example' })
  expect(asked).toBeLessThan(5)
})

describe('signatures', () => {
  const checked = async (header: string, wanted: readonly ('dkim' | 'dmarc')[] = ['dkim', 'dmarc']): Promise<{ results: readonly AuthResult[]; asked: string[] }> => {
    const asked: string[] = []
    const check = new SignatureCheck(wanted, async name => {
      asked.push(name)
      throw Object.assign(new Error(), { code: 'ENOTFOUND' })
    }, 0)
    check.write(Buffer.from(`${header}From: a@shop.example\r\n\r\nx\r\n`))
    return { results: await check.finish(undefined), asked }
  }
  /** The body's hash is right: a key is asked for only then. */
  const bodyHash = hash('sha256', 'x\r\n', 'base64')
  const signature = (index: number) => `DKIM-Signature: v=1; a=rsa-sha256; d=d${index}.example; s=s; h=from; bh=${bodyHash}; b=AAAA\r\n`

  test('no more than five are looked at, whatever the header holds', async () => {
    const { results, asked } = await checked(Array.from({ length: 100 }, (_, index) => signature(index)).join(''))
    expect(results.filter(({ method }) => method === 'dkim')).toHaveLength(5)
    expect(asked).toEqual(['_dmarc.shop.example', '_dmarc.example', 's._domainkey.d0.example', 's._domainkey.d1.example', 's._domainkey.d2.example', 's._domainkey.d3.example', 's._domainkey.d4.example'])
  })

  test('seals of others are not looked at', async () => {
    const seal = 'ARC-Seal: i=1; a=rsa-sha256; cv=none; d=s.example; s=s; b=AAAA\r\nARC-Message-Signature: i=1; a=rsa-sha256; d=s.example; s=s; h=from; bh=AAAA; b=AAAA\r\nARC-Authentication-Results: i=1; s.example; spf=pass\r\n'
    expect((await checked(seal)).asked).toEqual(['_dmarc.shop.example', '_dmarc.example'])
  })

  test.each([[['dkim'], ['dkim']], [['dmarc'], ['dmarc']], [['dkim', 'dmarc'], ['dkim', 'dmarc']]] as const)('%j gives %j', async (wanted, methods) => {
    expect((await checked(signature(1), wanted)).results.map(({ method }) => method)).toEqual(methods)
  })
})
