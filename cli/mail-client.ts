/**
 * The portal's window on mail: lists and messages, asked of the gateway over its control socket.
 */
import type { Mail } from '../portal/ports.ts'
import { gatewayForPages } from './gateway-for-pages.ts'

export function mailClient(controlSocket: string): Mail {
  const gateway = gatewayForPages(controlSocket)
  return {
    list: question => gateway.call('mail.list', { question }),
    message: async publicId => (await gateway.call('mail.message', { publicId })) ?? undefined,
    notify: mail => gateway.call('mail.notify', { mail }),
    tellClasses: piece => gateway.call('classes.tell', { piece }),
  }
}
