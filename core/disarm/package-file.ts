/**
 * The one door from core/ to the disk: files that come with a package (WASM, fonts), read when code is loaded or when
 * one is first needed. The paths are ours, the sandbox grants reading node_modules, and nothing of a message gets here.
 */
import { readFileSync } from 'node:fs'

const MODULES = new URL('../../node_modules/', import.meta.url)

/** `path` begins with the name of the package. Throws when the installation is not whole. */
export function readPackageFile(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(path, MODULES)))
}
