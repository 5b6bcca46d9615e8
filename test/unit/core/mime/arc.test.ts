import { generateKeyPairSync } from 'node:crypto'
import { authenticate } from 'mailauth'
import { describe, expect, test } from 'vitest'
import { relaxedBodyHash, sealArc } from '../../../../core/mime/arc.ts'
import { checkCanonical, composedQueueId } from '../../../../core/mime/canonical.ts'
import { expectLinear } from '../../../support/linear.ts'
import { sanitizeBytes, testJob } from '../../../support/job.ts'

const NOW_MS = Date.UTC(2026, 10, 23)
const pairs = { rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }), ed25519: generateKeyPairSync('ed25519') }

function keyOf(type: keyof typeof pairs) {
  const { privateKey, publicKey } = pairs[type]
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const p = type === 'rsa' ? spki.toString('base64') : spki.subarray(-32).toString('base64')
  const key = { domain: 'town.example.jp', selector: 'arc', privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
  return { key, record: `v=DKIM1; k=${type}; p=${p}` }
}

/** By mailauth's own verifier, with the key that a DNS server would give. */
async function verdictOn(message: Uint8Array, record: string) {
  const resolver = async (name: string, type: string) => {
    if (type === 'TXT' && name === 'arc._domainkey.town.example.jp') return [[record]]
    throw Object.assign(new Error(), { code: 'ENOTFOUND' })
  }
  const { arc } = await authenticate(Buffer.from(message), { ip: '192.0.2.1', helo: 'x.example', mta: 'inner.example', sender: 'a@x.example', resolver: resolver as never })
  if (!arc) throw new Error('ARC was not checked')
  return { result: arc.status.result, i: arc.i, authResults: arc.authenticationResults as Record<string, unknown> | undefined }
}

async function composed(message: string | Buffer): Promise<Uint8Array> {
  const { groups } = await sanitizeBytes(Buffer.from(message), testJob())
  return groups[0]!.message
}

const HEADER = 'From: a@example.com\r\nTo: b@town.example.jp\r\nSubject: x\r\nAuthentication-Results: relay.example; spf=pass smtp.mailfrom=example.com\r\nMIME-Version: 1.0\r\n'
const BODIES = {
  'plain text': `${HEADER}\r\nhello\r\n`,
  'text with blanks in rows, in lines of their own and at the end': `${HEADER}\r\na   b\t c\r\n \r\n\r\n   indented\r\n\r\n\r\n`,
  Japanese: `${HEADER}Content-Type: text/plain; charset=utf-8\r\n\r\n本文です。\r\n`,
  'a file': `${HEADER}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\na,b\r\n--b--\r\n`,
  nothing: `${HEADER}\r\n`,
}

describe('an ARC set over a composed message', () => {
  test.each(Object.entries(BODIES).flatMap(([name, message]) => (['rsa', 'ed25519'] as const).map(type => [name, type, message] as const)))('%s, %s: passes', async (_name, type, message) => {
    const { key, record } = keyOf(type)
    const sealed = await sealArc(await composed(message), key, { hostname: 'sekisho.test', nowMs: NOW_MS })
    expect(await verdictOn(sealed, record)).toMatchObject({ result: 'pass', i: 1, authResults: { mta: 'sekisho.test', spf: { result: 'pass' } } })
    expect(checkCanonical(sealed)).toBeUndefined()
    expect(composedQueueId(sealed)).toBe('01TESTQUEUEID')
  })

  test('without results of ours it says none, and nobody else’s', async () => {
    const forged = BODIES['plain text'].replace('relay.example', 'elsewhere.example')
    const { key, record } = keyOf('rsa')
    const sealed = await sealArc(await composed(forged), key, { hostname: 'sekisho.test', nowMs: NOW_MS })
    expect(Buffer.from(sealed).toString()).toContain('ARC-Authentication-Results: i=1; sekisho.test; none\r\n')
    expect((await verdictOn(sealed, record)).result).toBe('pass')
  })

  test('a changed text fails', async () => {
    const { key, record } = keyOf('rsa')
    const sealed = Buffer.from(await sealArc(await composed(BODIES['plain text']), key, { hostname: 'sekisho.test', nowMs: NOW_MS })).toString()
    expect((await verdictOn(Buffer.from(sealed.replace('hello', 'hallo')), record)).result).toBe('fail')
  })

  test('foreign sets do not survive, so ours is always the first', async () => {
    const foreign = 'ARC-Seal: i=1; a=rsa-sha256; cv=none; d=s.example; s=s; b=AAAA\r\nARC-Message-Signature: i=1; a=rsa-sha256; d=s.example; s=s; h=from; bh=AAAA; b=AAAA\r\nARC-Authentication-Results: i=1; s.example; spf=pass\r\n'
    const { key, record } = keyOf('rsa')
    const sealed = await sealArc(await composed(foreign + BODIES['plain text']), key, { hostname: 'sekisho.test', nowMs: NOW_MS })
    expect(Buffer.from(sealed).toString().match(/^ARC-Seal: /gm)).toHaveLength(1)
    expect((await verdictOn(sealed, record)).result).toBe('pass')
  })

  test('an unusable key rejects', async () => {
    const key = { domain: 'town.example.jp', selector: 'arc', privateKeyPem: 'no key' }
    await expect(sealArc(await composed(BODIES['plain text']), key, { hostname: 'sekisho.test', nowMs: NOW_MS })).rejects.toThrow()
  })
})

test.each(['a b'.repeat(300), `a${' '.repeat(900)}b\r\n`, '\r\n', ' \r\n'])('the body hash of %j in rows costs linear time', piece => {
  expectLinear(n => `${piece.repeat(n)}x\r\n`, relaxedBodyHash, 2000)
})
