/**
 * Which program wrote a package, where it is one of the usual ones: the only properties that stay when the others go.
 *
 *   docProps/app.xml ──▶ [programOf] ──▶ name and version by allow-list │ nothing
 *
 * Readers draw charts and trust stored results by it: LibreOffice takes defaults of Office 2007 for what Office 2007 wrote. It says
 * nothing about a person, and no other property is read.
 * Standards: ISO/IEC 29500-1 §22.2.2.1 (Application), §22.2.2.2 (AppVersion).
 */
import { Buffer } from 'node:buffer'
import { readXml } from '../xml.ts'

const NAMESPACE = 'http://schemas.openxmlformats.org/officeDocument/2006/extended-properties'
const PROGRAMS = new Set(['Microsoft Excel', 'Microsoft Office Word', 'Microsoft Word', 'Microsoft Office PowerPoint', 'Microsoft PowerPoint', 'Microsoft Macintosh Excel', 'Microsoft Macintosh Word', 'Microsoft Macintosh PowerPoint'])
const VERSION = /^\d{1,2}\.\d{1,4}$/

export type Program = {
  /** The part to write. */
  readonly bytes: Buffer
  /** Whether it says nothing more than the part that came. */
  readonly isWhole: boolean
}

/** Undefined when it is none that readers know. */
export function programOf(untrustedPart: Uint8Array): Program | undefined {
  const texts = new Map<string, string>()
  const open: string[] = []
  const read = readXml(
    untrustedPart,
    {
      open({ local, depth }) {
        open.push(local)
        if (depth === 2) texts.set(local, '')
      },
      text(text) {
        if (open.length === 2) texts.set(open[1]!, (texts.get(open[1]!) ?? '') + text)
      },
      close() {
        open.pop()
      },
    },
    { doctype: 'refuse', work: { namesLeft: 20_000 } },
  )
  const [name, version] = [texts.get('Application') ?? '', texts.get('AppVersion') ?? '']
  if (read.kind === 'cannot' || !PROGRAMS.has(name) || !VERSION.test(version)) return undefined
  const text = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Properties xmlns="${NAMESPACE}"><Application>${name}</Application><AppVersion>${version}</AppVersion></Properties>`
  return { bytes: Buffer.from(text), isWhole: texts.size === 2 }
}
