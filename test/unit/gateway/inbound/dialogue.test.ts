/**
 * Each test/dialogue/*.smtp is played against a real listener. `C:` we say, `S:` we expect; `*` matches the rest.
 * `# @client stranger` in the head makes the client a stranger; without it, it is a listed upstream. With
 * `# @hops plain` a next hop lacks SMTPUTF8. In `C:` lines
 * `\r`, `\n` and `\0` stand for the octets. The transaction is a fake: it refuses `refuse-me`, and takes the rest.
 */
import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { REPLIES, Refusal } from '../../../../core/smtp/reply.ts'
import { recipientCheck } from '../../../../gateway/inbound/recipients.ts'
import { Client, readAll, STRANGERS_ONLY, startTestListener } from './support.ts'

const inside = recipientCheck({ domains: ['inside.example'] })
const paths = globSync('test/dialogue/*.smtp').sort()

test('the dialogues are there', () => expect(paths.length).toBeGreaterThanOrEqual(14))

test.each(paths)('%s', async path => {
  const script = readFileSync(path, 'utf8')
  const { port, listener } = await startTestListener(
    {
      ...(script.includes('# @client stranger') ? STRANGERS_ONLY : {}),
      smtpUtf8: () => !script.includes('# @hops plain'),
      limits: { errors: script.includes('too many errors') ? 4 : 20 },
      checkRecipient: mailbox => {
        if (mailbox.startsWith('unknown@')) return 'recipientUnknown'
        return mailbox.startsWith('later@') ? Promise.resolve('recipientUnknownYet') : inside(mailbox)
      },
    },
    async (_session, _envelope, source) => {
      const message = await readAll(source)
      if (message.includes('refuse-me')) throw new Refusal('contentRefused', { reason: 'asked for' })
      return { reply: REPLIES.accepted }
    },
  )
  const client = await Client.open(port)
  try {
    for (const [index, line] of script.split('\n').entries()) {
      if (line.startsWith('C:')) client.send(Buffer.from(`${octets(line.slice(3))}\r\n`, 'utf8'))
      if (line.startsWith('S:')) expect(await lastLine(client), `${path}:${index + 1}`).toMatch(pattern(line.slice(3)))
    }
  } finally {
    client.end()
    await listener.close(1000)
  }
})

function octets(text: string): string {
  return text.replaceAll('\\r', '\r').replaceAll('\\n', '\n').replaceAll('\\0', '\0')
}

/** A reply of several lines counts by its last (RFC 5321 §4.2.1). */
async function lastLine(client: Client): Promise<string> {
  const reply = await client.reply()
  return reply === '(closed)' ? '(connection closed)' : reply.split('\r\n').at(-1)!
}

function pattern(expected: string): RegExp {
  return new RegExp(`^${expected.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*$/, '.*')}$`)
}
