/**
 * Asks the running server over its Unix socket. No server, or one that cannot answer now, is a
 * Failure with exit code 75: scripts may try again.
 */
import { userInfo } from 'node:os'
import type { ControlMethod, ControlMethods, ControlStream, ControlStreams } from '../gateway/control-protocol.ts'
import { RpcError, rpcClient } from '../rpc/client.ts'
import type { Act } from '../store/contract.ts'
import { EXIT, Failure } from './exit.ts'
import type { FewAtOnce } from './few-at-once.ts'

export type ControlClient = {
  call<M extends ControlMethod>(method: M, params: ControlMethods[M]['params']): Promise<ControlMethods[M]['result']>
  stream<S extends ControlStream>(method: S, params: ControlStreams[S]['params']): Promise<AsyncIterable<Uint8Array>>
}

/** `turns`: who asks for many people at once (few-at-once.ts). Streams go on for long, and are few. */
export function controlClient(socketPath: string, turns: FewAtOnce = work => work()): ControlClient {
  const client = rpcClient(socketPath)
  return {
    call: async (method, params) => (await turns(() => client.call(method, params)).catch(asFailure)) as never,
    stream: (method, params) => client.stream(method, params).catch(asFailure),
  }
}

/** The operating system's user, the one before sudo if any, and the reason that the audit chain keeps. */
export function act(reason: string, environment: NodeJS.ProcessEnv = process.env): Act {
  const { username } = userInfo()
  const sudoUser = environment['SUDO_USER']
  return { actor: `os:${sudoUser && sudoUser !== username ? `${sudoUser} as ${username}` : username}`, reason }
}

export function asFailure(error: unknown): never {
  if (!(error instanceof RpcError)) throw error
  const { kind, message } = error
  if (kind === 'absent') throw new Failure(EXIT.unavailable, `no server is running (${message}); start it with: sekisho serve`)
  if (kind === 'forbidden') throw new Failure(EXIT.failure, `${message}: run this as the server's own user`)
  if (kind === 'too-long') throw new Failure(EXIT.failure, `${message}: set controlSocket`)
  if (kind === 'unreachable') throw new Failure(EXIT.unavailable, `the server does not answer: ${message}`)
  throw new Failure(kind === 'bad-request' ? EXIT.usage : EXIT.failure, message)
}
