/** One hop of raw sockets and one session to it, for tests of what is said on a connection. `afterEach(closeSession)`. */
import type { Mailbox } from '../../../../core/smtp/envelope.ts'
import { openSmtp, type SmtpLimits, type SmtpSession } from '../../../../gateway/outbound/smtp-client.ts'
import { smtpHop } from './relay-rig.ts'
import { type Behaviour, type Sink, startSink } from './smtp-sink.ts'

export const FROM = 'a@outside.example' as Mailbox
export const TO = 'b@town.example.jp' as Mailbox
export const TO_2 = 'c@town.example.jp' as Mailbox

/** For a busy machine. */
export const PATIENT: SmtpLimits = { connectMs: 10_000, replyMs: 10_000, chunking: true }

export let sink: Sink
export let session: SmtpSession | undefined

export async function listen(behaviour: Behaviour = {}): Promise<Sink> {
  sink = await startSink(behaviour)
  return sink
}

export async function openSession(behaviour: Behaviour, hop: Parameters<typeof smtpHop>[1], limits: SmtpLimits): Promise<SmtpSession> {
  const { port } = await listen(behaviour)
  session = await openSmtp(smtpHop(port, hop), limits, new AbortController().signal)
  return session
}

export async function closeSession(): Promise<void> {
  session?.abort('test is over')
  session = undefined
  await sink.close()
}
