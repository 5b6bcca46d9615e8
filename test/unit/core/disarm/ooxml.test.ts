/** OOXML: what stays, what goes, and that nothing goes unsaid. */
import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { InputChanges } from '../../../support/disarm.ts'
import { detect } from '../../../../core/media/detect.ts'
import { isHarmlessFormula } from '../../../../core/disarm/ooxml/formulas.ts'
import { filterMarkup } from '../../../../core/disarm/ooxml/markup.ts'
import { ooxmlDisarmer } from '../../../../core/disarm/ooxml/ooxml.ts'
import type { ObjectRules } from '../../../../core/objects.ts'
import { disarmerContract } from '../../../contract/disarmer.contract.ts'
import { disarmInput } from '../../../support/disarm.ts'
import { expectLinear } from '../../../support/linear.ts'
import { A, DOCX, docx, P, PPTX, partsOf, pptx, relationships, W, X, XLSX, xlsx } from '../../../support/ooxml.ts'

const FIXTURES = 'test/fixtures/disarm/ooxml/'
const fixture = (name: string) => new Uint8Array(readFileSync(`${FIXTURES}${name}`))

const rebuild = async (bytes: Uint8Array, type: string, changes: InputChanges = {}) => {
  const result = await ooxmlDisarmer.disarm(disarmInput(bytes, type, changes))
  if (result.kind === 'cannot') throw new Error(result.reason)
  const removed = Object.fromEntries(result.removed.map(({ what, count }) => [what, count]))
  return { ...result, parts: partsOf(result.bytes), removed }
}
const rules = (given: ObjectRules): InputChanges => ({ rules: given })
const wordOf = async (body: string, ...more: [...Parameters<typeof docx> extends [string, ...infer Rest] ? Rest : never, InputChanges?]) => {
  const [links = [], parts = {}, changes = {}] = more
  const result = await rebuild(docx(body, links, parts), DOCX, changes)
  return { ...result, body: /<w:body>(.*)<\/w:body>/s.exec(result.parts.get('word/document.xml')!)![1] }
}
const sheetOf = async (...given: Parameters<typeof xlsx>) => {
  const result = await rebuild(xlsx(...given), XLSX)
  return { ...result, sheet: result.parts.get('xl/worksheets/sheet1.xml')!, book: result.parts.get('xl/workbook.xml')! }
}
const everything = (parts: ReadonlyMap<string, string>) => [...parts].flat().join('\n')

disarmerContract('ooxmlDisarmer', { bytes: new Uint8Array(docx('<w:p><w:r><w:t>本文</w:t></w:r></w:p>')), detectedType: DOCX, tooFewBytes: 300, runs: 60 })

const PROGRAMS = ['docx-js.docx', 'writer.docx', 'shapes.docx', 'python-docx.docx', 'xlsxwriter.xlsx', 'calc.xlsx', 'exceljs.xlsx', 'openpyxl.xlsx', 'pptxgenjs.pptx', 'impress.pptx']

describe('files of real programs', () => {
  const textOf = (bytes: Uint8Array) =>
    [...partsOf(bytes)]
      .filter(([name]) => /^(?:word|xl|ppt)\//.test(name) && !/stylesWithEffects|embeddings/.test(name))
      .flatMap(([, part]) => [...part.matchAll(/<(?:\w+:)?(?:t|v)(?: [^>]*)?>([^<]+)</g)]
          .map(match => match[1]!.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))))
      .sort()

  test.each(PROGRAMS)('%s keeps its text, and is rebuilt to itself', async name => {
    const bytes = fixture(name)
    const { type } = await detect(bytes, { size: bytes.length, name, claimedType: '' })
    const once = await rebuild(bytes, type)
    expect(textOf(once.bytes)).toEqual(textOf(bytes))
    const again = await rebuild(once.bytes, once.mediaType)
    expect(again.removed).toEqual({})
    expect(again.bytes).toEqual(once.bytes)
    expect(once.removed).not.toHaveProperty('unknownParts')
  })

  test('squared paper keeps its look and its rules', async () => {
    const { parts } = await rebuild(fixture('xlsxwriter.xlsx'), XLSX)
    const [sheet, book] = [parts.get('xl/worksheets/sheet1.xml')!, parts.get('xl/workbook.xml')!]
    for (const each of ['<mergeCell ref="A1:F2">', '<dataValidation ', '<sheetProtection ', '<cols>', '<conditionalFormatting ', '<tablePart ', '<autoFilter ', 'x14:sparkline', '<pane ', 'hidden="1"']) {
      expect(sheet).toContain(each)
    }
    expect(book).toContain('_xlnm.Print_Area')
    expect(book).toContain('_xlnm.Print_Titles')
    expect(book).toContain('state="hidden"')
    expect([...parts.keys()].filter(part => part.startsWith('xl/charts/'))).toHaveLength(9)
    expect(everything(parts)).not.toMatch(/WEBSERVICE|file:|ひみつ|Auto_Open|<f>'\[1\]/)
  })

  test('damage never throws, never gives the input back', () => {
    const samples = ['writer.docx', 'openpyxl.xlsx'].map(fixture)
    return fc.assert(
      fc.asyncProperty(fc.nat(1), fc.array(fc.tuple(fc.nat(1 << 20), fc.nat(255)), { minLength: 1, maxLength: 20 }), async (which, changes) => {
        const bytes = samples[which]!.slice()
        for (const [at, value] of changes) bytes[at % bytes.length] = value
        const result = await ooxmlDisarmer.disarm(disarmInput(bytes, which === 0 ? DOCX : XLSX))
        if (result.kind === 'rebuilt') expect(Buffer.from(result.bytes).equals(bytes)).toBe(false)
      }),
      { numRuns: 150 },
    )
  })
})

describe('kinds of files', () => {
  test.each([
    ['word.document', 'docx'], ['word.template', 'dotx'],
  ])('%s with macros becomes %s', async (kind, extension) => {
    const bytes = docx('<w:p/>', [{ id: 'rId9', type: 'http://schemas.microsoft.com/office/2006/relationships/vbaProject', target: 'vbaProject.bin' }], { 'word/vbaProject.bin': 'VBA' })
    const result = await rebuild(bytes, `application/vnd.ms-${kind}.macroenabled.12`)
    expect(result).toMatchObject({ extension, removed: { macros: 1 } })
    expect(everything(result.parts)).not.toMatch(/vba|macroEnabled/i)
    expect(result.parts.get('[Content_Types].xml')).toContain(`${result.mediaType}.main+xml`)
  })

  test('Strict files stay Strict', async () => {
    const strict = (text: string) => text.replaceAll('http://schemas.openxmlformats.org/wordprocessingml/2006/main', 'http://purl.oclc.org/ooxml/wordprocessingml/main').replaceAll('http://schemas.openxmlformats.org/officeDocument/2006/relationships', 'http://purl.oclc.org/ooxml/officeDocument/relationships')
    const bytes = docx(strict(`<w:document ${W} w:conformance="strict"><w:body><w:p><w:r><w:t>厳密</w:t></w:r></w:p></w:body></w:document>`), [], {
      '_rels/.rels': strict(relationships([{ id: 'rId1', type: 'officeDocument', target: 'word/document.xml' }])),
    })
    const { parts, removed } = await rebuild(bytes, DOCX)
    expect(parts.get('word/document.xml')).toContain('purl.oclc.org/ooxml/wordprocessingml/main" w:conformance="strict"'.slice(0, 40))
    expect(parts.get('_rels/.rels')).toContain('purl.oclc.org')
    expect(removed).toEqual({})
  })

  test.each([
    ['xlsb', 'application/vnd.ms-excel.sheet.binary.macroenabled.12', 'unsupported'],
    ['no package', DOCX, 'malformed'],
  ])('%s cannot be rebuilt', async (_, type, reason) =>
    expect(await ooxmlDisarmer.disarm(disarmInput(Buffer.from('PK no'), type))).toEqual({ kind: 'cannot', reason }))

  test.each([
    ['a document type', '<!DOCTYPE w:document [<!ENTITY e SYSTEM "file:///etc/passwd">]><w:document/>'],
    ['another root', `<w:settings ${W}/>`],
    ['markup that breaks off', `<w:document ${W}><w:body>`],
  ])('%s in the main part is malformed', async (_, content) =>
    expect(await ooxmlDisarmer.disarm(disarmInput(docx('<w:p/>', [], { 'word/document.xml': content }), DOCX))).toEqual({ kind: 'cannot', reason: 'malformed' }))

  test('octets behind the package are left behind', async () =>
    expect((await rebuild(Buffer.concat([docx('<w:p/>'), Buffer.from('MZ')]), DOCX)).removed).toEqual({ trailingData: 1 }))
})

const field = (instruction: string) =>
  `<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>${instruction}<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>result</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>`
const code = (text: string) => `<w:r><w:instrText>${text}</w:instrText></w:r>`

describe('fields', () => {
  test.each(['DDE', 'DDEAUTO', 'INCLUDETEXT', 'INCLUDEPICTURE', 'LINK', 'IMPORT', 'DATABASE', 'RD', 'MACROBUTTON', 'AUTOTEXT', 'AUTOTEXTLIST', 'EMBED', 'CONTROL', 'HTMLCONTROL', 'PRINT', 'ADDIN', 'PRIVATE', 'NOBODYKNOWS'])(
    '%s goes, its result stays',
    async name => {
      const { body, removed } = await wordOf(field(code(` ${name} c:\\\\windows\\\\x "y" `)))
      expect(removed).toEqual({ dynamicFields: 1 })
      expect(body).toMatch(/<w:t>result<\/w:t>/)
      expect(body).not.toMatch(/fldChar|instrText|windows/)
    },
  )
  test.each([['split over runs', code('DD') + code('EAU') + code('TO cmd /c calc')], ['in lower case', code('ddeauto cmd')], ['computed by a field', field(code('QUOTE 68 68 69')).replace(/<\/?w:p>/g, '') + code(' cmd "/c calc"')]])(
    'DDE %s goes', async (_, instruction) => {
      const { body, removed } = await wordOf(field(instruction))
      expect(removed).toEqual({ dynamicFields: 1 })
      expect(body).not.toMatch(/fldChar|instrText|cmd|calc/)
      expect(body!.match(/result/g)).toHaveLength(1)
    })
  test.each(['PAGE', ' NUMPAGES \\* MERGEFORMAT ', 'TOC \\o "1-3" \\h', 'REF _Ref1 \\h', 'SEQ 図 \\* ARABIC', 'EQ \\o\\ad(\\s\\up 11(かん),漢)', '= 1+2', 'HYPERLINK "https://example.jp/" \\o "x"', 'HYPERLINK \\l "place"', 'FORMTEXT'])('%s stays', async instruction => {
    const { body, removed } = await wordOf(field(code(instruction)))
    expect(removed).toEqual({})
    expect(body).toContain('w:fldCharType="separate"')
  })
  test('a link whose address is computed goes', async () => {
    const inner = field(code('QUOTE 102')).replace(/<\/?w:p>/g, '')
    expect((await wordOf(field(`${code('HYPERLINK "')}${inner}${code('"')}`))).removed).toEqual({ externalLinks: 1 })
  })
  test.each([
    ['no namespace', 'instr="PAGE" w:instr="DDEAUTO cmd"'],
    ['another namespace', 'xmlns:q="urn:q" q:instr="PAGE" w:instr="DDEAUTO cmd"'],
    ['the other spelling', 'xmlns:q="http://purl.oclc.org/ooxml/wordprocessingml/main" q:instr="PAGE" w:instr="DDEAUTO cmd"'],
  ])('an instruction of the same name in %s hides nothing', async (_, attributes) => {
    const { body, removed } = await wordOf(`<w:p><w:fldSimple ${attributes}><w:r/></w:fldSimple></w:p>`)
    expect(removed).toEqual({ dynamicFields: 1 })
    expect(body).toBe('<w:p><w:r></w:r></w:p>')
  })
  test('fldSimple is judged as well', async () => {
    const { body, removed } = await wordOf('<w:p><w:fldSimple w:instr="DDEAUTO cmd"><w:r><w:t>old</w:t></w:r></w:fldSimple><w:fldSimple w:instr="PAGE"><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p>')
    expect(removed).toEqual({ dynamicFields: 1 })
    expect(body).toBe('<w:p><w:r><w:t>old</w:t></w:r><w:fldSimple w:instr="PAGE"><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p>')
  })
  test('a field that never ends is judged all the same', async () =>
    expect((await wordOf(`<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>${code('DDEAUTO cmd')}</w:p>`)).body).toBe('<w:p><w:r></w:r><w:r></w:r></w:p>'))
  test('form fields lose the macros that they call, and go where forms go', async () => {
    const body = field(code('FORMTEXT')).replace('<w:fldChar w:fldCharType="begin"/>', '<w:fldChar w:fldCharType="begin"><w:ffData><w:entryMacro w:val="Evil"/></w:ffData></w:fldChar>')
    expect((await wordOf(body)).removed).toEqual({ macros: 1 })
    expect((await wordOf(field(code('FORMTEXT')), [], {}, rules({ forms: 'remove' }))).removed).toEqual({ forms: 1 })
  })
})

describe('links', () => {
  const link = (target: string, type = 'hyperlink') => wordOf('<w:p><w:hyperlink r:id="rId5"><w:r><w:t>here</w:t></w:r></w:hyperlink></w:p>', [{ id: 'rId5', type, target, external: true }])
  test.each([['https://example.jp/a?b=1&amp;c', {}], ['mailto:a@example.jp', {}], ['file:///c:/x.exe', { externalLinks: 1 }], ['\\\\host\\share\\x', { externalLinks: 1 }], ['javascript:alert(1)', { scripts: 1 }], ['ms-msdt:/id', { scripts: 1 }], ['x.docx', { externalLinks: 1 }]])(
    '%s', async (target, removed) => {
      const result = await link(target)
      expect(result.removed).toEqual(removed)
      expect(result.body).toContain('<w:t>here</w:t>')
      expect(result.body!.includes('w:hyperlink')).toBe(Object.keys(removed).length === 0)
    })
  test('go where links go, but for places in the document', async () => {
    const result = await wordOf('<w:p><w:hyperlink r:id="rId5"><w:r><w:t>out</w:t></w:r></w:hyperlink><w:hyperlink w:anchor="b"><w:r><w:t>in</w:t></w:r></w:hyperlink></w:p>', [{ id: 'rId5', type: 'hyperlink', target: 'https://a.jp/', external: true }], {}, rules({ hyperlinks: 'remove' }))
    expect(result.removed).toEqual({ hyperlinks: 1 })
    expect(result.body).toBe('<w:p><w:r><w:t>out</w:t></w:r><w:hyperlink w:anchor="b"><w:r><w:t>in</w:t></w:r></w:hyperlink></w:p>')
  })
  test.each(['attachedTemplate', 'frame', 'oleObject', 'package', 'subDocument', 'aFChunk', 'externalLinkPath', 'mailMergeSource', 'slide', 'worksheet', 'styles'])('%s from outside goes', async type => {
    const result = await wordOf('<w:p/>', [{ id: 'rId5', type, target: 'http://evil.example/t.dotm', external: true }])
    expect(result.removed).toEqual({ externalLinks: 1 })
    expect(everything(result.parts)).not.toContain('evil')
  })
  test('a template beside the settings goes', async () => {
    const parts = {
      'word/settings.xml': `<w:settings ${W} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><w:attachedTemplate r:id="rId1"/><w:zoom w:percent="90"/></w:settings>`,
      'word/_rels/settings.xml.rels': relationships([{ id: 'rId1', type: 'attachedTemplate', target: 'http://evil.example/t.dotm', external: true }]),
    }
    const result = await wordOf('<w:p/>', [{ id: 'rId2', type: 'settings', target: 'settings.xml' }], parts)
    expect(result.removed).toEqual({ externalLinks: 1 })
    expect(result.parts.get('word/settings.xml')).toMatch(/<w:zoom w:percent="90">/)
    expect(everything(result.parts)).not.toMatch(/evil|attachedTemplate/)
  })
  test('a picture from outside goes', async () =>
    expect((await wordOf(`<w:p><w:r><w:drawing><a:blip r:link="rId5"/></w:drawing></w:r></w:p>`, [{ id: 'rId5', type: 'image', target: 'http://evil.example/p.png', external: true }])).removed).toEqual({ remoteContent: 1 }))
})

describe('sheets', () => {
  const cell = (formula: string) => sheetOf(`<sheetData><row r="1"><c r="A1" t="str"><f>${formula}</f><v>7</v></c></row></sheetData>`)
  test.each(['WEBSERVICE("http://e")', '_xlfn.WEBSERVICE(A1)', 'CALL("k","w","JC")', 'REGISTER.ID("k","w")', 'RTD("p",,"t")', "cmd|'/c calc'!A0", "'cmd|/c calc'!A0", '[1]Sheet1!A1', "'[1]S 1'!A1", "'C:\\x\\[b.xlsx]S'!A1", 'HYPERLINK("file:///x")', 'HYPERLINK("http"&amp;A1)', 'EXEC("calc")', 'EVALUATE("1")', 'MYADDIN(1)', 'IMAGE("http://e")', 'SUM(A1) + xl4.Call ("x")', 'T1[a] + CALL("x")', '"a" &amp; "'])(
    '%s loses its formula, not its value', async formula => {
      const { sheet, removed } = await cell(formula)
      expect(removed).toEqual({ formulas: 1 })
      expect(sheet).toContain('<c r="A1" t="str"><v>7</v></c>')
    })
  test.each(['SUM(A1:B2)', 'IF(A1="CALL(x)","[1]",\'見積 1\'!B1)', '_xlfn.XLOOKUP(A1,B:B,C:C)', 'SUM(表[金額 (円)])', 'SUM(T1[[#This Row],[a]])', '_xlfn.LET(_xlpm.x,1,_xlpm.x+1)', 'HYPERLINK("https://a.jp/","x")', 'HYPERLINK("#S!A1")', 'PHONETIC(A1)', 'A1&amp;"x""y"'])('%s stays', async formula => {
    const { sheet, removed } = await cell(formula)
    expect(removed).toEqual({})
    expect(sheet).toContain(`<f>${formula}</f>`)
  })
  test('with a shared formula go all that share it', async () => {
    const { sheet, removed } = await sheetOf('<sheetData><row r="1"><c r="A1"><f t="shared" si="0" ref="A1:A2">RTD("x")</f><v>1</v></c><c r="A2"><f t="shared" si="0"/><v>2</v></c><c r="A3"><f t="shared" si="1" ref="A3:A4">1+1</f><v>2</v></c></row></sheetData>')
    expect(removed).toEqual({ formulas: 2 })
    expect(sheet).toContain('<c r="A1"><v>1</v></c><c r="A2"><v>2</v></c><c r="A3"><f t="shared" si="1" ref="A3:A4">1+1</f>')
  })
  test('validation, formats and names that reach outside become an error', async () => {
    const { sheet, book, removed } = await sheetOf('<dataValidations><dataValidation type="list" sqref="A1"><formula1>[1]S!A1</formula1></dataValidation></dataValidations>', { book: '<definedNames><definedName name="n">[2]S!A1</definedName><definedName name="ok">S!$A$1</definedName></definedNames>' })
    expect(removed).toEqual({ formulas: 2 })
    expect(sheet).toContain('<formula1>#REF!</formula1>')
    expect(book).toContain('<definedName name="n">#REF!</definedName><definedName name="ok">S!$A$1</definedName>')
  })
  test('a place in another workbook is no place to go to', async () => {
    const { sheet, removed } = await sheetOf('<hyperlinks><hyperlink ref="A1" location="S!A1"/><hyperlink ref="A2" location="\'\\\\host\\[b.xlsx]S\'!A1"/></hyperlinks>')
    expect(removed).toEqual({ externalLinks: 1 })
    expect(sheet).toContain('<hyperlinks><hyperlink ref="A1" location="S!A1"></hyperlink></hyperlinks>')
  })
  test('macro sheets go with their names, numbers of sheets follow', async () => {
    const { book, removed, parts } = await sheetOf('', {
      sheets: '<sheet name="M" sheetId="2" state="veryHidden" r:id="rId2"/><sheet name="T" sheetId="3" r:id="rId3"/>',
      book: '<definedNames><definedName name="_xlnm.Auto_Open" hidden="1">M!$A$1</definedName><definedName name="m" xlm="1" function="1">M!$A$1</definedName><definedName name="a" localSheetId="1">1</definedName><definedName name="b" localSheetId="2">2</definedName></definedNames>',
      links: [{ id: 'rId2', type: 'http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet', target: 'macrosheets/sheet1.xml' }, { id: 'rId3', type: 'worksheet', target: 'worksheets/sheet3.xml' }],
      parts: { 'xl/macrosheets/sheet1.xml': '<x/>', 'xl/worksheets/sheet3.xml': `<worksheet ${X}/>` },
    })
    expect(removed).toEqual({ macros: 3 })
    expect(book).not.toContain('name="M"')
    expect(book).toContain('<definedNames><definedName name="b" localSheetId="1">2</definedName></definedNames>')
    expect([...parts.keys()].join()).not.toContain('macro')
  })
  test.each([['connections', 'dataConnections'], ['externalLink', 'externalLinks'], ['xmlMaps', 'dataConnections'], ['customXml', 'customData'], ['vendorThing', 'unknownParts']])('%s goes', async (type, kind) => {
    const { removed, parts } = await sheetOf('', { links: [{ id: 'rId7', type, target: 'other.xml' }], parts: { 'xl/other.xml': '<x>payload</x>' } })
    expect(removed).toEqual({ [kind]: 1 })
    expect(everything(parts)).not.toContain('payload')
  })
  test('controls go, comments stay', async () => {
    const vml = `<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:x="urn:schemas-microsoft-com:office:excel"><v:shape id="n" style="width:9pt;behavior:url(x)"><v:textbox><div style="text-align:left"><br></div></v:textbox><x:ClientData ObjectType="Note"><x:Row>1</x:Row></x:ClientData></v:shape><v:shape id="b"><x:ClientData ObjectType="Button"><x:FmlaMacro>Evil</x:FmlaMacro></x:ClientData></v:shape></xml>`
    const { removed, parts } = await sheetOf('<legacyDrawing r:id="rId1"/>', { parts: { 'xl/worksheets/_rels/sheet1.xml.rels': relationships([{ id: 'rId1', type: 'vmlDrawing', target: '../drawings/v.vml' }]), 'xl/drawings/v.vml': vml } })
    expect(removed).toEqual({ controls: 1 })
    const drawing = parts.get('xl/drawings/vmlDrawing1.vml')!
    expect(drawing).toContain('ObjectType="Note"')
    expect(drawing).not.toMatch(/Evil|behavior|id="b"/)
  })
  test('a pivot table from elsewhere goes, one of this workbook stays', async () => {
    const pivots = async (cache: string) => {
      const { removed, parts } = await sheetOf('', {
        book: '<pivotCaches><pivotCache cacheId="1" r:id="rId4"/></pivotCaches>',
        links: [{ id: 'rId4', type: 'pivotCacheDefinition', target: 'pivotCache/c.xml' }],
        parts: {
          'xl/pivotCache/c.xml': `<pivotCacheDefinition ${X}><cacheSource ${cache}</cacheSource></pivotCacheDefinition>`,
          'xl/worksheets/_rels/sheet1.xml.rels': relationships([{ id: 'rId1', type: 'pivotTable', target: '../pivotTables/p.xml' }]),
          'xl/pivotTables/p.xml': `<pivotTableDefinition ${X} name="p" cacheId="1"/>`,
          'xl/pivotTables/_rels/p.xml.rels': relationships([{ id: 'rId1', type: 'pivotCacheDefinition', target: '../pivotCache/c.xml' }]),
        },
      })
      return { removed, isKept: [...parts.keys()].some(name => name.includes('pivot')) }
    }
    expect(await pivots('type="worksheet"><worksheetSource ref="A1:B2" sheet="S"/>')).toEqual({ removed: {}, isKept: true })
    expect(await pivots('type="external" connectionId="1">')).toEqual({ removed: { dataConnections: 1 }, isKept: false })
  })
})

const FRAME = (object: string) => `<p:graphicFrame><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/presentationml/2006/ole">${object}</a:graphicData></a:graphic></p:graphicFrame>`

describe('slides', () => {
  test('an object becomes its picture', async () => {
    const shapes = FRAME('<mc:AlternateContent><mc:Choice Requires="v"><p:oleObj r:id="rId8" progId="Package"><p:embed/></p:oleObj></mc:Choice><mc:Fallback><p:oleObj r:id="rId8"><p:embed/><p:pic><p:blipFill><a:blip r:embed="rId9"/></p:blipFill></p:pic></p:oleObj></mc:Fallback></mc:AlternateContent>').replace('<mc:Choice', '<mc:Choice xmlns:v="urn:schemas-microsoft-com:vml"')
    const bytes = pptx(shapes, [{ id: 'rId8', type: 'oleObject', target: '../embeddings/o.bin' }, { id: 'rId9', type: 'image', target: '../media/i.emf' }], { 'ppt/embeddings/o.bin': 'payload', 'ppt/media/i.emf': 'emf' })
    const { parts, removed } = await rebuild(bytes, PPTX)
    expect(removed).toEqual({ oleObjects: 2, vectorPictures: 1 })
    expect(parts.get('ppt/slides/slide1.xml')).toMatch(/<p:spTree><p:pic><p:blipFill><a:blip r:embed="rId9"><\/a:blip><\/p:blipFill><\/p:pic><\/p:spTree>/)
    expect(everything(parts)).not.toMatch(/payload|oleObj/)
    expect([...parts.keys()]).toContain('ppt/media/image1.png')
  })
  test('clicks that run something go, clicks to a slide stay', async () => {
    const click = (action: string) => `<p:sp><p:nvSpPr><p:cNvPr id="1" name=""><a:hlinkClick r:id="" action="${action}"/></p:cNvPr></p:nvSpPr></p:sp>`
    const { parts, removed } = await rebuild(pptx(click('ppaction://program') + click('ppaction://macro?name=x') + click('ppaction://hlinkshowjump?jump=nextslide') + click('ppaction://hlinkfile')), PPTX)
    expect(removed).toEqual({ actions: 3 })
    expect(parts.get('ppt/slides/slide1.xml')!.match(/ppaction[^"]*/g)).toEqual(['ppaction://hlinkshowjump?jump=nextslide'])
  })
  test('sound, video and commands go', async () => {
    const shapes = `<p:pic><p:nvPicPr><p:cNvPr id="1" name=""/><p:nvPr><a:videoFile r:link="rId7"/></p:nvPr></p:nvPicPr></p:pic>`
    const { parts, removed } = await rebuild(pptx(shapes, [{ id: 'rId7', type: 'video', target: '../media/m.mp4' }], { 'ppt/media/m.mp4': 'payload' }), PPTX)
    expect(removed).toEqual({ media: 1 })
    expect(everything(parts)).not.toMatch(/payload|videoFile/)
  })
  test('an animation that commands something goes whole', async () => {
    const slide = (step: string) => pptx('', [], { 'ppt/slides/slide1.xml': `<p:sld ${P} ${A}><p:cSld><p:spTree/></p:cSld><p:timing><p:tnLst><p:par><p:cTn id="1"><p:childTnLst>${step}</p:childTnLst></p:cTn></p:par></p:tnLst></p:timing></p:sld>` })
    const commanded = await rebuild(slide('<p:cmd type="call" cmd="verb(0)"/>'), PPTX)
    expect(commanded.removed).toEqual({ actions: 1 })
    expect(commanded.parts.get('ppt/slides/slide1.xml')).not.toContain('p:timing')
    expect((await rebuild(slide('<p:set/>'), PPTX)).parts.get('ppt/slides/slide1.xml')).toContain('<p:set>')
  })
})

describe('documents', () => {
  test('an object becomes its picture', async () => {
    const body = '<w:p><w:r><w:object><v:shape xmlns:v="urn:schemas-microsoft-com:vml" id="s" style="width:9pt"><v:imagedata r:id="rId9"/></v:shape><o:OLEObject xmlns:o="urn:schemas-microsoft-com:office:office" Type="Embed" ProgID="Package" r:id="rId8"/></w:object></w:r></w:p>'
    const result = await wordOf(body, [{ id: 'rId8', type: 'oleObject', target: 'embeddings/o.bin' }, { id: 'rId9', type: 'image', target: 'media/i.wmf' }], { 'word/embeddings/o.bin': 'payload', 'word/media/i.wmf': 'x' })
    expect(result.removed).toEqual({ oleObjects: 1, vectorPictures: 1 })
    expect(result.body).toContain('<v:imagedata r:id="rId9">')
    expect(everything(result.parts)).not.toMatch(/payload|OLEObject/)
  })
  test('an embedded document is rebuilt, or goes where embedded files go', async () => {
    const inner = docx('<w:p><w:r><w:t>中</w:t></w:r></w:p>', [{ id: 'rId9', type: 'http://schemas.microsoft.com/office/2006/relationships/vbaProject', target: 'vbaProject.bin' }], { 'word/vbaProject.bin': 'VBA' })
    const body = '<w:p><w:r><w:object><o:OLEObject xmlns:o="urn:schemas-microsoft-com:office:office" Type="Embed" ProgID="Word.Document.12" r:id="rId8"/></w:object></w:r></w:p>'
    const links = [{ id: 'rId8', type: 'package', target: 'embeddings/inner.docm' }]
    const kept = await wordOf(body, links, { 'word/embeddings/inner.docm': inner })
    expect(kept.parts.has('word/embeddings/file1.docx')).toBe(true)
    expect(kept.body).toContain('<o:OLEObject')
    const gone = await wordOf(body, links, { 'word/embeddings/inner.docm': inner }, rules({ embeddedFiles: 'remove' }))
    expect(gone.removed).toEqual({ embeddedFiles: 1 })
    expect(gone.body).not.toContain('<o:OLEObject')
  })
  test.each([['control', 'controls'], ['font', 'fonts'], ['customXml', 'customData'], ['glossaryDocument', 'customData'], ['aFChunk', 'embeddedFiles'], ['recipientData', 'dataConnections']])('%s goes', async (type, kind) => {
    const result = await wordOf('<w:p/>', [{ id: 'rId7', type, target: 'other.bin' }], { 'word/other.bin': 'payload' })
    expect(result.removed).toEqual({ [kind]: 1 })
    expect(everything(result.parts)).not.toContain('payload')
  })
  test('of the program only a usual name and a version stay, wherever the properties stand', async () => {
    const properties = (inside: string) => ({
      '_rels/.rels': relationships([{ id: 'rId1', type: 'extended-properties', target: 'docProps/app.xml' }, { id: 'rId2', type: 'officeDocument', target: 'word/document.xml' }]),
      'docProps/app.xml': `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">${inside}</Properties>`,
    })
    const usual = '<Application>Microsoft Office Word</Application><AppVersion>12.0000</AppVersion>'
    const result = await wordOf('<w:p/>', [], properties(`<Company>ひみつ</Company>${usual}<Manager>x</Manager>`))
    expect([result.removed, result.parts.get('docProps/app.xml')?.includes(`>${usual}</Properties>`)]).toEqual([{ metadata: 1 }, true])
    expect(everything(result.parts)).not.toContain('ひみつ')
    expect((await wordOf('<w:p/>', [], properties(usual))).removed).toEqual({})
    for (const odd of ['<Application>calc.exe</Application><AppVersion>1.0</AppVersion>', '<Application>Microsoft Excel</Application><AppVersion>x</AppVersion>']) {
      expect((await wordOf('<w:p/>', [], properties(odd))).removed).toEqual({ metadata: 1 })
    }
    expect((await wordOf('<w:p/>', [], properties(usual), rules({ metadata: 'keep' }))).removed).toEqual({})
  })
  test('signatures and properties go, properties stay where metadata is kept', async () => {
    const parts = {
      '_rels/.rels': relationships([{ id: 'rId1', type: 'officeDocument', target: 'word/document.xml' }, { id: 'rId2', type: 'http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/origin', target: '_xmlsignatures/origin.sigs' }, { id: 'rId3', type: 'http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties', target: 'docProps/core.xml' }]),
      '_xmlsignatures/origin.sigs': '',
      'docProps/core.xml': '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>ひみつ</dc:creator></cp:coreProperties>',
    }
    const gone = await wordOf('<w:p/>', [], parts)
    expect(gone.removed).toEqual({ signatures: 1, metadata: 1 })
    expect(everything(gone.parts)).not.toContain('ひみつ')
    expect((await wordOf('<w:p/>', [], parts, rules({ metadata: 'keep' }))).parts.get('docProps/core.xml')).toContain('<dc:creator>ひみつ</dc:creator>')
  })
  test('comments and revisions by rule', async () => {
    const body = '<w:p><w:commentRangeStart w:id="1"/><w:ins w:id="2" w:author="甲"><w:r><w:t>new</w:t></w:r></w:ins><w:del w:id="3" w:author="甲"><w:r><w:delText>old</w:delText></w:r></w:del><w:r><w:commentReference w:id="1"/></w:r></w:p>'
    const parts = { 'word/comments.xml': `<w:comments ${W}><w:comment w:id="1" w:author="乙"><w:p><w:r><w:t>hm</w:t></w:r></w:p></w:comment></w:comments>` }
    const links = [{ id: 'rId3', type: 'comments', target: 'comments.xml' }]
    const kept = await wordOf(body, links, parts)
    expect(kept.removed).toEqual({})
    expect(kept.parts.get('word/comments.xml')).toContain('乙')
    const gone = await wordOf(body, links, parts, rules({ comments: 'remove', revisions: 'remove' }))
    expect(gone.removed).toEqual({ comments: 1, revisions: 2 })
    expect(gone.body).toBe('<w:p><w:r><w:t>new</w:t></w:r><w:r></w:r></w:p>')
  })
  test('phonetic guides stay', async () => {
    const ruby = '<w:p><w:r><w:ruby><w:rubyPr><w:rubyAlign w:val="distributeSpace"></w:rubyAlign><w:hps w:val="10"></w:hps></w:rubyPr><w:rt><w:r><w:t>かん</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>漢</w:t></w:r></w:rubyBase></w:ruby></w:r></w:p>'
    expect((await wordOf(ruby)).body).toBe(ruby)
  })
  test('of alternatives those stay that need nothing unknown', async () => {
    const box = '<mc:AlternateContent><mc:Choice xmlns:s="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" Requires="s"><w:drawing><s:wsp><s:txbx><w:txbxContent><w:p><w:r><w:t>箱</w:t></w:r></w:p></w:txbxContent></s:txbx></s:wsp></w:drawing></mc:Choice><mc:Fallback><w:pict/></mc:Fallback></mc:AlternateContent>'
    const result = await wordOf(`<w:p><w:r>${box}<mc:AlternateContent><mc:Choice xmlns:q="urn:q" Requires="q"><q:evil/></mc:Choice><mc:Fallback><w:t>plain</w:t></mc:Fallback></mc:AlternateContent></w:r></w:p>`)
    expect(result.body).toContain('<mc:Choice Requires="wps"><w:drawing><wps:wsp>')
    expect(result.body).toMatch(/<w:pict><\/w:pict><\/mc:Fallback><\/mc:AlternateContent><w:t>plain<\/w:t><\/w:r>/)
  })
  test('a choice of which nothing is understood leaves its place to the fallback', async () => {
    const result = await wordOf('<w:p><w:r><mc:AlternateContent><mc:Choice xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main" Requires="a14"><q:ink xmlns:q="urn:q"/></mc:Choice><mc:Fallback><w:t>ink</w:t></mc:Fallback></mc:AlternateContent></w:r></w:p>')
    expect(result.body).toBe('<w:p><w:r><w:t>ink</w:t></w:r></w:p>')
  })
  test('a drawing of which nothing is understood is not there', async () =>
    expect((await wordOf('<w:p><w:r><w:drawing><a:graphic><a:graphicData uri="urn:q"><q:x xmlns:q="urn:q"/></a:graphicData></a:graphic></w:drawing></w:r></w:p>')).body).toBe('<w:p><w:r></w:r></w:p>'))
  test('what nobody knows is gone and said', async () => {
    const result = await wordOf('<w:p><w:r onload="x"><w:t>a</w:t><w:evil><w:t>b</w:t></w:evil><x:y xmlns:x="urn:z"/></w:r>stray</w:p><w:altChunk r:id="rId1"/>', [], { 'word/orphan.bin': 'payload' })
    expect(result.body).toBe('<w:p><w:r><w:t>a</w:t></w:r></w:p>')
    expect(result.removed).toEqual({ unknownParts: 3 })
  })
  test('pictures that cannot be re-encoded leave a frame behind', async () => {
    const body = `<w:p><w:r><w:drawing><a:blip r:embed="rId5"/></w:drawing></w:r></w:p>`
    const result = await wordOf(body, [{ id: 'rId5', type: 'image', target: 'media/evil.exe' }], { 'word/media/evil.exe': 'MZ payload' })
    expect(result.removed).toEqual({ pictures: 1 })
    expect(everything(result.parts)).not.toMatch(/payload|evil/)
    expect(result.parts.get('word/_rels/document.xml.rels')).toContain('/word/media/image1.png')
  })
})

test('markup that packs well does not buy more work than its octets are worth', async () => {
  const bomb = docx('<w:p/>'.repeat(400_000), [], { 'x/padding.bin': randomBytes(20_000) })
  expect(await ooxmlDisarmer.disarm(disarmInput(bomb, DOCX, { limits: { outputBytes: 64 << 20 } }))).toEqual({ kind: 'cannot', reason: 'limit' })
})

describe('the work is linear', () => {
  const rules = { keepComments: true, keepRevisions: true, keepLinks: true, keepForms: true }
  const context = { roots: ['w:document'], links: new Map(), rules, outputLength: 1 << 26, work: { namesLeft: Number.POSITIVE_INFINITY }, count() {} }
  test.each([
    ['runs', '<w:p><w:r><w:t>x</w:t></w:r></w:p>'],
    ['fields', field(code('PAGE'))],
    ['fields that go', field(code('DDE'))],
    ['fields that never end', '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r></w:p>'],
  ])('in %s', (_, unit) =>
    expectLinear(
      count => Buffer.from(`<w:document ${W}><w:body>${unit.repeat(count)}</w:body></w:document>`),
      bytes => filterMarkup(bytes, context),
      500,
    ))
  test('in brackets and quotes of a formula', () =>
    expectLinear(count => 'T[['.repeat(count), text => isHarmlessFormula(text, { keepLinks: true }), 2000))
})
