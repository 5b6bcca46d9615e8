/**
 * The portal's window on mail: lists and messages, asked of the gateway over its control socket.
 */
import type { Mail } from '../portal/ports.ts'
import { controlClient } from './control-client.ts'

export function mailClient(controlSocket: string): Mail {
  const gateway = controlClient(controlSocket)
  return {
    list: question => gateway.call('mail.list', { question }),
    message: async publicId => (await gateway.call('mail.message', { publicId })) ?? undefined,
    notify: mail => gateway.call('mail.notify', { mail }),
  }
}
