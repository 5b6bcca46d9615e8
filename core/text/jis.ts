/**
 * The 94×94 character sets that ISO-2022 text switches between, as tables from row and cell to UTF-16.
 *
 * All are BMP-only, so one character is one table entry. They are read out of the platform's own decoders at
 * first use (a few milliseconds) instead of being shipped as data: JIS X 0208 with NEC row 13 and the
 * NEC-selected IBM characters, and JIS X 0212, stand in euc-jp; GB 2312 in gbk; KS C 5601 in euc-kr.
 *
 * Rows that carriers and companies fill with characters of their own (外字) read as U+E000, so that they are
 * counted and shown as 〓 instead of looking like damage.
 *
 * Standards: RFC 1468 (ISO-2022-JP), RFC 1554 (-2), RFC 2237 (-1); WHATWG Encoding (index jis0208, jis0212).
 */

export const CELLS = 94
/** Stands for "a character that Unicode does not have"; decodeText() shows it as 〓. */
export const GAIJI = 0xe000
const INVALID = 0xfffd

export type SetName = 'jisx0208' | 'jisx0212' | 'jisx0213-1' | 'jisx0213-2' | 'gb2312' | 'ksc5601'

const tables = new Map<SetName, Uint16Array>()

/** Table of one set: index (row − 0x21) × 94 + (cell − 0x21). */
export function tableOf(name: SetName): Uint16Array {
  let table = tables.get(name)
  if (table === undefined) tables.set(name, (table = build(name)))
  return table
}

function build(name: SetName): Uint16Array {
  switch (name) {
    case 'jisx0208':
      return withGaijiRows(readOut('euc-jp', []), row => (row >= 85 && row <= 88) || row >= 93)
    case 'jisx0212':
      return withGaijiRows(readOut('euc-jp', [0x8f]), row => row >= 85)
    case 'jisx0213-1':
      // Same as JIS X 0208 with NEC row 13, except in the rows that only JIS X 0213 fills.
      return withGaijiRows(readOut('euc-jp', []), row => row === 14 || row === 15 || row >= 85, true)
    case 'jisx0213-2':
      return new Uint16Array(CELLS * CELLS).fill(GAIJI)
    case 'gb2312':
      return readOut('gbk', [])
    case 'ksc5601':
      return readOut('euc-kr', [])
  }
}

function readOut(encoding: string, lead: readonly number[]): Uint16Array {
  const decoder = new TextDecoder(encoding)
  const table = new Uint16Array(CELLS * CELLS)
  const pair = Uint8Array.from([...lead, 0, 0])
  for (let index = 0; index < table.length; index++) {
    pair[lead.length] = 0xa1 + Math.floor(index / CELLS)
    pair[lead.length + 1] = 0xa1 + (index % CELLS)
    const text = decoder.decode(pair)
    table[index] = text.length === 1 ? text.charCodeAt(0) : INVALID
  }
  return table
}

/** `holesToo` also reads every unassigned cell of the other rows as 外字. */
function withGaijiRows(table: Uint16Array, isGaijiRow: (row: number) => boolean, holesToo = false): Uint16Array {
  for (let index = 0; index < table.length; index++) {
    const row = Math.floor(index / CELLS) + 1
    if (isGaijiRow(row) || (holesToo && table[index] === INVALID)) table[index] = GAIJI
  }
  return table
}
