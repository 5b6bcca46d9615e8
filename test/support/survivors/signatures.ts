/** Signed mails, checked one after the other: what of their headers is still there? */
import { DkimFeed } from '../../../core/mime/dkim-feed.ts'
import { SignatureCheck } from '../../../core/mime/signatures.ts'
import { SENDER_RECORDS, signedMail } from '../../../bench/load/signed.ts'
import { Watch } from './watch.ts'

const watch = new Watch()
const mail = await signedMail(Buffer.from('From: a@sender.example\r\nTo: b@town.example\r\nSubject: x\r\nDate: Mon, 23 Nov 2026 09:30:00 +0900\r\n\r\ntext\r\n'))
const records: Readonly<Record<string, readonly string[]>> = SENDER_RECORDS

async function resolver(name: string, type: string): Promise<readonly (readonly string[])[]> {
  const found = records[`${type} ${name}`]
  if (!found) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
  return [found]
}

const write = DkimFeed.prototype.write
DkimFeed.prototype.write = function (chunk) {
  watch.note('feed', this)
  write.call(this, chunk)
}

async function pass(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const check = new SignatureCheck(['dkim', 'dmarc'], resolver, Date.now())
    watch.note('check', check)
    check.write(mail)
    const results = await check.finish({ result: 'pass', domain: 'sender.example' })
    for (const result of results) watch.note('result', result)
    if (results.some(({ result }) => result !== 'pass')) throw new Error(JSON.stringify(results))
    await new Promise(resolve => setImmediate(resolve))
  }
}

await pass(50)
await watch.begin()
await pass(200)
await watch.end()
