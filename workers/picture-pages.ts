/**
 * Old Office files (.doc, .ppt, .xls that nothing here rebuilds) as a PDF of pictures of their pages, beside their words.
 *
 *   file as it came ──▶ LibreOffice in its box ──▶ PDF, as untrusted as the file ──▶ heavy lane, mode raster ──▶ pixels ──▶ our PDF
 *
 * No octet of what LibreOffice wrote goes on, and nothing of it is parsed here. Always optional: where there is none, or it is
 * late or fails, the file stays what it was without it. What policy wants blocked is looked for by reading a file: one that could not be
 * read is drawn only where nothing is blocked.
 */
import { renamed, safeFileName } from '../core/media/filename.ts'
import type { Policy } from '../core/policy/model.ts'
import type { JudgedFile, Rebuilt, RebuiltFile } from '../core/rebuild.ts'
import type { ReasonKey } from '../core/text/reasons.ts'
import type { OfficeWorkshop } from './contract.ts'
import { type FileAnswer, type FileQuestion, within } from './questions.ts'

/** What came, and what the sealed process says it is: a false word costs a drawing that fails. */
export type Came = Omit<FileQuestion, 'meta'> & { readonly detectedType: string }

const EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ['application/msword', 'doc'],
  ['application/vnd.ms-powerpoint', 'ppt'],
  ['application/vnd.ms-excel', 'xls'],
])
/** Of these it is not known what they are beyond their type. */
const UNREAD: ReadonlySet<ReasonKey> = new Set(['cannot-disarm', 'malformed'])
/** For the answer's own way back, so that words are not late for pictures. */
const SPARE_MS = 500

export class PicturePages {
  readonly #office: OfficeWorkshop
  readonly #rebuild: (question: FileQuestion) => Promise<FileAnswer>

  constructor(office: OfficeWorkshop, rebuild: (question: FileQuestion) => Promise<FileAnswer>) {
    this.#office = office
    this.#rebuild = rebuild
  }

  /** With pages in time, else as it was. Never rejects. */
  async add(rebuilt: Rebuilt, came: Came, withinMs: number): Promise<Rebuilt> {
    const extension = EXTENSIONS.get(came.detectedType)
    if (extension === undefined || !this.#office.available || !isWanted(rebuilt, came.policy)) return rebuilt
    const drawn = await within(this.#draw(came, extension), withinMs - SPARE_MS, undefined)
    return drawn ? { kind: 'rebuilt', file: together(drawn, rebuilt) } : rebuilt
  }

  /** The same for a file that came by itself. One that was locked, or is inside of another, is not at hand. */
  async addTo(judged: JudgedFile, question: FileQuestion, withinMs: number): Promise<JudgedFile> {
    const { report, rebuilt } = judged
    const { within: path, passwords } = question.meta as { readonly within?: readonly string[]; readonly passwords?: readonly string[] }
    if ((path ?? []).length + (passwords ?? []).length > 0 || report.disposition !== 'disarm') return judged
    const { detectedType } = report
    const added = await this.add(rebuilt, { ...question, detectedType }, withinMs)
    return added.kind === 'kept' || added === rebuilt ? judged : { report: reportWith(report, added.file, String(question.meta['untrustedName'])), rebuilt: added }
  }

  async #draw({ octets, policy, bounds }: Came, extension: string): Promise<RebuiltFile | undefined> {
    const pdf = await this.#office.draw({ bytes: octets, extension })
    if (!pdf) return undefined
    const meta = { untrustedName: '', detectedType: 'application/pdf', mode: 'raster' }
    const answer = await this.#rebuild({ meta, octets: pdf, policy, bounds })
    return answer.kind === 'rebuilt' && answer.file.mediaType === 'application/pdf' ? answer.file : undefined
  }
}

function isWanted(rebuilt: Rebuilt, { objects }: Policy): boolean {
  if (rebuilt.kind === 'rebuilt') return rebuilt.file.mediaType === 'text/plain'
  return UNREAD.has(rebuilt.reason) && !Object.values(objects).includes('block')
}

/** What was left out of the words is left out still, but for the looks, which are there now. */
function together(pages: RebuiltFile, rebuilt: Rebuilt): RebuiltFile {
  const drawn = { code: 'media.pages-drawn' } as const
  if (rebuilt.kind === 'kept') return { ...pages, removed: [], findings: [drawn], members: rebuilt.members }
  const { bytes, mediaType, extension, removed, findings, members } = rebuilt.file
  return { ...pages, removed: removed.filter(({ what }) => what !== 'layout'), findings: [...findings, drawn], members, beside: { bytes, mediaType, extension } }
}

function reportWith({ reason: _, ...report }: JudgedFile['report'], { extension, beside, removed, findings }: RebuiltFile, untrustedName: string): JudgedFile['report'] {
  const { name } = safeFileName(untrustedName, { fallback: `file.${extension}` })
  const besideName = beside && renamed(name, beside.extension)
  const seen = report.findings.some(({ code }) => code === 'media.pages-drawn')
  const drawn = seen ? [] : findings.filter(({ code }) => code === 'media.pages-drawn')
  return {
    ...report,
    outcome: 'rebuilt',
    deliveredName: renamed(name, extension),
    ...(besideName === undefined ? {} : { besideName }),
    removed,
    findings: [...report.findings, ...drawn],
  }
}
