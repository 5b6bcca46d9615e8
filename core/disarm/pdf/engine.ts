/**
 * The door to PDFium, compiled to WebAssembly: it repairs, decrypts, draws and reads text. Nothing else of this
 * gateway sees the structure of an untrusted PDF file.
 *
 * The instance is a cage of its own: hostile octets that take PDFium over can compute, and write into memory that is
 * thrown away. Its memory has a ceiling (the module is rewritten at load, as the build allows 2 GiB). An instance
 * that trapped, grew or has served for long is replaced; what it gives back is untrusted.
 * Interface: PDFium's public headers fpdfview.h, fpdf_text.h, fpdf_save.h.
 */
import { init, type WrappedPdfiumModule } from '@embedpdf/pdfium'
import { readPackageFile } from '../package-file.ts'
import { faceData, faceFor, faceName } from './fonts.ts'
import { OverLimit } from './object.ts'

const PAGE_BYTES = 65_536
const MOST_MEMORY_BYTES = 384 << 20
/** An instance that needed more than this is not used again. */
const KEEP_BELOW_BYTES = 64 << 20
const MOST_USES = 200
const WRONG_PASSWORD = 4

const DRAW_ANNOTATIONS = 0x01
const RED_FIRST = 0x10
const OPAQUE_FORMAT = 3
const WHITE = 0xffffffff
const SHIFT_JIS_CHARSET = 128

export type Bitmap = { readonly width: number; readonly height: number; /** Four octets a pixel, the fourth without meaning. */ readonly rgbx: Uint8Array }
export type Opening<T> = { readonly kind: 'opened'; readonly value: T } | { readonly kind: 'encrypted' | 'damaged' }

type Instance = { readonly module: WrappedPdfiumModule; uses: number }

const compiled = WebAssembly.compile(withCeiling(readPackageFile('@embedpdf/pdfium/dist/pdfium.wasm')))
let current: Promise<Instance> | undefined

/** Resolves when PDFium can work; for the time before capabilities are taken away. */
export async function readyEngine(): Promise<void> {
  await (current ??= start())
}

/**
 * Opens a file for the duration of `use`. An empty password opens what needs none, owner passwords included.
 * Throws OverLimit when PDFium runs out of the memory it may have; a trap reads as damaged.
 */
export async function withDocument<T>(untrustedBytes: Uint8Array, password: string, use: (document: PdfDocument) => T | Promise<T>): Promise<Opening<T>> {
  const instance = await (current ??= start())
  const { module } = instance
  let document: PdfDocument | undefined
  try {
    const handle = openDocument(module, untrustedBytes, password)
    if (typeof handle === 'string') return { kind: handle }
    document = new PdfDocument(module, handle)
    return { kind: 'opened', value: await use(document) }
  } catch (error) {
    if (error instanceof OverLimit) throw error
    const outOfMemory = memoryBytes(module) > MOST_MEMORY_BYTES / 2
    document = undefined
    instance.uses = MOST_USES
    if (outOfMemory) throw new OverLimit()
    return { kind: 'damaged' }
  } finally {
    document?.close()
    instance.uses++
    // A password must not outlive its file.
    if (password !== '' || instance.uses >= MOST_USES || memoryBytes(module) > KEEP_BELOW_BYTES) current = undefined
  }
}

/** Valid during `withDocument` only. Page numbers count from 0. */
export class PdfDocument {
  readonly #module: WrappedPdfiumModule
  readonly #document: OpenDocument
  #forms: Forms | undefined

  constructor(module: WrappedPdfiumModule, document: OpenDocument) {
    this.#module = module
    this.#document = document
  }

  get pages(): number {
    return this.#module.FPDF_GetPageCount(this.#document.handle)
  }

  get signatures(): number {
    return Math.max(0, this.#module.FPDF_GetSignatureCount(this.#document.handle))
  }

  /** Width and height in points as shown, 0 by 0 when the page cannot be read. */
  pageSize(index: number): { readonly width: number; readonly height: number } {
    const pointer = allocate(this.#module, 8)
    const found = this.#module.FPDF_GetPageSizeByIndexF(this.#document.handle, index, pointer)
    const [width, height] = [0, 4].map(offset => this.#module.pdfium.getValue(pointer + offset, 'float'))
    this.#module.pdfium.wasmExports.free(pointer)
    return found ? { width: width!, height: height! } : { width: 0, height: 0 }
  }

  /** The page on white, stretched to the given pixels; undefined when it cannot be read. */
  draw(index: number, { width, height }: { readonly width: number; readonly height: number }): Bitmap | undefined {
    const module = this.#module
    const page = module.FPDF_LoadPage(this.#document.handle, index)
    if (!page) return undefined
    const bitmap = module.FPDFBitmap_CreateEx(width, height, OPAQUE_FORMAT, 0, 0)
    if (!bitmap) throw new OverLimit()
    module.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, WHITE)
    module.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, DRAW_ANNOTATIONS | RED_FIRST)
    // Form fields are drawn by a part of their own. This build has no JavaScript and no XFA.
    const forms = (this.#forms ??= openForms(module, this.#document))
    module.FORM_OnAfterLoadPage(page, forms.handle)
    module.FPDF_FFLDraw(forms.handle, bitmap, page, 0, 0, width, height, 0, DRAW_ANNOTATIONS | RED_FIRST)
    module.FORM_OnBeforeClosePage(page, forms.handle)
    const start = module.FPDFBitmap_GetBuffer(bitmap)
    const rgbx = heap(module).slice(start, start + width * height * 4)
    module.FPDFBitmap_Destroy(bitmap)
    module.FPDF_ClosePage(page)
    return { width, height, rgbx }
  }

  /** Untrusted text of a page, at most `mostCharacters` of it. */
  text(index: number, mostCharacters: number): string {
    const module = this.#module
    const page = module.FPDF_LoadPage(this.#document.handle, index)
    if (!page) return ''
    const text = module.FPDFText_LoadPage(page)
    const characters = Math.min(module.FPDFText_CountChars(text), mostCharacters)
    let untrustedText = ''
    if (characters > 0) {
      const pointer = allocate(module, 2 * characters + 2)
      module.FPDFText_GetText(text, 0, characters, pointer)
      untrustedText = module.pdfium.UTF16ToString(pointer)
      module.pdfium.wasmExports.free(pointer)
    }
    module.FPDFText_ClosePage(text)
    module.FPDF_ClosePage(page)
    return untrustedText
  }

  /** The file written anew: one table of objects, nothing packed, nothing encrypted. Undefined when that fails. */
  save(mostBytes: number): Uint8Array | undefined {
    const module = this.#module
    if (module.EPDF_IsEncrypted(this.#document.handle)) module.EPDF_RemoveEncryption(this.#document.handle)
    const writer = module.PDFiumExt_OpenFileWriter()
    const saved = module.PDFiumExt_SaveAsCopy(this.#document.handle, writer)
    const size = module.PDFiumExt_GetFileWriterSize(writer)
    if (size > mostBytes) throw new OverLimit()
    const pointer = allocate(module, size)
    module.PDFiumExt_GetFileWriterData(writer, pointer, size)
    const bytes = heap(module).slice(pointer, pointer + size)
    module.pdfium.wasmExports.free(pointer)
    module.PDFiumExt_CloseFileWriter(writer)
    return saved && size > 0 ? bytes : undefined
  }

  close(): void {
    if (this.#forms) {
      this.#module.PDFiumExt_ExitFormFillEnvironment(this.#forms.handle)
      this.#module.PDFiumExt_CloseFormFillInfo(this.#forms.info)
    }
    this.#module.FPDF_CloseDocument(this.#document.handle)
    this.#module.pdfium.wasmExports.free(this.#document.pointer)
  }
}

type Forms = { readonly info: number; readonly handle: number }

function openForms(module: WrappedPdfiumModule, document: OpenDocument): Forms {
  const info = module.PDFiumExt_OpenFormFillInfo()
  return { info, handle: module.PDFiumExt_InitFormFillEnvironment(document.handle, info) }
}

type OpenDocument = { readonly handle: number; /** PDFium reads the octets there as long as the document is open. */ readonly pointer: number }

function openDocument(module: WrappedPdfiumModule, untrustedBytes: Uint8Array, password: string): OpenDocument | 'encrypted' | 'damaged' {
  const pointer = allocate(module, untrustedBytes.length)
  heap(module).set(untrustedBytes, pointer)
  const handle = module.FPDF_LoadMemDocument(pointer, untrustedBytes.length, password)
  if (handle) return { handle, pointer }
  const reason = module.FPDF_GetLastError()
  module.pdfium.wasmExports.free(pointer)
  return reason === WRONG_PASSWORD ? 'encrypted' : 'damaged'
}

async function start(): Promise<Instance> {
  const wasm = await compiled
  const module = await init({
    instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void) {
      const instance = new WebAssembly.Instance(wasm, imports)
      done(instance, wasm)
      return instance.exports
    },
    print() {},
    printErr() {},
  })
  module.PDFiumExt_Init()
  offerFonts(module)
  return { module, uses: 0 }
}

/** Fills a FPDF_SYSFONTINFO: a version, then eight functions. */
function offerFonts(module: WrappedPdfiumModule): void {
  const { pdfium } = module
  const functions: readonly [work: (...given: number[]) => number | undefined, signature: string][] = [
    // Each a function of its own: the same one would not be given a second signature.
    [() => undefined, 'vi'],
    [() => undefined, 'vii'],
    [(_self, weight, _italic, charset, _pitch, name) => faceFor(weight!, charset!, latin1At(module, name!)), 'iiiiiiii'],
    [(_self, name) => faceFor(400, 0, latin1At(module, name!)), 'iii'],
    [(_self, face, table, pointer, room) => give(module, faceData(face!, table!), { pointer: pointer!, room: room! }), 'iiiiii'],
    [(_self, face, pointer, room) => give(module, new TextEncoder().encode(`${faceName(face!)}\0`), { pointer: pointer!, room: room! }), 'iiiii'],
    [() => SHIFT_JIS_CHARSET, 'iii'],
    [() => undefined, 'vii'],
  ]
  const table = allocate(module, 4 + 4 * functions.length)
  pdfium.setValue(table, 1, 'i32')
  for (const [index, [work, signature]] of functions.entries()) pdfium.setValue(table + 4 + 4 * index, pdfium.addFunction(work, signature), 'i32')
  module.FPDF_SetSystemFontInfo(table)
}

function give(module: WrappedPdfiumModule, data: Uint8Array, { pointer, room }: { readonly pointer: number; readonly room: number }): number {
  if (pointer !== 0 && room >= data.length) heap(module).set(data, pointer)
  return data.length
}

function latin1At(module: WrappedPdfiumModule, pointer: number): string {
  if (pointer === 0) return ''
  const memory = heap(module)
  let end = pointer
  while (end - pointer < 200 && memory[end] !== 0) end++
  return String.fromCharCode(...memory.subarray(pointer, end))
}

function heap(module: WrappedPdfiumModule): Uint8Array {
  return (module.pdfium as unknown as { readonly HEAPU8: Uint8Array }).HEAPU8
}

function memoryBytes(module: WrappedPdfiumModule): number {
  return heap(module).length
}

function allocate(module: WrappedPdfiumModule, bytes: number): number {
  const pointer = module.pdfium.wasmExports.malloc(Math.max(bytes, 1))
  if (pointer === 0) throw new OverLimit()
  return pointer
}

/** The module with another maximum in its memory section (WebAssembly core specification §5.5.8). */
function withCeiling(wasm: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  for (let at = 8; at < wasm.length; ) {
    const id = wasm[at]!
    const size = readLeb(wasm, at + 1)
    if (id === 5) {
      const minimum = readLeb(wasm, size.next + 2)
      const maximum = readLeb(wasm, minimum.next)
      writeLeb(wasm, minimum.next, { value: MOST_MEMORY_BYTES / PAGE_BYTES, length: maximum.next - minimum.next })
      return wasm
    }
    at = size.next + size.value
  }
  throw new Error('pdfium.wasm has no memory section')
}

function readLeb(bytes: Uint8Array, start: number): { readonly value: number; readonly next: number } {
  let value = 0
  let next = start
  for (let shift = 0; ; shift += 7) {
    const octet = bytes[next++]!
    value += (octet & 0x7f) * 2 ** shift
    if (octet < 0x80) return { value, next }
  }
}

function writeLeb(bytes: Uint8Array, start: number, { value, length }: { readonly value: number; readonly length: number }): void {
  for (let index = 0; index < length; index++) {
    bytes[start + index] = (Math.floor(value / 128 ** index) & 0x7f) | (index < length - 1 ? 0x80 : 0)
  }
}
