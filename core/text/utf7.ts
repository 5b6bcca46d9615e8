/**
 * UTF-7, read so that a person can see what it says; never trusted further.
 *
 * Its "+ADw-script+AD4-" is a way to carry markup past filters, so the caller marks the text with
 * `charset.utf7` and delivers it as plain text, whatever type the part claimed.
 * Standards: RFC 2152.
 */
import { Buffer } from 'node:buffer'

const SHIFTED = /\+([A-Za-z0-9+/]*)(-?)/g

/** Decodes `+base64-` runs; everything else stands for itself. Linear, never throws. */
export function decodeUtf7(untrustedText: string): string {
  return untrustedText.replace(SHIFTED, (run: string, base64: string, minus: string) => {
    if (base64 === '') return minus === '-' ? '+' : run
    const bytes = Buffer.from(base64, 'base64')
    const units = bytes.subarray(0, bytes.length & ~1)
    // Too short for a character: a plain plus sign of somebody who does not know UTF-7.
    if (units.length === 0) return run
    // RFC 2152: UTF-16 in network order; toString() knows only the other one.
    return Buffer.from(units).swap16().toString('utf16le')
  })
}
