/**
 * The envelope: who a message is from and for, as said in MAIL FROM and RCPT TO.
 * Header fields (From:, To:) are content and never decide routing.
 * Standards: RFC 5321 §2.3.1 (envelope and content), §4.1.2 (path syntax), RFC 6531 (SMTPUTF8).
 */

type Brand<T, Name extends string> = T & { readonly __brand: Name }

/** `local-part@domain`, syntax-checked, domain lower-cased as A-labels. The local part may be UTF-8 (SMTPUTF8). */
export type Mailbox = Brand<string, 'Mailbox'>

/** Where a DSN goes. `null` is the null reverse-path `<>`: never answer it (RFC 5321 §4.5.5). */
export type ReversePath = Mailbox | null

/** Names one message from spool to final log line; safe as a file name. */
export type QueueId = Brand<string, 'QueueId'>

export type Envelope = {
  readonly reversePath: ReversePath
  readonly forwardPaths: readonly [Mailbox, ...Mailbox[]]
  /** BODY= as the client declared it. */
  readonly body: '7BIT' | '8BITMIME'
  readonly smtpUtf8: boolean
}
