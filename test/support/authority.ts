/** An issuer of certificates that exists for one test: for servers by address, for people as on a staff card. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type Issued = { readonly keyFile: string; readonly certificateFile: string; readonly key: string; readonly certificate: string }
export type Authority = { readonly caFile: string; readonly ca: string; readonly issue: (name: string, more?: { /** A negative number is a certificate that is over. */ readonly days?: number; readonly address?: string }) => Issued }

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

export function authority(folder: string, called: string): Authority {
  const at = (name: string) => join(folder, `${called}-${name}`)
  const openssl = (...args: string[]) => void execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const caFile = at('ca.crt')
  openssl('req', '-x509', ...KEY, '-keyout', at('ca.key'), '-out', caFile, '-subj', `/CN=${called}`, '-days', '2')
  const issue: Authority['issue'] = (name, { days = 1, address } = {}) => {
    const [keyFile, certificateFile, request, extensions] = [at(`${name}.key`), at(`${name}.crt`), at(`${name}.csr`), at(`${name}.ext`)]
    writeFileSync(extensions, address === undefined ? 'extendedKeyUsage=clientAuth\n' : `subjectAltName=IP:${address}\nextendedKeyUsage=serverAuth\n`)
    openssl('req', '-new', ...KEY, '-keyout', keyFile, '-out', request, '-subj', `/CN=${name}`)
    openssl('x509', '-req', '-in', request, '-CA', caFile, '-CAkey', at('ca.key'), '-CAcreateserial', '-extfile', extensions, '-out', certificateFile, '-days', String(days))
    return { keyFile, certificateFile, key: readFileSync(keyFile, 'utf8'), certificate: readFileSync(certificateFile, 'utf8') }
  }
  return { caFile, ca: readFileSync(caFile, 'utf8'), issue }
}
