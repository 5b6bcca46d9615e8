/** Old Office files with pages, where LibreOffice and the heavy lane are told what to do. */
import { describe, expect, test } from 'vitest'
import { USUAL_FORMS } from '../../../core/file-forms.ts'
import type { ObjectRules } from '../../../core/objects.ts'
import type { Policy } from '../../../core/policy/model.ts'
import type { FileBounds, JudgedFile, Rebuilt } from '../../../core/rebuild.ts'
import type { ReasonKey } from '../../../core/text/reasons.ts'
import { PicturePages } from '../../../workers/picture-pages.ts'
import type { FileAnswer, FileQuestion } from '../../../workers/questions.ts'

const policy = (objects: ObjectRules = {}): Policy => ({ profile: 'disarm', version: '1', rows: [], objects, files: USUAL_FORMS, links: 'keep', bodyCharset: 'utf-8', extraHeaderFields: [], subjectTag: '' })
const BOUNDS = {} as FileBounds
const PDF = Buffer.from('%PDF-of LibreOffice')
const file = (mediaType: string, extension: string, text: string, more = {}) => ({ kind: 'rebuilt', bytes: Buffer.from(text), mediaType, extension, removed: [], findings: [], members: [], ...more }) as const
const PAGES: FileAnswer = { kind: 'rebuilt', file: file('application/pdf', 'pdf', 'pictures', { removed: [{ what: 'signatures', count: 1 }] }) }
const WORDS: Rebuilt = { kind: 'rebuilt', file: file('text/plain', 'txt', 'words', { removed: [{ what: 'layout', count: 1 }, { what: 'macros', count: 2 }] }) }
const kept = (reason: ReasonKey): Rebuilt => ({ kind: 'kept', reason, members: [] })

type Told = { readonly available?: boolean; readonly pdf?: Uint8Array | undefined | 'never'; readonly pages?: FileAnswer }

function office({ available = true, pages = PAGES, ...told }: Told = {}) {
  const pdf = 'pdf' in told ? told.pdf : PDF
  const drawn: { readonly bytes: string; readonly extension: string }[] = []
  const asked: FileQuestion[] = []
  const draw = async ({ bytes, extension }: { readonly bytes: Uint8Array; readonly extension: string }) => {
    drawn.push({ bytes: Buffer.from(bytes).toString(), extension })
    return pdf === 'never' ? new Promise<never>(() => {}) : pdf
  }
  const rebuild = async (question: FileQuestion) => {
    asked.push(question)
    return pages
  }
  return { pages: new PicturePages({ available, draw }, rebuild), drawn, asked }
}

const came = (detectedType: string, objects: ObjectRules = {}) => ({ octets: Buffer.from('as it came'), policy: policy(objects), bounds: BOUNDS, detectedType })
const DOC = 'application/msword'

describe('a file with pages', () => {
  test('is the PDF of pictures, with the words beside it; LibreOffice’s own PDF goes to the heavy lane and nowhere else', async () => {
    const { pages, drawn, asked } = office()
    const result = await pages.add(WORDS, came(DOC), 5_000)
    expect(drawn).toEqual([{ bytes: 'as it came', extension: 'doc' }])
    expect(asked).toMatchObject([{ meta: { detectedType: 'application/pdf', mode: 'raster' }, octets: PDF }])
    expect(result).toMatchObject({
      kind: 'rebuilt',
      file: {
        bytes: Buffer.from('pictures'),
        extension: 'pdf',
        beside: { bytes: Buffer.from('words'), mediaType: 'text/plain', extension: 'txt' },
        removed: [{ what: 'macros', count: 2 }],
        findings: [{ code: 'media.pages-drawn' }],
      },
    })
  })

  test.each([['application/vnd.ms-powerpoint', 'ppt'], ['application/vnd.ms-excel', 'xls']])('%s of which nothing could be rebuilt is the PDF alone', async (type, extension) => {
    const { pages, drawn } = office()
    expect(await pages.add(kept('cannot-disarm'), came(type), 5_000)).toMatchObject({ kind: 'rebuilt', file: { extension: 'pdf', bytes: Buffer.from('pictures') } })
    expect(drawn).toMatchObject([{ extension }])
  })

  test('brought by itself has a report that says so', async () => {
    const report = { name: '旧.doc', detectedType: DOC, bytes: 10, sha256: '', disposition: 'disarm', rule: 'r', outcome: 'quarantined', reason: 'cannot-disarm', removed: [], findings: [], members: [] } as const
    const question = { ...came(DOC), meta: { untrustedName: '旧.doc' } }
    const bare = await office().pages.addTo({ report, rebuilt: kept('cannot-disarm') }, question, 5_000)
    expect(bare.report).toMatchObject({ outcome: 'rebuilt', deliveredName: '旧.pdf', findings: [{ code: 'media.pages-drawn' }] })
    expect(bare.report).not.toHaveProperty('reason')
    const both = await office().pages.addTo({ report, rebuilt: WORDS }, question, 5_000)
    expect(both.report).toMatchObject({ deliveredName: '旧.pdf', besideName: '旧.txt' })
  })
})

describe('a file stays what it was', () => {
  test.each<[string, Told]>([
    ['without LibreOffice', { available: false }],
    ['when LibreOffice makes nothing', { pdf: undefined }],
    ['when it is not ready in time', { pdf: 'never' }],
    ['when its PDF is refused', { pages: kept('malformed') }],
    ['when its PDF waits', { pages: { kind: 'pending' } }],
    ['when something else than a PDF comes of it', { pages: WORDS as FileAnswer }],
  ])('%s', async (_, told) => {
    expect(await office(told).pages.add(WORDS, came(DOC), 600)).toBe(WORDS)
  })

  test.each<[string, Rebuilt, string, ObjectRules]>([
    ['of another type', WORDS, 'application/rtf', {}],
    ['that was rebuilt as a file of its kind', { kind: 'rebuilt', file: file('application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xlsx', 'cells') }, 'application/vnd.ms-excel', {}],
    ['that is locked', kept('encrypted'), DOC, {}],
    ['with something that policy blocks', kept('blocked-object'), DOC, { macros: 'block' }],
    ['that could not be read, where policy blocks what may be in it', kept('cannot-disarm'), DOC, { macros: 'block' }],
    ['over a limit', kept('too-large'), DOC, {}],
  ])('%s: LibreOffice is not asked', async (_, rebuilt, type, objects) => {
    const { pages, drawn } = office()
    expect(await pages.add(rebuilt, came(type, objects), 5_000)).toBe(rebuilt)
    expect(drawn).toEqual([])
  })

  test.each([['opened with a password', { passwords: ['x'] }], ['inside of another', { within: ['00'] }]])('brought by itself, %s: its own octets are not at hand', async (_, meta) => {
    const judged = { report: { detectedType: DOC, disposition: 'disarm', findings: [] }, rebuilt: WORDS } as unknown as JudgedFile
    const { pages, drawn } = office()
    expect(await pages.addTo(judged, { ...came(DOC), meta }, 5_000)).toBe(judged)
    expect(drawn).toEqual([])
  })
})
