/**
 * Sender checks in real processes: a stranger's signed mail, keys and policies from a DNS server on loopback, the
 * results as the reader gets them. The DNS server is silenced, and asked too much, as well.
 */
import { generateKeyPairSync, hash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { authenticate } from 'mailauth'
import { dkimSign } from 'mailauth/lib/dkim/sign.js'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type DnsServer, startDnsServer } from '../support/dns-server.ts'
import { Sekisho } from '../system/support/sekisho.ts'

const KEY = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PUBLIC = KEY.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
const PRIVATE = KEY.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

const RECORDS = {
  'TXT s1._domainkey.honest.example': [`v=DKIM1; k=rsa; p=${PUBLIC}`],
  'TXT arc._domainkey.town.example.jp': [`v=DKIM1; k=rsa; p=${PUBLIC}`],
  'TXT _dmarc.honest.example': ['v=DMARC1; p=reject'],
  'TXT honest.example': ['v=spf1 ip4:127.0.0.1 -all'],
  'TXT s1._domainkey.forger.example': [`v=DKIM1; k=rsa; p=${PUBLIC}`],
  'TXT forger.example': ['v=spf1 +all'],
}

let dns: DnsServer
let sekisho: Sekisho
let folder: string

beforeAll(async () => {
  dns = await startDnsServer(RECORDS)
  folder = mkdtempSync(join(tmpdir(), 'sekisho-arc-'))
  const keyFile = join(folder, 'arc.pem')
  writeFileSync(keyFile, PRIVATE)
  const arc = { keyFile, domain: 'town.example.jp', selector: 'arc' }
  sekisho = await Sekisho.start({ smtp: { port: 0, upstreams: [], acceptStrangers: true }, auth: { resolvers: [dns.address], timeoutMs: 700, arc } })
}, 60_000)
afterAll(async () => {
  await sekisho?.remove()
  await dns?.close()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  dns.answers = true
  dns.asked.length = 0
})

const mail = (from: string, extra = '') =>
  [`From: ${from}`, 'To: staff@town.example.jp', 'Subject: check', 'Date: Mon, 23 Nov 2026 09:00:00 +0900', `Message-ID: <${Math.random()}@x.example>`, ...(extra ? [extra] : []), '', 'Hello there.', ''].join('\r\n')

/** Of the body above: a key is asked for only where it is right. */
const BODY_HASH = hash('sha256', 'Hello there.\r\n', 'base64')

async function signed(message: string, domain: string): Promise<string> {
  const signatureData = [{ signingDomain: domain, selector: 's1', privateKey: PRIVATE }]
  const { signatures } = await dkimSign(message, { canonicalization: 'relaxed/relaxed', algorithm: 'rsa-sha256', signatureData } as never)
  return signatures + message
}

/** Says the mail to the gateway and gives what arrived in the Maildir. */
async function arrived(reversePath: string, message: string): Promise<string> {
  const before = new Set(sekisho.delivered().keys())
  const smtpPort = Number(/sekisho ready smtp=127\.0\.0\.1:(\d+)/.exec(sekisho.said)?.[1])
  const socket = connect(smtpPort, '127.0.0.1')
  let heard = ''
  socket.on('data', chunk => (heard += chunk))
  for (const [text, until] of [
    ['', /^220 /],
    ['EHLO client.example\r\n', /^250 /m],
    [`MAIL FROM:<${reversePath}>\r\n`, /^250/],
    ['RCPT TO:<staff@town.example.jp>\r\n', /^250/],
    ['DATA\r\n', /^354/],
    [`${message}.\r\n`, /^250 /],
    ['QUIT\r\n', /^221/],
  ] as const) {
    if (text !== '') heard = ''
    socket.write(text)
    await expect.poll(() => heard, { timeout: 10_000 }).toMatch(until)
  }
  socket.destroy()
  await expect.poll(() => sekisho.delivered().size, { timeout: 10_000 }).toBe(before.size + 1)
  const [raw] = [...sekisho.delivered()].filter(([name]) => !before.has(name)).map(([, bytes]) => bytes.toString())
  delivered = raw!
  return raw!.replace(/\r?\n[ \t]+/g, ' ')
}
/** The last mail that arrived, as it is. */
let delivered = ''

const resultsOf = (raw: string) => /^Authentication-Results: (.*)$/m.exec(raw)?.[1] ?? ''
/** The body is base64 where it is not ASCII. */
function textOf(raw: string): string {
  const body = raw.slice(raw.search(/\r?\n\r?\n/)).trim()
  return /^Content-Transfer-Encoding: base64/m.test(raw) ? Buffer.from(body, 'base64').toString() : body
}
const WARNING = '差出人が本物かどうかの検査に合格しませんでした'

describe("a stranger's mail", () => {
  test('signed by its own domain passes, without a word in the text', async () => {
    const raw = await arrived('a@honest.example', await signed(mail('a@honest.example'), 'honest.example'))
    expect(resultsOf(raw)).toBe('sekisho.example.jp; spf=pass smtp.mailfrom=honest.example; dkim=pass header.d=honest.example header.s=s1; dmarc=pass header.from=honest.example')
    expect(raw).not.toMatch(/^DKIM-Signature:/m)
    expect(textOf(raw)).toBe('Hello there.')
  })

  test('is sealed for the servers behind us', async () => {
    await arrived('a@honest.example', await signed(mail('a@honest.example'), 'honest.example'))
    const resolver = async (name: string, type: string) => {
      const found = dns.records.get(`${type} ${name}`)
      if (!found) throw Object.assign(new Error(), { code: 'ENOTFOUND' })
      return found.map(record => [record])
    }
    const checked = await authenticate(delivered, { ip: '192.0.2.1', helo: 'x.example', mta: 'inner.example', sender: 'a@honest.example', resolver: resolver as never })
    expect(checked.arc).toMatchObject({ i: 1, status: { result: 'pass' }, authenticationResults: { mta: 'sekisho.example.jp', dmarc: { result: 'pass' } } })
  })

  test('changed after signing fails, and the notice says so', async () => {
    const message = await signed(mail('a@honest.example'), 'honest.example')
    const raw = await arrived('a@forger.example', message.replace('Hello there', 'Hello thief'))
    expect(resultsOf(raw)).toMatch(/spf=pass smtp\.mailfrom=forger\.example; dkim=(fail|neutral) .*; dmarc=fail header\.from=honest\.example/)
    expect(textOf(raw)).toContain(WARNING)
  })

  test('signed by another domain than it names fails DMARC', async () => {
    const raw = await arrived('a@forger.example', await signed(mail('a@honest.example'), 'forger.example'))
    expect(resultsOf(raw)).toContain('dkim=pass header.d=forger.example')
    expect(resultsOf(raw)).toContain('dmarc=fail header.from=honest.example')
    expect(textOf(raw)).toContain(WARNING)
  })

  test('with a heap of signatures asks ten questions at most, and still for the policy of the domain it names', async () => {
    const junk = Array.from({ length: 30 }, (_, index) => `DKIM-Signature: v=1; a=rsa-sha256; d=d${index}.example; s=s; h=from; bh=${BODY_HASH}; b=AAAA`).join('\r\n')
    const raw = await arrived('a@forger.example', mail('a@honest.example', junk))
    const questions = dns.asked.filter(each => /_domainkey|_dmarc/.test(each))
    expect(questions.length).toBeLessThanOrEqual(10)
    expect(questions.filter(each => each.includes('_domainkey')).length).toBe(5)
    expect(resultsOf(raw)).toContain('dmarc=fail header.from=honest.example')
  })

  test('is not held up by a DNS server that is silent: temperror, and delivered', async () => {
    dns.answers = false
    const raw = await arrived('a@silent.example', await signed(mail('a@silent.example'), 'silent.example'))
    expect(resultsOf(raw)).toBe('sekisho.example.jp; spf=temperror smtp.mailfrom=silent.example; dkim=temperror header.d=silent.example header.s=s1; dmarc=temperror header.from=silent.example')
    expect(textOf(raw)).toBe('Hello there.')
  })
})
