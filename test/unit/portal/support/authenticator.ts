/**
 * A security key in software: makes what a browser hands over, from node:crypto alone, so that it is no relative of the
 * library that checks it. Standards: WebAuthn Level 2 §6.1 (authenticator data), §6.5.4 (none attestation), RFC 9052 (COSE), RFC 8949 (CBOR).
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

type Site = { readonly rpId: string; readonly origin: string }

export class Authenticator {
  readonly credentialId = randomBytes(32)
  counter = 0
  readonly #privateKey: KeyObject
  readonly #publicKey: KeyObject

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#privateKey = privateKey
    this.#publicKey = publicKey
  }

  register(challenge: string, site: Site) {
    const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, this.credentialId.length]), this.credentialId, this.#coseKey()])
    const authData = Buffer.concat([this.#authData(site, 0x41), attested])
    const attestationObject = map([[text('fmt'), text('none')], [text('attStmt'), map([])], [text('authData'), octets(authData)]])
    return this.#answer({
      clientDataJSON: clientData('webauthn.create', challenge, site),
      attestationObject: attestationObject.toString('base64url'),
      transports: ['usb'],
    })
  }

  use(challenge: string, site: Site) {
    this.counter++
    const authData = this.#authData(site, 0x01)
    const clientDataJSON = clientData('webauthn.get', challenge, site)
    const signed = Buffer.concat([authData, createHash('sha256').update(Buffer.from(clientDataJSON, 'base64url')).digest()])
    return this.#answer({
      clientDataJSON,
      authenticatorData: authData.toString('base64url'),
      signature: sign('sha256', signed, this.#privateKey).toString('base64url'),
    })
  }

  #answer(response: object) {
    const id = this.credentialId.toString('base64url')
    return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response }
  }

  #authData({ rpId }: Site, flags: number): Buffer {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(this.counter)
    return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.from([flags]), count])
  }

  /** ES256 on P-256. */
  #coseKey(): Buffer {
    const { x, y } = this.#publicKey.export({ format: 'jwk' })
    const point = (coordinate: string | undefined) => octets(Buffer.from(coordinate!, 'base64url'))
    return map([[int(1), int(2)], [int(3), int(-7)], [int(-1), int(1)], [int(-2), point(x)], [int(-3), point(y)]])
  }
}

function clientData(type: string, challenge: string, { origin }: Site): string {
  return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false })).toString('base64url')
}

function head(major: number, value: number): Buffer {
  if (value < 24) return Buffer.from([(major << 5) | value])
  return value < 256 ? Buffer.from([(major << 5) | 24, value]) : Buffer.from([(major << 5) | 25, value >> 8, value & 255])
}

const int = (value: number) => (value >= 0 ? head(0, value) : head(1, -1 - value))
const octets = (bytes: Buffer) => Buffer.concat([head(2, bytes.length), bytes])
const text = (value: string) => Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
const map = (pairs: readonly (readonly [Buffer, Buffer])[]) => Buffer.concat([head(5, pairs.length), ...pairs.flat()])
