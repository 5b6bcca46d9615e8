/**
 * Reads a message that compose.ts wrote: its text, and the files attached to it. For showing what was delivered.
 *
 * The octets are ours, so there is nothing to guess; they are read by the one reader all the same, within its limits.
 */
import { Buffer } from 'node:buffer'
import { DEFAULT_READER_LIMITS, type PartHead } from './part.ts'
import { MimeReader } from './reader.ts'

export type ComposedFile = { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array }
export type ComposedContent = { readonly text: string; readonly files: readonly ComposedFile[] }

type Leaf = { readonly head: PartHead; readonly chunks: Uint8Array[] }

export function readComposed(message: Uint8Array): ComposedContent {
  const leaves = new Map<string, Leaf>()
  const reader = new MimeReader(
    {
      partStart(head) {
        if (head.kind !== 'leaf') return false
        leaves.set(head.id, { head, chunks: [] })
        return true
      },
      partData: (id, decoded) => void leaves.get(id)?.chunks.push(new Uint8Array(decoded)),
      partEnd: () => undefined,
      finding: () => undefined,
    },
    DEFAULT_READER_LIMITS,
  )
  reader.write(message)
  reader.end()
  const [first, ...rest] = leaves.values()
  return { text: first ? textOf(first) : '', files: rest.map(fileOf) }
}

function textOf({ head, chunks }: Leaf): string {
  const charset = head.contentType.params.get('charset') === 'iso-2022-jp' ? 'iso-2022-jp' : 'utf-8'
  return new TextDecoder(charset).decode(Buffer.concat(chunks)).replace(/\r\n/g, '\n')
}

function fileOf({ head, chunks }: Leaf): ComposedFile {
  const { contentDisposition, contentType } = head.names
  return { name: contentDisposition || contentType, mediaType: head.contentType.type, bytes: Buffer.concat(chunks) }
}
