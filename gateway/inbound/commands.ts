/**
 * What smtp-server is told, in its own words, so that listener.ts and connection.ts hold behaviour only: its options, the commands
 * that it must not answer, the form in which it wants a refusal, and how it shows us the client.
 */
import { REPLIES, type ReplyName } from '../../core/smtp/reply.ts'
import type { ListenerOptions } from './options.ts'
import type { Presentation } from './session.ts'
import type { TlsMaterial } from './tls.ts'

const NOT_OFFERED = 'AUTH EXPN ETRN TURN ATRN SEND SOML SAML XFORWARD WIZ SHELL KILL DEBUG'

/** Answered here: the library jokes about them, promises too much, or would answer 500 to what exists elsewhere. */
export const ANSWERS: ReadonlyMap<string, ReplyName> = new Map<string, ReplyName>([
  ['HELP', 'help'],
  ['VRFY', 'cannotVerify'],
  ...NOT_OFFERED.split(' ').map(name => [name, 'notImplemented'] as const),
])

/** What follows them is not commands (a chunk of data, the header of a web request): 502, and close. */
export const NOT_SMTP: ReadonlySet<string> = new Set(
  'BDAT GET POST PUT HEAD DELETE OPTIONS TRACE CONNECT PATCH'.split(' '),
)

export function libraryOptions(options: ListenerOptions, tls: TlsMaterial | undefined) {
  const { limits } = options
  return {
    name: options.hostname,
    banner: options.banner,
    heloResponse: '%s',
    size: limits.messageBytes,
    maxCommandLength: limits.commandBytes,
    maxClients: limits.connections,
    socketTimeout: limits.firstCommandTimeoutMs,
    disabledCommands: ['AUTH', 'XFORWARD', ...(tls ? [] : ['STARTTLS'])],
    hideENHANCEDSTATUSCODES: false,
    disableReverseLookup: true,
    logger: false as const,
    ...tls,
  }
}

/** The status code goes into the text; InboundConnection.send knows it there. */
export function asError(name: ReplyName | undefined): (Error & { responseCode: number }) | undefined {
  if (name === undefined) return undefined
  const { code, status, text } = REPLIES[name]
  return Object.assign(new Error(`${status} ${text}`), { responseCode: code })
}

type LibraryConnection = {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly hostNameAppearsAs: string | false
  readonly openingCommand: string | false
  readonly tlsOptions: { readonly version: string; readonly name: string } | false | undefined
}

export function presentationOf(connection: LibraryConnection): Presentation {
  const cipher = connection.tlsOptions || undefined
  return {
    clientAddress: connection.remoteAddress,
    clientPort: connection.remotePort,
    helo: connection.hostNameAppearsAs || '',
    tls: cipher && { protocol: cipher.version, cipher: cipher.name },
    extended: connection.openingCommand === 'EHLO',
  }
}
