/**
 * Certificate and key for STARTTLS, from files, checked before they are used: a reload with a bad pair leaves
 * the old one in force. TLS 1.2 is the floor (RFC 8996); SMTP clients that cannot are better off in plain text
 * than refused, which is their own decision.
 */
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'

export type TlsFiles = {
  /** PEM; the certificate may be a chain. */
  readonly certFile: string
  readonly keyFile: string
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
}

export type TlsMaterial = { readonly cert: Buffer; readonly key: Buffer; readonly minVersion: TlsFiles['minVersion'] }

/** Rejects when a file cannot be read, or certificate and key are no pair. */
export async function loadTls(files: TlsFiles): Promise<TlsMaterial> {
  const [cert, key] = await Promise.all([readFile(files.certFile), readFile(files.keyFile)])
  const material = { cert, key, minVersion: files.minVersion }
  createSecureContext(material)
  return material
}
