/**
 * Who stands behind mail when the processor is short: pages, pictures, files over HTTP. Mail that waits is a sender's timeout,
 * a page that waits is a person's second. `nice` replaces itself by the program, so every thread of it, and everything
 * it starts, has the lower weight from the beginning; a program that lowers itself leaves its first threads where they were.
 */
import { existsSync } from 'node:fs'

/** A twenty-eighth of the weight that mail has. Where mail leaves the processor free, nothing is slower. */
const NICENESS = '15'
const PLACES = ['/usr/bin/nice', '/bin/nice']

/** The command itself on a host without `nice`. */
export function behindMail(command: readonly string[]): string[] {
  const nice = PLACES.find(path => existsSync(path))
  return nice === undefined ? [...command] : [nice, '-n', NICENESS, ...command]
}
