/** What other programs say of a file: its words, its looks, its structures. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, extname, join } from 'node:path'

export type Run = typeof run

export function run(program: string, ...args: readonly string[]): Buffer {
  return execFileSync(program, args, { env: { ...process.env, LC_ALL: 'C.UTF-8' }, stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 29, timeout: 600_000 })
}

const BATCH = 20

/** Converts in groups: one start of the program costs more than a file. */
export function soffice(target: string, sources: readonly string[], folder: string): void {
  const profile = join(tmpdir(), `sekisho-fidelity-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  for (let at = 0; at < sources.length; at += BATCH) {
    run('soffice', `-env:UserInstallation=file://${profile}`, '--headless', '--convert-to', target, '--outdir', folder, ...sources.slice(at, at + BATCH))
  }
}

/** PDF files of office files, by the path of the office file. Their names must not meet, so each gets a folder of its group. */
export function pdfOf(files: readonly string[], folder: string): ReadonlyMap<string, string> {
  const groups = Map.groupBy(files, file => join(folder, file.replace(/^.*?\/(before|after)\//, '$1/').replace(/\/[^/]*$/, ''), extname(file).slice(1)))
  const made = new Map<string, string>()
  for (const [where, members] of groups) {
    soffice('pdf', members, where)
    for (const member of members) {
      const pdf = join(where, `${basename(member, extname(member))}.pdf`)
      if (existsSync(pdf)) made.set(member, pdf)
    }
  }
  return made
}

/** Every character that shows, for languages without blanks between words: pairs of neighbours stand for words. */
export function wordsOf(file: string, by: Run): readonly string[] {
  return pairs(textOf(file, by).replace(/\s+/g, ''))
}

function textOf(file: string, by: Run): string {
  if (file.endsWith('.pdf')) return by('pdftotext', '-layout', file, '-').toString()
  if (/\.(?:zip|7z|tgz|tar|xz)$/.test(file)) return by('bsdtar', '-tf', file).toString().match(/[^/]*\.(?:csv|md|docx|txt)$/gm)?.sort().join('\n') ?? ''
  if (/\.ics$|\.vcf$/.test(file)) return readFileSync(file, 'utf8').replace(/\r?\n /g, '').replace(/^(?:PRODID|VERSION|BEGIN|END).*$/gm, '').replace(/;VALUE=DATE-TIME|[\\;=]/g, '')
  if (/\.(?:json|xml|html|eml)$/.test(file)) return by('/usr/bin/python3', join(import.meta.dirname, 'text.py'), file).toString()
  return decoded(readFileSync(file))
}

function decoded(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  const isJis = bytes.includes('\x1b$')
  for (const charset of isJis ? ['iso-2022-jp'] : ['utf-8', 'euc-jp', 'shift_jis']) {
    try {
      return new TextDecoder(charset, { fatal: true }).decode(bytes)
    } catch {}
  }
  return bytes.toString('latin1')
}

function pairs(text: string): string[] {
  return Array.from({ length: Math.max(0, text.length - 1) }, (_, at) => text.slice(at, at + 2))
}

/** Share of the words before that are there after, each as often. */
export function wordsKept(before: readonly string[], after: readonly string[]): number {
  if (before.length === 0) return after.length === 0 ? 1 : 0
  const left = new Map<string, number>()
  for (const word of after) left.set(word, (left.get(word) ?? 0) + 1)
  let kept = 0
  for (const word of before) {
    const count = left.get(word) ?? 0
    if (count > 0) kept++
    left.set(word, count - 1)
  }
  return kept / before.length
}

/** The first pages or frames in grey, of one size. */
export function imagesOf(file: string): readonly Buffer[] {
  const SIDE = 160
  const whole = file.endsWith('.pdf') ? run('sh', '-c', `pdftoppm -gray -r 40 -l 8 '${file}' | convert pgm:- -resize ${SIDE}x${SIDE}! -depth 8 gray:-`) : drawn(file, SIDE)
  return Array.from({ length: Math.floor(whole.length / SIDE ** 2) }, (_, page) => whole.subarray(page * SIDE ** 2, (page + 1) * SIDE ** 2))
}

function drawn(file: string, side: number): Buffer {
  if (file.endsWith('.svg')) return run('sh', '-c', `rsvg-convert '${file}' | convert png:- -background white -flatten -resize ${side}x${side}! -depth 8 gray:-`)
  return run('convert', `${file}[0-3]`, '-background', 'white', '-alpha', 'remove', '-resize', `${side}x${side}!`, '-depth', '8', 'gray:-')
}

/** 1 for the same, 0 for pages that are missing or wholly different: the mean over pages of how near the shades are. */
export function likeness(before: readonly Buffer[], after: readonly Buffer[]): number {
  const pages = Math.max(before.length, after.length)
  if (pages === 0) return 0
  let sum = 0
  for (let page = 0; page < Math.min(before.length, after.length); page++) {
    let difference = 0
    for (let at = 0; at < before[page]!.length; at++) difference += Math.abs(before[page]![at]! - after[page]![at]!)
    sum += 1 - difference / before[page]!.length / 255
  }
  return sum / pages
}

export type Structures = Readonly<Record<string, readonly [before: number, after: number]>>

export function structuresOf(original: string, out: string): Structures | undefined {
  if (!/\.(?:docx|xlsx|pptx|odt|ods|odp)$/.test(original)) return undefined
  const [before, after] = run('/usr/bin/python3', join(import.meta.dirname, 'structure.py'), original, out)
    .toString().trim().split('\n').map(line => (JSON.parse(line) as { counts: Record<string, number> }).counts)
  return Object.fromEntries(Object.entries(before!).filter(([, count]) => count > 0).map(([name, count]) => [name, [count, after![name] ?? 0]]))
}
