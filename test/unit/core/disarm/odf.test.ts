import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { odfDisarmer } from '../../../../core/disarm/odf/disarm.ts'
import { openPackage } from '../../../../core/disarm/zip-package.ts'
import { writeZip } from '../../../../core/disarm/zip-write.ts'
import type { ObjectRules } from '../../../../core/objects.ts'
import { disarmerContract } from '../../../contract/disarmer.contract.ts'
import { disarmInput } from '../../../support/disarm.ts'
import { expectLinear } from '../../../support/linear.ts'

const type = (family: string) => `application/vnd.oasis.opendocument.${family}`
const fixture = (name: string) => new Uint8Array(readFileSync(`test/fixtures/disarm/odf/${name}`))

disarmerContract('odfDisarmer for texts', { bytes: fixture('active.odt'), detectedType: type('text'), tooFewBytes: 300, runs: 30 })
disarmerContract('odfDisarmer for sheets', { bytes: fixture('sheet.ods'), detectedType: type('spreadsheet'), tooFewBytes: 300, runs: 10 })
disarmerContract('odfDisarmer for slides', { bytes: fixture('pres.odp'), detectedType: type('presentation'), tooFewBytes: 300, runs: 10 })

type Options = { readonly rules?: ObjectRules; readonly picture?: (bytes: Uint8Array) => boolean }

async function rebuilt(bytes: Uint8Array, family: string, { rules = {}, picture = () => true }: Options = {}) {
  const input = disarmInput(bytes, type(family), { rules, limits: { outputBytes: 50_000_000 } })
  const tools = {
    ...input.tools,
    picture: async (each: Uint8Array) =>
      picture(each) ? { bytes: Uint8Array.from(each, octet => octet ^ 1), mediaType: 'image/png', extension: 'png' } : undefined,
  }
  const result = await odfDisarmer.disarm({ ...input, tools })
  if (result.kind !== 'rebuilt') throw new Error(result.reason)
  const opened = openPackage(result.bytes, { entries: 100, bytes: 50_000_000 })
  if (opened.kind !== 'open') throw new Error(opened.reason)
  const parts = new Map(opened.entries.map(entry => [entry.name, entry.read()!.toString('utf8')]))
  return { parts, names: [...parts.keys()], content: parts.get('content.xml') ?? '', removed: result.removed }
}

const NAMESPACES = ['office', 'text', 'table', 'drawing', 'script', 'form', 'presentation', 'style']
  .map(name => `xmlns:${name === 'drawing' ? 'draw' : name}="urn:oasis:names:tc:opendocument:xmlns:${name}:1.0"`)
  .join(' ')
const content = (body: string, root = 'document-content') =>
  `<office:${root} ${NAMESPACES} xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"` +
  ` xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2" xmlns:evil="urn:evil" office:version="1.3">${body}</office:${root}>`
const text = (inner: string) => content(`<office:body><office:text>${inner}</office:text></office:body>`)
const sheet = (inner: string) => content(`<office:body><office:spreadsheet>${inner}</office:spreadsheet></office:body>`)

function odf(family: string, parts: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  const files = Object.entries(parts).map(([name, body]) => ({ name, bytes: typeof body === 'string' ? Buffer.from(body) : body }))
  const mimetype = { name: 'mimetype', bytes: Buffer.from(type(family)), stored: true }
  return new Uint8Array(writeZip([mimetype, ...files], 50_000_000)!)
}

describe('what survives', () => {
  test('phonetic guide, tracked change and comment of a real file', async () => {
    const { content: xml } = await rebuilt(fixture('active.odt'), 'text')
    for (const kept of ['たかさき', 'text:change-start', 'office:annotation', '要確認', 'https://www.example.jp/', 'だめマクロ実行', '節']) {
      expect(xml).toContain(kept)
    }
  })

  test('merged cells, input rule, protection, print range, formula, hidden sheet of a real file', async () => {
    const { content: xml } = await rebuilt(fixture('sheet.ods'), 'spreadsheet')
    for (const kept of [
      'number-columns-spanned="3"', 'cell-content-is-in-list', 'table:protected="true"', 'table:print-ranges', 'of:=SUM([.B2:.C2])',
      'table:display="false"', '秘密',
    ]) expect(xml).toContain(kept)
  })

  test('the package: mimetype first and stored, manifest of what is there', async () => {
    const { names, parts } = await rebuilt(fixture('doc.odt'), 'text')
    expect(names).toEqual(['mimetype', 'content.xml', 'styles.xml', 'settings.xml', 'META-INF/manifest.xml'])
    for (const name of names.slice(1, -1)) expect(parts.get('META-INF/manifest.xml')).toContain(`full-path="${name}"`)
  })

  test('pictures, re-encoded under numbers; those that nothing shows are not', async () => {
    const shown = text('<text:p><draw:frame><draw:image xlink:href="Pictures/b.png"/></draw:frame></text:p>')
    const { parts, removed } = await rebuilt(odf('text', { 'content.xml': shown, 'Pictures/a.png': 'aaaa', 'Pictures/b.png': 'bbbb' }), 'text')
    expect([...parts.keys()].filter(name => name.startsWith('Pictures/'))).toEqual(['Pictures/1.png'])
    expect(parts.get('Pictures/1.png')).toBe('cccc')
    expect(parts.get('content.xml')).toContain('xlink:href="Pictures/1.png"')
    expect(removed).toEqual([])
  })

  test('an embedded chart, by the same lists', async () => {
    const chart = content('<office:body><office:chart><evil:x/></office:chart></office:body>')
    const frame = text('<draw:frame><draw:object xlink:href="./Object 7"/></draw:frame>')
    const { parts, names } = await rebuilt(odf('text', { 'content.xml': frame, 'Object 7/content.xml': chart }), 'text')
    expect(names).toContain('Object 1/content.xml')
    expect(parts.get('Object 1/content.xml')).not.toContain('evil:x')
    expect(parts.get('META-INF/manifest.xml')).toContain('full-path="Object 1/" manifest:media-type="application/vnd.oasis.opendocument.chart"')
  })

  test('tracked changes and comments by rule', async () => {
    const { content: xml, removed } = await rebuilt(fixture('active.odt'), 'text', { rules: { comments: 'remove', revisions: 'remove' } })
    expect(xml).not.toMatch(/text:change|office:annotation|要確認/)
    expect(xml).toContain('追加')
    expect(removed.map(({ what }) => what)).toEqual(expect.arrayContaining(['comments', 'revisions']))
  })

  test('properties by rule', async () => {
    const parts = { 'content.xml': text('<text:p/>'), 'meta.xml': content('<office:meta><dc:creator>山田</dc:creator></office:meta>', 'document-meta') }
    expect((await rebuilt(odf('text', parts), 'text')).removed).toEqual([{ what: 'metadata', count: 1 }])
    expect((await rebuilt(odf('text', parts), 'text', { rules: { metadata: 'keep' } })).parts.get('meta.xml')).toContain('山田')
  })
})

describe('what is left behind', () => {
  const LISTENER = '<office:event-listeners><script:event-listener script:event-name="dom:click" xlink:href="vnd.sun.star.script:x"/></office:event-listeners>'
  test.each<[string, string, string]>([
    ['an event', text(`<text:p>a${LISTENER}</text:p>`), 'scripts'],
    ['a script of the document', content('<office:scripts><office:script script:language="x">run()</office:script></office:scripts><office:body/>'), 'scripts'],
    ['a script field', text('<text:p><text:script script:language="JavaScript">run()</text:script></text:p>'), 'scripts'],
    ['an action of a slide', text('<presentation:event-listener presentation:action="execute" xlink:href="x"/>'), 'actions'],
    ['a form', text('<office:forms><form:form form:name="run"/></office:forms>'), 'forms'],
    ['a DDE field', text('<text:p><text:dde-connection text:connection-name="run">値</text:dde-connection></text:p>'), 'dynamicFields'],
    ['a DDE source', sheet('<table:dde-links><table:dde-link><office:dde-source office:dde-topic="run"/></table:dde-link></table:dde-links>'), 'dynamicFields'],
    ['a section from a file', text('<text:section><text:section-source xlink:href="file:///run"/></text:section>'), 'externalLinks'],
    ['a sheet from a file', sheet('<table:table><table:table-source xlink:href="run.ods"/></table:table>'), 'externalLinks'],
    ['a link to a macro', text('<text:p><text:a xlink:href="vnd.sun.star.script:run">x</text:a></text:p>'), 'externalLinks'],
    ['a link to a script', text('<text:p><text:a xlink:href="javascript:run()">x</text:a></text:p>'), 'scripts'],
    ['a picture from the web', text('<draw:frame><draw:image xlink:href="http://run.example/"/></draw:frame>'), 'externalLinks'],
    ['an OLE object', text('<draw:frame><draw:object-ole xlink:href="./run"/></draw:frame>'), 'oleObjects'],
    ['an object that is not there', text('<draw:frame><draw:object xlink:href="./run"/></draw:frame>'), 'oleObjects'],
    ['a plug-in', text('<draw:frame><draw:plugin xlink:href="run.swf"/></draw:frame>'), 'media'],
    ['an applet', text('<draw:frame><draw:applet draw:code="run.class"/></draw:frame>'), 'controls'],
    ['a frame from the web', text('<draw:frame><draw:floating-frame xlink:href="http://run.example/"/></draw:frame>'), 'remoteContent'],
    ['a pivot table', sheet('<table:data-pilot-tables><table:run/></table:data-pilot-tables>'), 'dataConnections'],
    ['an unknown element', text('<text:p><evil:run/></text:p>'), 'layout'],
  ])('%s', async (_, xml, what) => {
    const { content: out, removed } = await rebuilt(odf('text', { 'content.xml': xml }), 'text')
    expect(removed).toEqual([{ what, count: 1 }])
    expect(out).not.toContain('run')
  })

  test.each([
    'of:=WEBSERVICE("http://x.example/")', 'of:=DDE("cmd";"/c calc";"x")', "of:=['file:///c:/x.ods'#$Sheet1.A1]", 'of:=SUM([.A1])+EVIL()',
    'msoxl:=SUM(A1)', 'of:=HYPERLINK("file:///x")', "of:=cmd|'/c calc'!A0", '=SUM([.A1])',
  ])('the formula %s', async formula => {
    const cell = `<table:table><table:table-row><table:table-cell table:formula="${formula.replaceAll('"', '&quot;')}"><text:p>7</text:p></table:table-cell></table:table-row></table:table>`
    const { content: out, removed } = await rebuilt(odf('spreadsheet', { 'content.xml': sheet(cell) }), 'spreadsheet')
    expect(removed).toEqual([{ what: 'formulas', count: 1 }])
    expect(out).not.toContain('table:formula')
    expect(out).toContain('7')
  })

  test.each([
    'of:=SUM([.A1:.B9];[$見積.$C$3])', 'of:=IF([.A1]>0;"http://x";[.B1])', "of:=['髙 表'.A1]", 'of:=[.#REF!]*2', 'of:=VLOOKUP([.A1];[.B1:.C9];2;0)',
  ])('but not the formula %s', async formula => {
    const cell = `<table:table><table:table-row><table:table-cell table:formula="${formula.replaceAll('"', '&quot;').replace('>', '&gt;')}"/></table:table-row></table:table>`
    expect((await rebuilt(odf('spreadsheet', { 'content.xml': sheet(cell) }), 'spreadsheet')).removed).toEqual([])
  })

  test.each<[string, string]>([
    ['Basic/Standard/Module1.xml', 'macros'],
    ['Scripts/python/x.py', 'scripts'],
    ['META-INF/documentsignatures.xml', 'signatures'],
    ['Thumbnails/thumbnail.png', 'customData'],
    ['Object 1', 'oleObjects'],
    ['Fonts/x.ttf', 'fonts'],
    ['x.exe', 'unknownParts'],
  ])('the part %s', async (name, what) => {
    const { names, removed } = await rebuilt(odf('text', { 'content.xml': text('<text:p/>'), [name]: 'x' }), 'text')
    expect(names).not.toContain(name)
    expect(removed).toEqual([{ what, count: 1 }])
  })

  test('pictures that cannot be re-encoded', async () => {
    const shown = text('<draw:frame><draw:image xlink:href="Pictures/a.svm"/><draw:image xlink:href="Pictures/a.png"/></draw:frame>')
    const bytes = odf('text', { 'content.xml': shown, 'Pictures/a.svm': 'a', 'Pictures/a.png': 'b' })
    const { removed } = await rebuilt(bytes, 'text', { picture: () => false })
    expect(removed).toEqual([
      { what: 'vectorPictures', count: 1 },
      { what: 'pictures', count: 1 },
    ])
  })
})

describe('hostile packages', () => {
  const disarm = async (bytes: Uint8Array) => odfDisarmer.disarm(disarmInput(bytes, type('text')))

  test('encrypted parts', async () => {
    const bytes = odf('text', { 'content.xml': 'x', 'META-INF/manifest.xml': '<manifest:encryption-data/>' })
    expect(await disarm(bytes)).toEqual({ kind: 'cannot', reason: 'encrypted' })
  })

  test('no content', async () => expect(await disarm(odf('text', { 'styles.xml': text('') }))).toEqual({ kind: 'cannot', reason: 'malformed' }))

  test('entities', async () => {
    const bytes = odf('text', { 'content.xml': `<!DOCTYPE x [<!ENTITY a "aaa">]>${text('<text:p>&a;</text:p>')}` })
    expect(await disarm(bytes)).toEqual({ kind: 'cannot', reason: 'malformed' })
  })

  test('nesting without end', async () => {
    const deep = text('<text:span>'.repeat(5000) + '</text:span>'.repeat(5000))
    expect(await disarm(odf('text', { 'content.xml': deep }))).toEqual({ kind: 'cannot', reason: 'limit' })
  })

  test('markup that packs too well', async () => {
    expect(await disarm(odf('text', { 'content.xml': text('<text:p/>'.repeat(400_000)), 'x/padding.bin': randomBytes(5_000).toString('hex') }))).toEqual({ kind: 'cannot', reason: 'limit' })
  })

  test('attributes that no standard knows, in namespaces that are known', async () => {
    const { content: kept } = await rebuilt(odf('text', { 'content.xml': text('<text:p text:style-name="P1" text:evil="x" office:unknown="y" draw:code="z" table:database-name="d">a</text:p>') }), 'text')
    expect(kept).toContain('<text:p text:style-name="P1">a</text:p>')
  })

  test('many references are linear', () =>
    expectLinear(
      size => odf('text', { 'content.xml': text('<text:p><text:a xlink:href="https://a.example/">x</text:a></text:p>'.repeat(size)) }),
      bytes => odfDisarmer.disarm(disarmInput(bytes, type('text'), { limits: { outputBytes: 50_000_000 } })),
      3000,
    ))
})
