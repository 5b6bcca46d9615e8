/**
 * The portal's window on mail: lists and messages, asked of the gateway over its control socket.
 */
import type { Mail } from '../portal/ports.ts'
import { controlClient } from './control-client.ts'
import { fewAtOnce } from './few-at-once.ts'

/** Of the questions of all who look at mail; a page has two or three. */
const AT_ONCE = 4

export function mailClient(controlSocket: string): Mail {
  const gateway = controlClient(controlSocket, fewAtOnce(AT_ONCE))
  return {
    list: question => gateway.call('mail.list', { question }),
    message: async publicId => (await gateway.call('mail.message', { publicId })) ?? undefined,
    notify: mail => gateway.call('mail.notify', { mail }),
    tellClasses: piece => gateway.call('classes.tell', { piece }),
  }
}
