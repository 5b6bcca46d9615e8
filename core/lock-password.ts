/** Which passwords lock a ZIP so that every program opens it: visible ASCII, since programs disagree on the octets of any other. */

const LOCKABLE = /^[\x20-\x7e]{1,128}$/

export function isLockable(password: string): boolean {
  return LOCKABLE.test(password)
}
