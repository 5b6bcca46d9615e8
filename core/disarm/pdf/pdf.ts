/**
 * PDF: repaired and unpacked by PDFium, then rebuilt by an allow-list of dictionaries into a file of our own.
 *
 *   untrusted ─▶ engine (repair, decrypt) ─▶ Source ─▶ shapes: catalog, pages, … ─▶ PdfWriter ─▶ rescan ─▶ rebuilt
 *                                                                              └─▶ pictures of pages (mode raster)
 *
 * Nothing of the input's structure is kept: no incremental updates, no object streams, no cross-reference tricks.
 * Invariant: the output opens, has as many pages as the input, and the last look found nothing of danger.ts.
 * Standards: ISO 32000-1, ISO 32000-2; research of dangerous keys: pdfid, DocBleach.
 */
import type { Disarmed, Disarmer, DisarmInput } from '../contract.ts'
import { rebuildDocument } from './catalog.ts'
import { readyEngine, withDocument } from './engine.ts'
import { Damaged, dictOf, OverLimit } from './object.ts'
import { cannotOpen, trailing } from './outside.ts'
import { rasterFile } from './raster.ts'
import { Rebuild } from './rebuild.ts'
import { isHarmless } from './rescan.ts'
import { Source } from './source.ts'

/** What PDFium writes of a file is larger than the file, by what was packed in object streams. */
const UNPACKED_SHARE = 4

export const pdfDisarmer: Disarmer = {
  table: [
    { object: 'pages: text, drawings, colours, layers, sizes and rotation', becomes: 'rebuilt' },
    { object: 'fonts in the file', becomes: 'rebuilt', kind: 'fonts' },
    { object: 'pictures (JPEG as it is without its metadata, JPEG 2000 and JBIG2 from their pixels)', becomes: 'rebuilt', kind: 'pictures' },
    { object: 'bookmarks, page labels, links inside the file', becomes: 'rebuilt' },
    { object: 'structure for reading aloud (tagged PDF)', becomes: 'rebuilt' },
    { object: 'links to web addresses (http, https, mailto, tel)', becomes: 'kept', kind: 'hyperlinks' },
    { object: 'links to other files and other schemes', becomes: 'removed', kind: 'externalLinks' },
    { object: 'comments and markings', becomes: 'kept', kind: 'comments' },
    { object: 'form fields; where removed, their look is drawn into the page', becomes: 'kept', kind: 'forms' },
    { object: 'JavaScript and XFA', becomes: 'removed', kind: 'scripts' },
    { object: 'actions on opening, on events, programs to start, data to send', becomes: 'removed', kind: 'actions' },
    { object: 'attached files and portfolios', becomes: 'removed', kind: 'embeddedFiles' },
    { object: 'sound, video, 3D, rich media', becomes: 'removed', kind: 'media' },
    { object: 'digital signatures; their look is drawn into the page', becomes: 'removed', kind: 'signatures' },
    { object: 'title, author, keywords, XMP', becomes: 'removed', kind: 'metadata' },
    { object: 'private data of programs', becomes: 'removed', kind: 'customData' },
    { object: 'octets before the header and behind the end', becomes: 'removed', kind: 'trailingData' },
    { object: 'objects and instructions that no standard knows', becomes: 'removed', kind: 'unknownParts' },
    { object: 'encryption by an owner password only', becomes: 'removed' },
    { object: 'encryption by a password to open', becomes: 'blocked' },
    { object: 'dynamic XFA forms', becomes: 'blocked' },
  ],
  async disarm(input: DisarmInput): Promise<Disarmed> {
    try {
      return input.mode === 'raster' ? await rasterFile(input) : await disarmPdf(input)
    } catch (error) {
      if (error instanceof OverLimit) return { kind: 'cannot', reason: 'limit' }
      // Damaged, and whatever a file may provoke that nobody thought of (a RangeError of a buffer, say).
      return { kind: 'cannot', reason: 'malformed' }
    }
  },
}

/** Loads PDFium; before capabilities are taken away. */
export async function loadPdf(): Promise<Disarmer> {
  await readyEngine()
  return pdfDisarmer
}

async function disarmPdf(input: DisarmInput): Promise<Disarmed> {
  const { untrustedBytes, limits } = input
  if (untrustedBytes.length > UNPACKED_SHARE * limits.outputBytes) throw new OverLimit()
  const opening = await withDocument(untrustedBytes, '', document => {
    if (document.pages > limits.pages) throw new OverLimit()
    return { pages: document.pages, saved: document.save(UNPACKED_SHARE * UNPACKED_SHARE * limits.outputBytes) }
  })
  if (opening.kind !== 'opened') return cannotOpen(opening.kind)
  const { pages, saved } = opening.value
  if (!saved) throw new Damaged()
  const job = new Rebuild(new Source(saved), input)
  if (needsXfa(job)) return { kind: 'cannot', reason: 'unsupported' }
  const bytes = await rebuildDocument(job)
  await check(bytes, job, pages)
  return { kind: 'rebuilt', bytes, mediaType: 'application/pdf', extension: 'pdf', removed: [...trailing(untrustedBytes), ...job.removedLines()], findings: [] }
}

/** Its pages are made by a program inside the file; without it only a page that says so is left. */
function needsXfa({ source }: Rebuild): boolean {
  const catalog = dictOf(source.get(source.trailer, 'Root'))
  return source.get(catalog, 'NeedsRendering') === true && source.get(dictOf(source.get(catalog, 'AcroForm')), 'XFA') !== null
}

async function check(bytes: Uint8Array, job: Rebuild, pages: number): Promise<void> {
  if (!isHarmless(bytes, job.writer.objects)) throw new Damaged()
  const again = await withDocument(bytes, '', document => document.pages)
  if (again.kind !== 'opened' || again.value !== pages) throw new Damaged()
}
