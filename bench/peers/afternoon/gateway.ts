/**
 * The gateway that anyone would write in an afternoon with these packages: take a mail, parse it, keep its text, turn HTML
 * into text, drop every attachment, send it on, then answer 250. No queue, no flush, no second look, no limits: what it
 * does is the least that could be called sanitizing. `node gateway.ts SINK_PORT` prints its port.
 */
import { convert } from 'html-to-text'
import { simpleParser } from 'mailparser'
import { createTransport } from 'nodemailer'
import { SMTPServer } from 'smtp-server'

const CONNECTIONS = 20

const next = createTransport({
  host: '127.0.0.1',
  port: Number(process.argv[2]),
  pool: true,
  maxConnections: CONNECTIONS,
  maxMessages: Number.POSITIVE_INFINITY,
  ignoreTLS: true,
})

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS', 'AUTH'],
  onData(stream, session, done) {
    simpleParser(stream, { skipTextToHtml: true, skipHtmlToText: true })
      .then(mail => {
        const names = mail.attachments.map(({ filename }) => filename ?? 'attachment')
        const text = mail.text ?? (mail.html ? convert(mail.html) : '')
        const notice = names.length === 0 ? '' : `\n\n[removed: ${names.join(', ')}]\n`
        const { mailFrom, rcptTo } = session.envelope
        return next.sendMail({
          envelope: { from: mailFrom === false ? '' : mailFrom.address, to: rcptTo.map(each => each.address) },
          from: mail.from?.text ?? '',
          to: [mail.to ?? []].flat().map(each => each.text),
          subject: mail.subject ?? '',
          date: mail.date ?? new Date(),
          messageId: mail.messageId ?? '',
          text: text + notice,
        })
      })
      .then(
        () => done(null, 'taken'),
        (error: Error) => done(Object.assign(error, { responseCode: 451 })),
      )
  },
})

server.listen(0, '127.0.0.1', () => {
  const bound = server.server.address()
  process.stdout.write(`ready ${typeof bound === 'object' && bound !== null ? bound.port : bound}\n`)
})
