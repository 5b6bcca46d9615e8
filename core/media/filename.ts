/**
 * File names from outside: what they try to hide, and what is left of them when they are harmless.
 *
 * A name is shown, saved and matched by programs that disagree about it: Windows drops trailing dots and spaces
 * and reads NUL as the end, CP932 programs take ¥ for a backslash, a direction override shows "fdp.exe" as
 * "exe.pdf". Each function here takes the view of the most credulous one.
 *
 * Invariant: a harmless name survives exactly (in NFC); making a safe name safe again changes nothing.
 * Standards: Unicode UAX #9, UAX #15; Windows "Naming Files, Paths, and Namespaces"; RFC 6266 §4.3.
 */
import { Buffer } from 'node:buffer'
import type { FindingCode } from '../finding.ts'
import { makeHarmlessLine } from '../text/harmless.ts'

export type NameFinding = { readonly code: FindingCode; readonly detail?: string }

/** What common file systems take is 255 octets; room is left for " (2)" and for what mailers add. */
const MAX_NAME_BYTES = 200
const MAX_EXTENSION_BYTES = 30
/** Longer names are cut before anything looks at them. */
const MAX_UNTRUSTED_LENGTH = 4096
const LONG_NAME_LENGTH = 150
/** So many spaces before the extension push it out of the column that shows it. */
const HIDING_SPACES = 5
const MAX_SHOWN = 100

const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/
/** `C:\…`, `\\server\…`, `/…`: the name is the last component. Elsewhere a slash is a part of the name. */
const FULL_PATH = /^(?:[A-Za-z]:[\\/]|[\\/])/
/** Reserved on Windows; the separators; and the look-alikes that best-fit mapping turns into separators. */
const RESERVED_CHARACTERS = /[<>:"|?*\\/\u2044\u2215\u2216\u29f8\u29f9]/g
const RESERVED_NAMES = /^(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])\s*(?:\.|$)/i

/** What runs when it is opened on Windows, as far as mail policies of the field list it. */
const PROGRAM_EXTENSIONS = new Set(
  (
    'ade adp apk appx application appref-ms bat chm cmd com cpl dll diagcab exe gadget hlp hta img inf ins iso isp jar ' +
    'jnlp js jse lib library-ms lnk mde msc msi msix msp mst nsh ocx one pif ps1 ps1xml ps2 psc1 psm1 py pyw reg scf ' +
    'scr sct search-ms settingcontent-ms shb shs svg sys url vb vbe vbs vhd vhdx vxd wsc wsf wsh xll xbap'
  ).split(' '),
)
/** What people take for a document when they see it in front. */
const DOCUMENT_EXTENSIONS = new Set(
  (
    'bmp csv doc docm docx gif heic htm html jpeg jpg jtd jww md mov mp3 mp4 odp ods odt pdf png ppt pptx rtf tif tiff txt ' +
    'wav xdw xls xlsm xlsx xml zip lzh 7z rar eml msg'
  ).split(' '),
)

/**
 * A name that can be shown and saved anywhere. `fallback` is used when nothing is left.
 * `name.altered` is found when it is not the name that came, apart from Unicode composition.
 */
export function safeFileName(
  untrusted: string,
  options: { readonly fallback: string },
): { readonly name: string; readonly findings: readonly NameFinding[] } {
  const name = makeSafe(untrusted) || makeSafe(options.fallback) || 'attachment'
  const isExact = name === untrusted.normalize('NFC')
  return { name, findings: isExact ? [] : [{ code: 'name.altered', detail: shown(untrusted) }] }
}

function makeSafe(untrusted: string): string {
  const line = makeHarmlessLine(untrusted.slice(0, MAX_UNTRUSTED_LENGTH), MAX_UNTRUSTED_LENGTH)
  // ¥ and ₩ stand where CP932 and CP949 have the backslash; the full-width form looks the same and is only a sign.
  const composed = line.normalize('NFC').replaceAll('\u00a5', '\uffe5').replaceAll('\u20a9', '\uffe6')
  const replaced = trimDots(lastComponent(composed).replace(RESERVED_CHARACTERS, '_'))
  const capped = trimDots(capLength(replaced, MAX_NAME_BYTES))
  return RESERVED_NAMES.test(capped) ? capLength(`_${capped}`, MAX_NAME_BYTES) : capped
}

function lastComponent(name: string): string {
  if (!FULL_PATH.test(name)) return name
  return name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1)
}

/** Leading dots hide a file on Unix, trailing dots and spaces vanish on Windows. */
function trimDots(name: string): string {
  let start = 0
  let end = name.length
  while (start < end && isDotOrSpace(name.charCodeAt(start))) start++
  while (end > start && isDotOrSpace(name.charCodeAt(end - 1))) end--
  return name.slice(start, end)
}

function isDotOrSpace(unit: number): boolean {
  return unit === 0x2e || /\s/.test(String.fromCharCode(unit))
}

/** At most `maxBytes` octets of UTF-8: the stem is cut between characters, the extension stays. */
function capLength(name: string, maxBytes: number): string {
  if (Buffer.byteLength(name) <= maxBytes) return name
  const dot = name.lastIndexOf('.')
  const extension = dot > 0 && Buffer.byteLength(name.slice(dot)) <= MAX_EXTENSION_BYTES ? name.slice(dot) : ''
  const room = maxBytes - Buffer.byteLength(extension)
  let stem = ''
  let bytes = 0
  for (const character of name.slice(0, name.length - extension.length)) {
    bytes += Buffer.byteLength(character)
    if (bytes > room) break
    stem += character
  }
  return `${stem.trimEnd()}${extension}`
}

/**
 * The extension that a program would go by: lower case, no dot, '' when there is none. Trailing dots, spaces and
 * quotes, control, invisible and direction characters, and a stream name (`a.exe::$DATA`) do not count.
 */
export function lastExtension(untrusted: string): string {
  const name = makeHarmlessLine(untrusted.slice(-MAX_UNTRUSTED_LENGTH), MAX_UNTRUSTED_LENGTH)
  const base = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1)
  const colon = base.indexOf(':')
  const trimmed = trimDots((colon > 0 ? base.slice(0, colon) : base).replace(/["']{1,10}$/, ''))
  const dot = trimmed.lastIndexOf('.')
  return dot < 0
    ? ''
    : trimmed
        .slice(dot + 1)
        .trim()
        .toLowerCase()
        .slice(0, MAX_EXTENSION_BYTES)
}

/** Extensions that mean the same file: a name keeps the one it has. */
const SAME_EXTENSIONS: readonly (readonly string[])[] = [['jpg', 'jpeg', 'jpe', 'jfif'], ['tif', 'tiff'], ['htm', 'html'], ['txt', 'text', 'log'], ['vcf', 'vcard'], ['md', 'markdown']]

/** The name with this last extension; a name that says the same already stays as it is. */
export function renamed(name: string, extension: string): string {
  const last = lastExtension(name)
  if (last === extension || SAME_EXTENSIONS.some(same => same.includes(last) && same.includes(extension))) return name
  return `${name.replace(/\.[^.]{0,10}$/, '')}.${extension}`
}

/** The same names with " (2)", " (3)" … where they would overwrite each other; Windows ignores case. Keeps order. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>()
  const nextNumbers = new Map<string, number>()
  return names.map(name => {
    let unique = name
    let number = nextNumbers.get(keyOf(name)) ?? 2
    while (taken.has(keyOf(unique))) unique = numbered(name, number++)
    nextNumbers.set(keyOf(name), number)
    taken.add(keyOf(unique))
    return unique
  })
}

function keyOf(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

function numbered(name: string, number: number): string {
  const dot = name.lastIndexOf('.')
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, '']
  const suffix = ` (${number})${extension}`
  return `${capLength(stem, Math.max(1, MAX_NAME_BYTES - Buffer.byteLength(suffix)))}${suffix}`
}

/** What the two names of a part try to hide, and whether they contradict each other; '' is a missing name. */
export function nameFindings(contentTypeName: string, dispositionName: string): NameFinding[] {
  const findings = new Map<FindingCode, NameFinding>()
  for (const name of [dispositionName, contentTypeName]) {
    for (const finding of findingsOf(name)) if (!findings.has(finding.code)) findings.set(finding.code, finding)
  }
  const differ = contentTypeName.trim().normalize('NFC') !== dispositionName.trim().normalize('NFC')
  if (contentTypeName !== '' && dispositionName !== '' && differ) {
    const detail = `${shown(contentTypeName)} / ${shown(dispositionName)}`
    findings.set('name.conflict', { code: 'name.conflict', detail })
  }
  return [...findings.values()]
}

function findingsOf(untrusted: string): NameFinding[] {
  const found: NameFinding[] = []
  const name = untrusted.slice(-MAX_UNTRUSTED_LENGTH)
  const last = lastExtension(name)
  if (BIDI.test(name)) found.push({ code: 'name.bidi', detail: shown(name) })
  if (untrusted.length > LONG_NAME_LENGTH) found.push({ code: 'name.long', detail: String(untrusted.length) })
  if (spacesBeforeExtension(name) >= HIDING_SPACES) found.push({ code: 'name.spaces', detail: last })
  const inner = extensionBefore(name, last)
  if (PROGRAM_EXTENSIONS.has(last) && DOCUMENT_EXTENSIONS.has(inner)) {
    found.push({ code: 'name.double-extension', detail: `.${inner}.${last}` })
  }
  return found
}

/** The extension in front of the last one: `pdf` in `invoice.pdf   .exe`. */
function extensionBefore(name: string, last: string): string {
  if (last === '') return ''
  const at = name.toLowerCase().lastIndexOf(last)
  return at < 1 ? '' : lastExtension(name.slice(0, at))
}

function spacesBeforeExtension(name: string): number {
  const dot = name.lastIndexOf('.')
  let start = Math.max(0, dot)
  while (start > 0 && /\s/.test(name.charAt(start - 1))) start--
  return Math.max(0, dot) - start
}

function shown(untrusted: string): string {
  return makeHarmlessLine(untrusted, MAX_SHOWN)
}
