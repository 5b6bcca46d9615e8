/**
 * Old Word documents (.doc): their text, as a text file.
 *
 *   octets ──▶ cfb.ts ──▶ piece table ──▶ characters ▸ fields ▸ tables ──▶ .txt
 *
 * The record format is not rebuilt (docs/decisions.md): only characters are taken. Of a field its last result stays,
 * whatever it would have fetched or run. Cells of a table stand between tabs.
 * Standards: MS-DOC §2.4.1 (text by piece table), §2.5.1 (Fib), §2.8.25 (field characters), §2.9.73 (FcCompressed).
 */
import { Buffer } from 'node:buffer'
import { type Removed, ruleFor } from '../objects.ts'
import type { Disarmed, Disarmer, DisarmInput } from './contract.ts'
import { oleBaggage } from './ole/baggage.ts'
import { readCompound } from './ole/cfb.ts'
import { plainTextFile } from './ole/plain-text.ts'

const IDENTIFIER = 0xa5ec
const ENCRYPTED = 0x0100
const SECOND_TABLE = 0x0200
const LENGTHS_AT = 0x4c
const CLX_AT = 0x1a2
const COMPRESSED = 0x40000000
/** Word 97; older ones keep their text in another way. */
const FIRST_VERSION = 0xc1

/** The stretches of the text in their order (§2.4.1), with the heading that each gets in the file. */
const STRETCHES = ['', '【脚注】', '【ヘッダー・フッター】', '', '【コメント】', '【文末脚注】', '【テキストボックス】', '【ヘッダーのテキストボックス】']
const COMMENTS = 4

export const docDisarmer: Disarmer = {
  table: [
    { object: 'text of paragraphs, tables, notes, headers, text boxes', becomes: 'rebuilt' },
    { object: 'pages as pictures, in a PDF beside the words, where LibreOffice is installed', becomes: 'rebuilt' },
    { object: 'fields: their last results stay as text', becomes: 'removed', kind: 'dynamicFields' },
    { object: 'comments', becomes: 'rebuilt', kind: 'comments' },
    { object: 'layout, pictures and drawings', becomes: 'removed', kind: 'layout' },
    { object: 'VBA', becomes: 'removed', kind: 'macros' },
    { object: 'embedded objects', becomes: 'removed', kind: 'oleObjects' },
    { object: 'author and other properties', becomes: 'removed', kind: 'metadata' },
  ],
  disarm(input: DisarmInput): Disarmed {
    const root = readCompound(input.untrustedBytes)
    const main = bufferOf(root?.streams.get('WordDocument'))
    if (!root || main.length < CLX_AT + 8 || main.readUInt16LE(0) !== IDENTIFIER) return { kind: 'cannot', reason: 'malformed' }
    const flags = main.readUInt16LE(10)
    if (flags & ENCRYPTED) return { kind: 'cannot', reason: 'encrypted' }
    if (main.readUInt16LE(2) < FIRST_VERSION) return { kind: 'cannot', reason: 'unsupported' }
    const table = bufferOf(root.streams.get(flags & SECOND_TABLE ? '1Table' : '0Table'))
    const characters = readCharacters(main, table)
    if (characters === undefined) return { kind: 'cannot', reason: 'malformed' }
    const { text, removed } = composeText(characters, main, input)
    return plainTextFile(text, [...removed, ...oleBaggage(root)], input)
  },
}

function bufferOf(stream: Uint8Array | undefined): Buffer {
  return stream ? Buffer.from(stream.buffer, stream.byteOffset, stream.byteLength) : Buffer.alloc(0)
}

/** All characters by the piece table; undefined when it points outside or says more than there is. */
function readCharacters(main: Buffer, table: Buffer): string | undefined {
  const start = main.readUInt32LE(CLX_AT)
  const clx = table.subarray(start, start + main.readUInt32LE(CLX_AT + 4))
  let at = 0
  while (at + 3 <= clx.length && clx[at] === 1) at += 3 + clx.readUInt16LE(at + 1)
  if (at + 5 > clx.length || clx[at] !== 2) return undefined
  const pieces = clx.subarray(at + 5, at + 5 + clx.readUInt32LE(at + 1))
  const count = Math.floor((pieces.length - 4) / 12)
  const texts: string[] = []
  // No piece may be read twice: what a file says cannot be more than what it holds.
  let open = main.length
  for (let piece = 0; piece < count; piece++) {
    const length = pieces.readUInt32LE(4 * piece + 4) - pieces.readUInt32LE(4 * piece)
    const place = pieces.readUInt32LE(4 * (count + 1) + 8 * piece + 2)
    const isNarrow = (place & COMPRESSED) !== 0
    const from = isNarrow ? (place & (COMPRESSED - 1)) >>> 1 : place
    const octets = isNarrow ? length : 2 * length
    open -= octets
    if (length < 0 || open < 0 || from + octets > main.length) return undefined
    const bytes = main.subarray(from, from + octets)
    texts.push(isNarrow ? new TextDecoder('windows-1252').decode(bytes) : bytes.toString('utf16le'))
  }
  return texts.join('')
}

function composeText(characters: string, main: Buffer, input: DisarmInput): { text: string; removed: Removed[] } {
  const removed: Removed[] = []
  const pieces: string[] = []
  let from = 0
  for (const [stretch, heading] of STRETCHES.entries()) {
    const length = main.readUInt32LE(LENGTHS_AT + 4 * stretch)
    const { text, fields } = visibleText(characters.slice(from, from + length))
    from += length
    if (fields > 0) removed.push({ what: 'dynamicFields', count: fields })
    if (text.trim() === '') continue
    if (stretch === COMMENTS && ruleFor('comments', input.rules) !== 'keep') removed.push({ what: 'comments', count: 1 })
    else pieces.push(heading === '' ? text : `\n${heading}\n${text}`)
  }
  return { text: pieces.join('\n'), removed }
}

/** Field characters enclose an instruction and, behind the separator, what is shown (§2.8.25). */
const SPECIAL = /[\x01-\x08\x0b-\x0f\x13-\x15\x1e\x1f]/g
const SHOWN: Readonly<Record<string, string>> = { '\x0b': '\n', '\x0c': '\n', '\x0d': '\n', '\x0e': '\n', '\x1e': '-' }

function visibleText(characters: string): { text: string; fields: number } {
  const pieces: string[] = []
  let fields = 0
  /** Fields whose instruction is being read: nothing is shown while there is one. */
  let hidden = 0
  const open: boolean[] = []
  let at = 0
  for (const { 0: mark, index } of characters.matchAll(SPECIAL)) {
    if (hidden === 0) pieces.push(characters.slice(at, index))
    at = index + 1
    if (mark === '\x13') {
      fields++
      hidden++
      open.push(true)
    } else if (mark === '\x14' || mark === '\x15') {
      const isInstruction = mark === '\x15' ? open.pop() : open.at(-1)
      if (isInstruction) hidden--
      if (mark === '\x14' && open.length > 0) open[open.length - 1] = false
    } else if (hidden === 0) pieces.push(mark === '\x07' ? cellEnd(characters, index) : (SHOWN[mark] ?? ''))
  }
  if (hidden === 0) pieces.push(characters.slice(at))
  return { text: pieces.join(''), fields }
}

/** A cell ends with the mark, a row with one more. */
function cellEnd(characters: string, index: number): string {
  return characters[index - 1] === '\x07' ? '\n' : '\t'
}
