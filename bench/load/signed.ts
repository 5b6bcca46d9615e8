/**
 * A mail that is signed with DKIM, and what DNS says of its sender. The signature covers From, To, Subject, Date and the body, so it
 * holds for every Message-ID. The key is made anew in each run. Standards: RFC 6376, RFC 7208, RFC 7489.
 */
import { generateKeyPairSync } from 'node:crypto'
import { dkimSign } from 'mailauth/lib/dkim/sign.js'

const DOMAIN = 'sender.example'
const SELECTOR = 's1'
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

export const SENDER_RECORDS = {
  [`TXT ${SELECTOR}._domainkey.${DOMAIN}`]: [`v=DKIM1; k=rsa; p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`],
  [`TXT _dmarc.${DOMAIN}`]: ['v=DMARC1; p=reject'],
  [`TXT ${DOMAIN}`]: ['v=spf1 ip4:127.0.0.1 -all'],
}

/** The mail with its signature in front. @throws Error when it could not be signed. */
export async function signedMail(mail: Buffer): Promise<Buffer> {
  const signatureData = [{ signingDomain: DOMAIN, selector: SELECTOR, privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }]
  const { signatures, errors } = await dkimSign(mail, { canonicalization: 'relaxed/relaxed', algorithm: 'rsa-sha256', headerList: 'from:to:subject:date', signatureData } as never)
  if (errors.length > 0) throw new Error(`not signed: ${String(errors[0]?.err)}`)
  return Buffer.concat([Buffer.from(signatures, 'latin1'), mail])
}
