/**
 * Every reply this gateway can give of its own, in one table, and the error that carries one.
 * docs/replies.md is printed from it.
 * Standards: RFC 5321 §4.2 (reply codes), RFC 3463 and RFC 5248 (enhanced status codes).
 */

export type EnhancedStatusCode = `${2 | 4 | 5}.${number}.${number}`
export type Reply = {
  readonly code: number
  readonly status: EnhancedStatusCode
  /** What the client reads. Names no product, rule or file: what we tell the client, we tell the attacker. */
  readonly text: string
  /** For docs/replies.md: when it is given and what the operator can do. */
  readonly when: string
}

export const REPLIES = {
  accepted: { code: 250, status: '2.0.0', text: 'queued', when: 'The message is on disk, sanitized and verified.' },
  notAvailable: { code: 421, status: '4.3.2', text: 'service not available, closing connection', when: 'Shutting down, or too many connections. The client tries again.' },
  tooManyErrors: { code: 421, status: '4.7.0', text: 'too many errors, closing connection', when: 'The client gave more wrong commands than `smtp.maxErrors`, or a stranger 200 that bring no message nearer.' },
  tooSlow: { code: 421, status: '4.4.2', text: 'timeout, closing connection', when: 'The client was silent for too long, or slower than `smtp.minBytesPerSecond`.' },
  tooManyTransactions: { code: 421, status: '4.7.0', text: 'too many transactions, closing connection', when: 'More than `smtp.maxTransactions` in one connection. The client connects again.' },
  internal: { code: 451, status: '4.3.0', text: 'local error, try again later', when: 'A failure of ours. The mail log has the cause; nothing was lost, the client keeps the message.' },
  overloaded: { code: 451, status: '4.3.2', text: 'busy, try again later', when: 'No capacity to start sanitizing in time, or too many bytes in flight.' },
  held: { code: 451, status: '4.3.2', text: 'not accepting mail now, try again later', when: '`sekisho emergency isolate` is in force.' },
  recipientUnknownYet: { code: 451, status: '4.4.3', text: 'recipient cannot be checked now, try again later', when: 'The call-ahead to the next hop did not answer.' },
  storageFull: { code: 452, status: '4.3.1', text: 'insufficient storage, try again later', when: 'Free disk below `store.minFreeBytes`, or the quota for originals is used up.' },
  tooManyRecipients: { code: 452, status: '4.5.3', text: 'too many recipients', when: 'More than `smtp.maxRecipients` in one transaction. The client sends the rest in another one.' },
  help: { code: 214, status: '2.0.0', text: 'see RFC 5321', when: 'Answer to HELP.' },
  cannotVerify: { code: 252, status: '2.0.0', text: 'cannot verify, send mail and see', when: 'Answer to VRFY: addresses are told at RCPT only.' },
  earlyTalker: { code: 421, status: '4.7.0', text: 'spoke before the greeting, closing connection', when: 'A stranger sent something before our greeting (RFC 5321 §3.1), as spam programs do.' },
  lineTooLong: { code: 500, status: '5.5.2', text: 'line too long', when: 'A command line of more than 2,048 octets. The connection is closed.' },
  notImplemented: { code: 502, status: '5.5.1', text: 'command not implemented', when: 'A known command that this gateway has not: AUTH, EXPN, ETRN and the like.' },
  pipelinedData: { code: 503, status: '5.5.1', text: 'data sent before 354, closing connection', when: 'A stranger did not wait for 354 (RFC 2920 §3.1): what it sent may have been meant as commands.' },
  unknownParameter: { code: 555, status: '5.5.4', text: 'parameter not recognized', when: 'MAIL or RCPT has a parameter that EHLO did not offer.' },
  bdatUnsupported: { code: 502, status: '5.5.1', text: 'command not implemented', when: 'BDAT, which is not offered (RFC 3030). The connection is closed, or its payload would be read as commands.' },
  badLineEnds: { code: 521, status: '5.5.2', text: 'bare CR, LF or NUL not accepted', when: 'A stranger sent a line end other than CRLF, or a NUL (SMTP smuggling). Listed upstreams are normalised instead.' },
  tlsRequired: { code: 530, status: '5.7.0', text: 'must issue a STARTTLS command first', when: '`smtp.tls.required` is set.' },
  notListed: { code: 554, status: '5.7.1', text: 'relay access denied', when: 'The recipient domain is not one of `domains`.' },
  clientDenied: { code: 554, status: '5.7.1', text: 'client not accepted', when: 'Strangers are not accepted (`smtp.acceptStrangers`).' },
  recipientUnknown: { code: 550, status: '5.1.1', text: 'no such recipient here', when: 'Not in the recipient file, or refused by the next hop at call-ahead.' },
  badRecipient: { code: 553, status: '5.1.3', text: 'bad recipient address', when: 'The address is not `local-part@domain`; see docs/quirks.md for what is refused on purpose.' },
  badSender: { code: 553, status: '5.1.7', text: 'bad sender address', when: 'As above, for MAIL FROM.' },
  utf8NotPossible: { code: 553, status: '5.6.7', text: 'non-ASCII address not supported for this recipient', when: 'SMTPUTF8 is needed and a next hop does not have it.' },
  messageTooBig: { code: 552, status: '5.3.4', text: 'message too big', when: 'Larger than `smtp.maxMessageBytes` (announced as SIZE).' },
  contentRefused: { code: 554, status: '5.7.1', text: 'content refused by policy', when: 'A policy row says `reject`. Strangers only.' },
  loopDetected: { code: 554, status: '5.4.6', text: 'mail loop detected', when: 'Too many Received fields, or our own loop mark.' },
} as const satisfies Record<string, Reply>

export type ReplyName = keyof typeof REPLIES

type RefusalDetail = { readonly reason: string; readonly cause?: unknown }

/**
 * Thrown to end a command or transaction with a given reply.
 *
 * `reason` and `cause` go to the mail log and never to the client. Anything thrown that is not a
 * Refusal is a bug: the session answers `internal` (4xx, so the client keeps the message) and logs the stack.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly replyName: ReplyName
  readonly reply: Reply

  constructor(replyName: ReplyName, detail: RefusalDetail) {
    super(`${replyName}: ${detail.reason}`, { cause: detail.cause })
    this.replyName = replyName
    this.reply = REPLIES[replyName]
  }

  /** Derived, so that it can never contradict the code: 4.x.x is retried, 5.x.x is not. */
  get permanent(): boolean {
    return this.reply.status.startsWith('5')
  }
}
