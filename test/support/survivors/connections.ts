/** Clients that bring a message and leave: what of their connections is still there? */
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js'
import type { InboundSession } from '../../../gateway/inbound/session.ts'
import { REPLIES } from '../../../core/smtp/reply.ts'
import { Client, readAll, startTestListener } from '../../unit/gateway/inbound/support.ts'
import { Watch } from './watch.ts'

const watch = new Watch()

const setListeners = SMTPConnection.prototype._setListeners
SMTPConnection.prototype._setListeners = function (this: SMTPConnection & { inbound: InboundSession }, callback) {
  watch.note('connection', this)
  watch.note('session', this.inbound)
  setListeners.call(this, callback)
}

const { port, listener } = await startTestListener({}, async (_session, envelope, source) => {
  watch.note('envelope', envelope)
  watch.note('source', source)
  await readAll(source)
  return { reply: REPLIES.accepted }
})

async function pass(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const client = await Client.greeted(port)
    await client.startData()
    await client.say('Subject: x\r\n\r\ntext\r\n.')
    await client.say('QUIT')
    await client.closed()
    client.end()
  }
}

await pass(20)
await watch.begin()
await pass(40)
await watch.end()
await listener.close(0)
