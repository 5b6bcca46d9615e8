/**
 * Asks the running server over its Unix socket. No server, or one that cannot answer now, is a
 * Failure with exit code 75: scripts may try again.
 */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { userInfo } from 'node:os'
import {
  type ControlFailure,
  type ControlMethod,
  type ControlMethods,
  type ControlStream,
  type ControlStreams,
  PROTOCOL_HEADER,
  PROTOCOL_VERSION,
} from '../gateway/control-protocol.ts'
import type { Act } from '../store/contract.ts'
import { EXIT, Failure } from './exit.ts'

export type ControlClient = {
  call<M extends ControlMethod>(method: M, params: ControlMethods[M]['params']): Promise<ControlMethods[M]['result']>
  stream<S extends ControlStream>(method: S, params: ControlStreams[S]['params']): Promise<AsyncIterable<Uint8Array>>
}

const NOT_RUNNING = ['ENOENT', 'ECONNREFUSED']
const UNIX_PATH_BYTES = 107

export function controlClient(socketPath: string): ControlClient {
  return {
    call: async (method, params) =>
      JSON.parse(Buffer.concat(await Array.fromAsync(await ask(socketPath, method, params))).toString()),
    stream: async (method, params) => ask(socketPath, method, params),
  }
}

/** The operating system's user, the one before sudo if any, and the reason that the audit chain keeps. */
export function act(reason: string, environment: NodeJS.ProcessEnv = process.env): Act {
  const { username } = userInfo()
  const sudoUser = environment['SUDO_USER']
  return { actor: `os:${sudoUser && sudoUser !== username ? `${sudoUser} as ${username}` : username}`, reason }
}

async function ask(socketPath: string, method: string, params: unknown): Promise<IncomingMessage> {
  if (Buffer.byteLength(socketPath) > UNIX_PATH_BYTES)
    throw new Failure(EXIT.failure, `${socketPath} is too long for a socket: set controlSocket`)
  const question = request({
    socketPath,
    path: `/rpc/${method}`,
    method: 'POST',
    headers: { [PROTOCOL_HEADER]: PROTOCOL_VERSION, 'content-type': 'application/json' },
  })
  question.end(JSON.stringify(params))
  const [response] = (await once(question, 'response').catch(error => {
    throw unreachable(error, socketPath)
  })) as [IncomingMessage]
  if (response.statusCode !== 200) throw await refused(response)
  return response
}

function unreachable(error: NodeJS.ErrnoException, socketPath: string): Failure {
  if (NOT_RUNNING.includes(error.code ?? ''))
    return new Failure(
      EXIT.unavailable,
      `no server is running (nobody answers on ${socketPath}); start it with: sekisho serve`,
    )
  if (error.code === 'EACCES')
    return new Failure(EXIT.failure, `${socketPath} may be used by the server's own user only; run this as that user`)
  return new Failure(EXIT.unavailable, `the server does not answer: ${error.message}`)
}

async function refused(response: IncomingMessage): Promise<Failure> {
  const body = Buffer.concat(await Array.fromAsync(response as AsyncIterable<Buffer>)).toString()
  try {
    const { error, message } = JSON.parse(body) as ControlFailure
    return new Failure(error === 'bad-request' ? EXIT.usage : EXIT.failure, message)
  } catch {
    return new Failure(EXIT.failure, `the server answered ${response.statusCode}`)
  }
}
