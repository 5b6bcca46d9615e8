import { Buffer } from 'node:buffer'
import { describe, expect, test } from 'vitest'
import { xmlDisarmer } from '../../../../core/disarm/xml-file.ts'
import { disarmerContract } from '../../../contract/disarmer.contract.ts'
import { disarmInput } from '../../../support/disarm.ts'
import { expectLinear } from '../../../support/linear.ts'

const disarm = async (xml: string | Uint8Array) =>
  xmlDisarmer.disarm(disarmInput(new Uint8Array(typeof xml === 'string' ? Buffer.from(xml) : xml), 'application/xml'))
async function rebuild(xml: string | Uint8Array) {
  const result = await disarm(xml)
  if (result.kind !== 'rebuilt') throw new Error(result.reason)
  return { ...result, text: Buffer.from(result.bytes).toString().replace(/^<\?xml[^>]*>\n/, '') }
}

const SAMPLE = '<?xml version="1.0"?><!DOCTYPE a SYSTEM "a.dtd"><?xml-stylesheet href="a.xsl"?><a xmlns="urn:a" xmlns:b="urn:b"><!-- c --><b:x b:y="1">z</b:x></a>'
disarmerContract('xmlDisarmer', { bytes: new Uint8Array(Buffer.from(SAMPLE)), detectedType: 'application/xml', tooFewBytes: 60 })

test('the index of an electronic delivery: Shift_JIS, external DTD, style sheet', async () => {
  const head = '<?xml version="1.0" encoding="Shift_JIS"?>\r\n<!DOCTYPE constdata SYSTEM "INDE_C04.DTD">\r\n<?xml-stylesheet type="text/xsl" href="INDE_C04.XSL"?>\r\n<constdata DTD_version="04"><name>'
  const xml = Buffer.concat([Buffer.from(head), Buffer.from('8d488e96967b', 'hex'), Buffer.from('</name></constdata>')])
  const { text, removed, bytes } = await rebuild(xml)
  expect(text).toBe('<constdata DTD_version="04"><name>工事本</name></constdata>')
  expect(removed).toEqual([{ what: 'documentTypes', count: 1 }, { what: 'actions', count: 1 }])
  expect(Buffer.from(bytes).toString()).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>/)
})

describe('namespaces keep their spelling', () => {
  test.each([
    ['<a xmlns="urn:x"><b>1 &lt; 2 &amp; 3</b></a>', '<a xmlns="urn:x"><b>1 &lt; 2 &amp; 3</b></a>'],
    ['<p:a xmlns:p="urn:x" p:b="1" c="2"/>', '<p:a p:b="1" c="2" xmlns:p="urn:x"></p:a>'],
    ['<a xmlns:iso4217="urn:iso">iso4217:JPY</a>', '<a xmlns:iso4217="urn:iso">iso4217:JPY</a>'],
    ['<a><![CDATA[<x>]]></a>', '<a>&lt;x&gt;</a>'],
  ])('%s', async (given, wanted) => expect((await rebuild(given)).text).toBe(wanted))
  test('elements without one are not drawn into the default one', async () => {
    const { text } = await rebuild('<a xmlns="urn:x"><b xmlns=""/></a>')
    expect(text).toMatch(/^<ns1:a xmlns:ns1="urn:x"><b><\/b><\/ns1:a>$/)
  })
})

describe('what acts is gone', () => {
  test.each([
    ['a script of XHTML', '<a xmlns:h="http://www.w3.org/1999/xhtml"><h:script>alert(1)</h:script><b/></a>'],
    ['a page inside', '<a><html xmlns="http://www.w3.org/1999/xhtml"><body onload="alert(1)"/></html><b/></a>'],
    ['a drawing', '<a><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg><b/></a>'],
    ['a transformation', '<a xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:stylesheet>alert(1)</xsl:stylesheet><b/></a>'],
    ['a link that runs', '<a xmlns:l="http://www.w3.org/1999/xlink"><b l:href=" java&#x73;cript:alert(1)"/></a>'],
  ])('%s', async (_, xml) => {
    const { text, removed } = await rebuild(xml)
    expect(text).not.toMatch(/alert|xhtml|2000\/svg|Transform/)
    expect(text).toContain('<b>')
    expect(removed).toEqual([{ what: 'scripts', count: 1 }])
  })
})

describe('kept back', () => {
  test.each([
    ['a Word document in one XML', '<pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage"/>', 'unsupported'],
    ['an Excel workbook of 2003', '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', 'unsupported'],
    ['a page as root', '<html xmlns="http://www.w3.org/1999/xhtml"/>', 'malformed'],
    ['entities', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 'malformed'],
    ['cut', '<a><b></b>', 'malformed'],
    ['deep', '<a>'.repeat(300) + '</a>'.repeat(300), 'limit'],
  ])('%s', async (_, xml, reason) => expect(await disarm(xml)).toEqual({ kind: 'cannot', reason }))
})

test('many declarations stay linear', () =>
  expectLinear(
    size => `<a>${Array.from({ length: size }, (_, i) => `<b xmlns:p${i}="urn:${i}" p${i}:x="1"/>`).join('')}</a>`,
    xml => disarm(xml),
    2000,
  ))
