/**
 * HEIC and HEIF, decoded to pixels by libheif in WebAssembly: the only door to it.
 *
 * The picture library has no HEVC reader. Turning and cropping are part of the format and are done by the decoder,
 * so an Exif orientation is not to be applied again. Only the primary picture is decoded; thumbnails, depth maps and
 * the other pictures of a burst are left behind and counted.
 */
import libheif from 'libheif-js/wasm-bundle.js'
import type { DisarmLimits } from '../contract.ts'
import { checkMemory, checkSize, NotThatFormat, type RawPicture } from './pixels.ts'

export type HeicPicture = RawPicture & { readonly furtherPictures: number; readonly alpha: boolean }

type Handle = unknown

/** Throws OverLimit before anything is decoded, NotThatFormat when it cannot be. */
export async function decodeHeic(untrustedBytes: Uint8Array, limits: DisarmLimits): Promise<HeicPicture> {
  const context = libheif.heif_context_alloc()
  if (!context) throw new NotThatFormat()
  try {
    const read = libheif.heif_context_read_from_memory(context, untrustedBytes)
    if (read.code !== libheif.heif_error_code.heif_error_Ok) throw new NotThatFormat()
    const ids = libheif.heif_js_context_get_list_of_top_level_image_IDs(context)
    if (!Array.isArray(ids) || ids.length === 0) throw new NotThatFormat()
    return await decodePrimary(libheif.heif_js_context_get_primary_image_handle(context), ids.length - 1, limits)
  } finally {
    libheif.heif_context_free(context)
  }
}

async function decodePrimary(handle: Handle, furtherPictures: number, limits: DisarmLimits): Promise<HeicPicture> {
  if (typeof handle !== 'object' || handle === null || 'code' in handle) throw new NotThatFormat()
  try {
    const [width, height] = [libheif.heif_image_handle_get_width(handle), libheif.heif_image_handle_get_height(handle)]
    checkSize({ width, height, frames: 1 }, limits)
    // YCbCr, RGBA of the decoder, and RGBA of ours.
    checkMemory({ width, height }, 10)
    const alpha = Boolean(libheif.heif_image_handle_has_alpha_channel(handle))
    const data = await decodeRgba(handle)
    if (data.length !== width * height * 4) throw new NotThatFormat()
    return { data, width, height, channels: 4, furtherPictures, alpha }
  } finally {
    libheif.heif_image_handle_release(handle)
  }
}

async function decodeRgba(handle: Handle): Promise<Uint8Array> {
  const decoded = await libheif.heif_js_decode_image2(
    handle,
    libheif.heif_colorspace.heif_colorspace_RGB,
    libheif.heif_chroma.heif_chroma_interleaved_RGBA,
  )
  if (!decoded || decoded.code !== undefined || !decoded.channels) throw new NotThatFormat()
  try {
    const plane = decoded.channels.find(({ id }) => id === libheif.heif_channel.heif_channel_interleaved)
    if (!plane) throw new NotThatFormat()
    return withoutPadding(plane)
  } finally {
    libheif.heif_image_release(decoded.image)
  }
}

type Plane = { readonly width: number; readonly height: number; readonly stride: number; readonly data: Uint8Array }

/** A copy: the decoder's memory is its own. */
function withoutPadding({ width, height, stride, data }: Plane): Uint8Array {
  const rowBytes = width * 4
  const pixels = new Uint8Array(rowBytes * height)
  for (let y = 0; y < height; y++) pixels.set(data.subarray(y * stride, y * stride + rowBytes), y * rowBytes)
  return pixels
}
