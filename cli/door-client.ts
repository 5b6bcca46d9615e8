/**
 * The vault's way to the gateway: the gateway's door, asked over its socket.
 */
import type { DoorExchanges, DoorMethods } from '../gateway/door-protocol.ts'
import { rpcClient } from '../rpc/client.ts'
import type { Gateway } from '../vault/ports.ts'

export function doorClient(socketPath: string): Gateway {
  const client = rpcClient(socketPath)
  const call = async <M extends keyof DoorMethods>(method: M, params: DoorMethods[M]['params']) => (await client.call(method, params)) as DoorMethods[M]['result']
  const fetch = async <E extends keyof DoorExchanges>(method: E, params: DoorExchanges[E]['params'], octets?: Iterable<Uint8Array>) => {
    const packet = await client.exchange(method, params, octets)
    return { meta: packet.meta as DoorExchanges[E]['meta'], octets: packet.octets }
  }
  return {
    message: async publicId => (await call('message', { publicId })) ?? undefined,
    original: async (queueId, tenant) => {
      const { meta, octets } = await fetch('original', { queueId, tenant })
      return meta.found ? octets : undefined
    },
    text: async publicId => {
      const { meta, octets } = await fetch('text', { publicId })
      return meta.found ? { sealed: meta.sealed, octets } : undefined
    },
    pending: limit => call('pending', { limit }),
    amend: amendment => call('amend', amendment),
    recordRelease: async release => void (await call('record', { record: { ...release, kind: 'release' } })),
    state: () => call('state', {}),
    submitOutside: async (mail, message) => {
      const { meta, octets } = await fetch('submitOutside', mail, [message])
      await Array.fromAsync(octets)
      return meta
    },
    submit: async (mail, message) => {
      const { meta, octets } = await fetch('submit', mail, [message])
      await Array.fromAsync(octets)
      return meta
    },
  }
}
