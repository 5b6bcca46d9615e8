/**
 * format=flowed: paragraphs that were broken into short lines for the wire, put together again.
 *
 * Depth of quotation is kept, as `>` marks and one space, so that a reply still shows who said what.
 * Invariant: linear, however many lines or marks; text without soft breaks comes back with only the
 * space-stuffing taken off.
 * Standards: RFC 3676 §4 (flowed), §4.4 (stuffing), §4.5 (quoting), §4.3 (signature), §4.1 (DelSp).
 */

/** Deeper quotation is shown as this deep; honest mail stays far below. */
const MAX_DEPTH = 50
const SIGNATURE = '-- '

type FlowedLine = { readonly depth: number; readonly content: string; readonly isFlowed: boolean }

/**
 * Joins soft-broken lines of `text` (LF or CRLF line ends; LF out). `delSp` is the DelSp parameter: the space
 * before a soft break was added and goes, as in Japanese, where words have no spaces between them.
 */
export function unflow(text: string, { delSp }: { readonly delSp: boolean }): string {
  const paragraphs: string[] = []
  let open: { readonly depth: number; readonly pieces: string[] } | undefined
  const close = () => {
    if (open !== undefined) paragraphs.push(quoted(open.depth, open.pieces.join('').trimEnd()))
    open = undefined
  }
  for (const rawLine of text.split('\n')) {
    const line = readLine(rawLine)
    // An empty line was meant as one, although a soft break stands before it.
    const isBoundary = line.content === SIGNATURE || line.content === ''
    if (open !== undefined && (open.depth !== line.depth || isBoundary)) close()
    const piece = line.isFlowed && delSp ? line.content.slice(0, -1) : line.content
    if (line.isFlowed) {
      open ??= { depth: line.depth, pieces: [] }
      open.pieces.push(piece)
    } else if (open === undefined) paragraphs.push(quoted(line.depth, piece))
    else {
      open.pieces.push(piece)
      close()
    }
  }
  close()
  return paragraphs.join('\n')
}

function readLine(rawLine: string): FlowedLine {
  const line = rawLine.endsWith('\r') ? rawLine.slice(0, -1) : rawLine
  let depth = 0
  while (line[depth] === '>') depth++
  const content = line.slice(line[depth] === ' ' ? depth + 1 : depth)
  return { depth: Math.min(depth, MAX_DEPTH), content, isFlowed: content.endsWith(' ') && content !== SIGNATURE }
}

function quoted(depth: number, content: string): string {
  if (depth === 0) return content
  return content === '' ? '>'.repeat(depth) : `${'>'.repeat(depth)} ${content}`
}
