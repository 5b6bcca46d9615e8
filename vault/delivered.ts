/** What was delivered, as text and files: from the copy that we composed ourselves, which is kept sealed for some days. */
import type { Asker, DeliveredText, PublicId, Refusal } from '../core/purposes.ts'
import { readComposed } from '../core/mime/composed.ts'
import { isRefusal, type Purpose, refuse } from './entrance.ts'
import type { House } from './house.ts'

type File = { readonly kind: 'file'; readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array }

/** @throws Gone */
export async function deliveredText({ entrance, unsealing }: House, publicId: PublicId, by: Asker, purpose: Purpose = 'text'): Promise<DeliveredText | Refusal> {
  const message = await entrance.message(purpose, publicId, by)
  if (isRefusal(message)) return message
  const { text, files } = readComposed(await unsealing.composed(message))
  return { kind: 'text', text, files: files.map(({ name, mediaType, bytes }, index) => ({ index, name, mediaType, bytes: bytes.length })) }
}

/** @throws Gone */
export async function deliveredFile({ entrance, unsealing }: House, { publicId, index }: { readonly publicId: PublicId; readonly index: number }, by: Asker): Promise<File | Refusal> {
  const message = await entrance.message('file', publicId, by)
  if (isRefusal(message)) return message
  const file = readComposed(await unsealing.composed(message)).files[index]
  return file ? { kind: 'file', ...file } : refuse('gone')
}
