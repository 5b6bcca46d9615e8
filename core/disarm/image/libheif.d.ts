/** The part of libheif-js that heic.ts uses; the package's own types stop short of its bundle. */
declare module 'libheif-js/wasm-bundle.js' {
  type Failure = { readonly code: unknown }
  type Channel = {
    readonly id: unknown
    readonly width: number
    readonly height: number
    readonly stride: number
    readonly data: Uint8Array
  }
  type Decoded = { readonly code?: unknown; readonly image: unknown; readonly channels?: readonly Channel[] }

  const libheif: {
    readonly heif_error_code: { readonly heif_error_Ok: unknown }
    readonly heif_colorspace: { readonly heif_colorspace_RGB: unknown }
    readonly heif_chroma: { readonly heif_chroma_interleaved_RGBA: unknown }
    readonly heif_channel: { readonly heif_channel_interleaved: unknown }
    heif_context_alloc(): unknown
    heif_context_free(context: unknown): void
    heif_context_read_from_memory(context: unknown, bytes: Uint8Array): Failure
    heif_js_context_get_list_of_top_level_image_IDs(context: unknown): number[] | Failure
    heif_js_context_get_primary_image_handle(context: unknown): unknown
    heif_image_handle_get_width(handle: unknown): number
    heif_image_handle_get_height(handle: unknown): number
    heif_image_handle_has_alpha_channel(handle: unknown): number | boolean
    heif_image_handle_release(handle: unknown): void
    heif_js_decode_image2(handle: unknown, colourSpace: unknown, chroma: unknown): Promise<Decoded | undefined> | Decoded | undefined
    heif_image_release(image: unknown): void
  }
  export default libheif
}
