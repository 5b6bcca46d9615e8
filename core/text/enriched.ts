/**
 * text/enriched as plain text: its commands go, with their parameters; what they make bold or large is still read.
 *
 * Linear: one pass over the commands. Standards: RFC 1896 (`<<` is `<`; one line end is a space, more are one less).
 */

const COMMAND = /<<|<(\/?)([A-Za-z0-9-]{1,60})>/g

export function enrichedToText(untrustedText: string): string {
  const text = untrustedText.replace(/\r\n?/g, '\n')
  const pieces: string[] = []
  let at = 0
  let inParameter = false
  let unfilled = 0
  const take = (piece: string) => {
    if (!inParameter) pieces.push(unfilled > 0 ? piece : filled(piece))
  }
  for (const { index, 0: whole, 1: close, 2: name = '' } of text.matchAll(COMMAND)) {
    take(text.slice(at, index))
    at = index + whole.length
    if (whole === '<<') take('<')
    const command = name.toLowerCase()
    if (command === 'param') inParameter = close === ''
    else if (command === 'nofill') unfilled = Math.max(0, unfilled + (close === '' ? 1 : -1))
  }
  // A parameter that is never closed would swallow the rest: it is shown.
  inParameter = false
  take(text.slice(at))
  return pieces.join('')
}

function filled(piece: string): string {
  return piece.replace(/\n+/g, ends => '\n'.repeat(ends.length - 1) || ' ')
}
