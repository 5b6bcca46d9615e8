/**
 * The only door to 7-Zip, compiled to WebAssembly: 7z, RAR, LZH, CAB, ISO, bzip2 and xz are unpacked by it.
 *
 *   octets ──▶ [list] ──▶ what the archive says of itself ──▶ [unpack] ──▶ files in memory, counted octet by octet
 *
 * Each call has an instance of its own: hostile octets that take 7-Zip over can compute, and write into memory that
 * is thrown away. Its memory has a ceiling, and so has what it writes. A password stands in the memory of the
 * instance only, and what 7-Zip prints is read here and nowhere else.
 * Invariants: never rejects; nothing of the listing is believed where it matters (sizes are counted again).
 */
import sevenZip, { type FileSystem, type SevenZipModule, type SevenZipModuleFactory } from '7z-wasm'
import { readPackageFile } from '../package-file.ts'
import { withMemoryCeiling } from '../wasm-ceiling.ts'

const MOST_MEMORY_BYTES = 160 << 20
/** 7-Zip waits for a typed password where none is given; with this one it says instead that it is wrong. */
const NO_PASSWORD = 'none'
const MOST_LISTING_LINES = 2_000_000
const INPUT = '/in/archive'
const OUTPUT = '/out'

/** Names of 7-Zip's `-t` switch. */
export type SevenZipFormat = '7z' | 'Rar' | 'Rar5' | 'Lzh' | 'Cab' | 'Iso' | 'bzip2' | 'xz'

export type SevenZipProblem = {
  readonly kind: 'cannot'
  /** encrypted: no password was given; password: the one given is wrong. */
  readonly reason: 'malformed' | 'limit' | 'encrypted' | 'password' | 'unsupported'
}

export type ListedEntry = {
  readonly untrustedPath: string
  readonly kind: 'file' | 'folder' | 'link'
  /** Undefined where the format does not say. */
  readonly declaredBytes: number | undefined
  readonly isEncrypted: boolean
}

export type Listing = { readonly kind: 'listing'; readonly entries: readonly ListedEntry[]; readonly isOneOfSeveral: boolean; readonly hasTrailingData: boolean }

/** `place` is where 7-Zip put it, in the order in which it did so. */
export type UnpackedFile = { readonly place: string; readonly bytes: Uint8Array }
export type Unpacked = { readonly kind: 'unpacked'; readonly files: readonly UnpackedFile[] }

export type SevenZipInput = { readonly untrustedBytes: Uint8Array; readonly format: SevenZipFormat; readonly password?: string | undefined }

/** The package is CommonJS, and its types say something else. */
const newInstance = sevenZip as unknown as SevenZipModuleFactory
const compiled = WebAssembly.compile(withMemoryCeiling(readPackageFile('7z-wasm/7zz.wasm'), MOST_MEMORY_BYTES))

/** Resolves when 7-Zip can work; for the time before capabilities are taken away. */
export async function readySevenZip(): Promise<void> {
  await start([])
}

export async function listArchive(input: SevenZipInput, mostEntries: number): Promise<Listing | SevenZipProblem> {
  const { code, lines } = await run(input, ['l', '-slt'])
  if (code > 1) return problem(lines, input.password !== undefined)
  const listing = readListing(lines)
  return listing.entries.length > mostEntries ? { kind: 'cannot', reason: 'limit' } : listing
}

/** All files of an archive. At most `limitBytes` are written, whatever it says of itself. */
export async function unpackArchive(input: SevenZipInput, limitBytes: number): Promise<Unpacked | SevenZipProblem> {
  const { code, lines, module, overLimit } = await run(input, ['x', '-y', '-aou', `-o${OUTPUT}`], limitBytes)
  if (overLimit) return { kind: 'cannot', reason: 'limit' }
  if (!module || (code > 1 && !onlyLinksRefused(lines))) return problem(lines, input.password !== undefined)
  return { kind: 'unpacked', files: filesBelow(module.FS, OUTPUT) }
}

/** 7-Zip counts it as an error when it does not make a link that leads outside. We make none at all. */
function onlyLinksRefused(lines: readonly string[]): boolean {
  const errors = lines.filter(line => line.startsWith('ERROR'))
  return errors.length > 0 && errors.every(line => line.startsWith('ERROR: Dangerous link path was ignored : '))
}

type Run = { readonly code: number; readonly lines: readonly string[]; readonly module: SevenZipModule | undefined; readonly overLimit: boolean }

async function run({ untrustedBytes, format, password }: SevenZipInput, command: readonly string[], limitBytes = 0): Promise<Run> {
  const lines: string[] = []
  let counted: Counter | undefined
  let module: SevenZipModule | undefined
  let code = FAILED
  try {
    module = await start(lines)
    module.FS.mkdir('/in')
    module.FS.writeFile(INPUT, untrustedBytes)
    counted = countWrites(module.FS, limitBytes)
    code = Number(module.callMain([...command, `-t${format}`, `-p${password ?? NO_PASSWORD}`, '-bd', '-mmt=1', '--', INPUT]))
  } catch {
    code = FAILED
  }
  return { code, lines, module, overLimit: counted?.overLimit() ?? false }
}

const FAILED = 2

async function start(lines: string[]): Promise<SevenZipModule> {
  const module = await compiled
  const print = (line: string) => {
    if (lines.length < MOST_LISTING_LINES) lines.push(line)
  }
  return outsideOfNode(() =>
    newInstance({
      print,
      printErr: print,
      instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void) {
        done(new WebAssembly.Instance(module, imports), module)
        return {}
      },
    } as Parameters<SevenZipModuleFactory>[0]),
  )
}

/**
 * The package looks where it runs as soon as it is called. In Node it would reach for the disk and for internals that
 * are denied here; elsewhere it takes only what it is given.
 */
function outsideOfNode<T>(call: () => T): T {
  const surroundings = process as { type?: string }
  surroundings.type = 'renderer'
  try {
    return call()
  } finally {
    delete surroundings.type
  }
}

type Counter = { readonly overLimit: () => boolean }
type Write = (stream: unknown, buffer: unknown, offset: number, length: number, ...rest: readonly unknown[]) => number
/** What the library's file system is made of; its types leave that out. */
type Inside = { readonly filesystems: { readonly MEMFS: { readonly ops_table: { readonly file: { readonly stream: { write: Write } } } } } }

const TOO_MUCH = new Error('more octets than allowed')

/** From here on every octet that is written to a file counts; the one too many ends the run. */
function countWrites(fs: FileSystem, limitBytes: number): Counter {
  const operations = (fs as unknown as Inside).filesystems.MEMFS.ops_table.file.stream
  const { write } = operations
  let bytes = 0
  const countedWrite: Write = (stream, buffer, offset, length, ...rest) => {
    bytes += length
    if (bytes > limitBytes) throw TOO_MUCH
    return write(stream, buffer, offset, length, ...rest)
  }
  operations.write = countedWrite
  return { overLimit: () => bytes > limitBytes }
}

/** Regular files only: a link leads nowhere that we follow. */
function filesBelow(fs: FileSystem, root: string): UnpackedFile[] {
  const found: { readonly order: number; readonly place: string; readonly path: string }[] = []
  const open = fs.readdir('/').includes(root.slice(1)) ? [root] : []
  while (open.length > 0) {
    const folder = open.pop()!
    for (const name of fs.readdir(folder)) {
      if (name === '.' || name === '..') continue
      const path = `${folder}/${name}`
      const { mode, ino } = fs.lstat(path)
      if (fs.isDir(mode)) open.push(path)
      else if (fs.isFile(mode)) found.push({ order: ino, place: path.slice(root.length + 1), path })
    }
  }
  found.sort((a, b) => a.order - b.order)
  return found.map(({ place, path }) => ({ place, bytes: fs.readFile(path) }))
}

/** `Key = value` lines: facts of the archive up to a line of dashes, then a paragraph per entry. */
function readListing(lines: readonly string[]): Listing {
  const start = lines.indexOf('----------')
  const archive = factsOf(lines.slice(0, Math.max(0, start)))
  const entries: ListedEntry[] = []
  let paragraph: string[] = []
  for (const line of start < 0 ? [] : [...lines.slice(start + 1), '']) {
    if (line !== '') paragraph.push(line)
    else if (paragraph.length > 0) {
      const facts = factsOf(paragraph)
      if (facts.has('Path')) entries.push(entryOf(facts))
      paragraph = []
    }
  }
  const volumes = Number(archive.get('Volumes') ?? 1)
  return {
    kind: 'listing',
    entries,
    isOneOfSeveral: archive.get('Multivolume') === '+' || volumes > 1,
    hasTrailingData: archive.has('Tail Size') || lines.some(line => /data after the end/i.test(line)),
  }
}

function factsOf(lines: readonly string[]): Map<string, string> {
  const facts = new Map<string, string>()
  for (const line of lines) {
    const at = line.indexOf(' =')
    if (at > 0 && !facts.has(line.slice(0, at))) facts.set(line.slice(0, at), line.slice(at + 3))
  }
  return facts
}

function entryOf(facts: ReadonlyMap<string, string>): ListedEntry {
  const attributes = facts.get('Attributes') ?? ''
  const isFolder = facts.get('Folder') === '+' || /^D/.test(attributes)
  const isLink = ['Symbolic Link', 'Hard Link', 'Copy Link', 'Link'].some(key => (facts.get(key) ?? '') !== '') || / l[rwx-]{9}/.test(` ${attributes}`)
  const size = facts.get('Size') ?? ''
  return {
    untrustedPath: facts.get('Path') ?? '',
    kind: isFolder ? 'folder' : isLink ? 'link' : 'file',
    declaredBytes: /^\d{1,15}$/.test(size) ? Number(size) : undefined,
    isEncrypted: facts.get('Encrypted') === '+',
  }
}

function problem(lines: readonly string[], hadPassword: boolean): SevenZipProblem {
  const text = lines.join('\n')
  if (/wrong password|encrypted archive/i.test(text)) return { kind: 'cannot', reason: hadPassword ? 'password' : 'encrypted' }
  if (/unsupported method|not supported|missing volume/i.test(text)) return { kind: 'cannot', reason: 'unsupported' }
  return { kind: 'cannot', reason: /allocate memory/i.test(text) ? 'limit' : 'malformed' }
}
