/**
 * Asks the next hop whether it would take a recipient: EHLO, MAIL FROM:<>, RCPT TO, QUIT. No message is begun.
 *
 * A dialogue of its own, because the relay's client goes on to DATA as soon as a recipient is accepted. Only for hops
 * on our own side that talk in plain text; a hop that requires TLS is not asked, and counts as unavailable.
 * The caller remembers answers (gateway/inbound/call-ahead.ts).
 */
import { connect, type Socket } from 'node:net'
import type { Mailbox } from '../../core/smtp/envelope.ts'
import { needsSmtpUtf8 } from '../../core/smtp/mailbox.ts'
import type { Existence } from '../inbound/call-ahead.ts'
import type { RouteTable, SmtpHop } from './routes.ts'

const LONGEST_REPLY_BYTES = 8192

/** Never rejects. A route into a Maildir knows no recipients: everything exists there. */
export function recipientProbe(routes: RouteTable, timeoutMs: number): (mailbox: Mailbox) => Promise<Existence> {
  return async mailbox => {
    const hops = routes.forMailbox(mailbox, 'inward')?.hops ?? []
    if (hops.some(hop => hop.kind === 'maildir')) return 'ok'
    for (const hop of hops) {
      if (hop.kind !== 'smtp' || hop.tls === 'required') continue
      const existence = await ask(hop, mailbox, timeoutMs)
      if (existence !== 'unavailable') return existence
    }
    return 'unavailable'
  }
}

async function ask(hop: SmtpHop, mailbox: Mailbox, timeoutMs: number): Promise<Existence> {
  const socket = connect({ host: hop.host, port: hop.port, noDelay: true })
  socket.setTimeout(timeoutMs, () => socket.destroy())
  socket.on('error', () => socket.destroy())
  const dialogue = new Dialogue(socket)
  try {
    if ((await dialogue.reply()) !== 220) return 'unavailable'
    if ((await dialogue.say(`EHLO ${hop.name}`)) !== 250) return 'unavailable'
    const needed = needsSmtpUtf8(mailbox) ? ' SMTPUTF8' : ''
    if ((await dialogue.say(`MAIL FROM:<>${needed}`)) !== 250) return 'unavailable'
    const code = await dialogue.say(`RCPT TO:<${mailbox}>`)
    socket.end('QUIT\r\n')
    if (code === 250 || code === 251) return 'ok'
    return code >= 500 && code < 600 ? 'unknown' : 'unavailable'
  } catch {
    return 'unavailable'
  } finally {
    socket.destroySoon()
  }
}

/** Commands out, reply codes in; a closed connection or an endless reply rejects. */
class Dialogue {
  readonly #socket: Socket
  readonly #chunks: AsyncIterator<Buffer>
  #pending = ''

  constructor(socket: Socket) {
    this.#socket = socket
    this.#chunks = socket[Symbol.asyncIterator]()
  }

  say(command: string): Promise<number> {
    this.#socket.write(`${command}\r\n`)
    return this.reply()
  }

  /** The code of the next complete reply, all its lines read (RFC 5321 §4.2.1). */
  async reply(): Promise<number> {
    for (;;) {
      const end = /(?:^|\n)(\d{3}) [^\n]*\n/.exec(this.#pending)
      if (end) {
        this.#pending = this.#pending.slice(end.index + end[0].length)
        return Number(end[1])
      }
      const { value, done } = await this.#chunks.next()
      if (done || this.#pending.length > LONGEST_REPLY_BYTES) throw new Error('no reply')
      this.#pending += value.toString('latin1')
    }
  }
}
