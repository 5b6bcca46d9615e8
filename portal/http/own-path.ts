/** A path of ours, whatever was written: never an address elsewhere. */
export function ownPath(untrusted: string): string {
  return /^\/(?![/\\])[\w/.?=&%-]*$/.test(untrusted) ? untrusted : '/'
}

/** `path?to=…`, so that a way in several steps ends where it was meant to. */
export function withTo(path: string, to: string): string {
  return to === '/' ? path : `${path}?to=${encodeURIComponent(to)}`
}
