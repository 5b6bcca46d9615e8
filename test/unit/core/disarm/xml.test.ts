/** Untrusted XML: read in one way, bounded, and written again from what a rule understood. */
import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readXml, type XmlOptions } from '../../../../core/disarm/xml.ts'
import { filterXml, type XmlFilter } from '../../../../core/disarm/xml-filter.ts'
import { XmlWriter } from '../../../../core/disarm/xml-write.ts'
import { expectLinear } from '../../../support/linear.ts'

const eventsOf = (source: string | Uint8Array, options: XmlOptions = { doctype: 'refuse' }) => {
  const events: string[] = []
  const read = readXml(
    typeof source === 'string' ? Buffer.from(source) : source,
    {
      open: ({ namespace, local, attributes }) =>
        events.push([`<{${namespace}}${local}`, ...attributes.map(each => `{${each.namespace}}${each.local}=${each.value}`)].join(' ')),
      text: text => events.push(text),
      close: () => events.push('>'),
    },
    options,
  )
  return read.kind === 'read' ? events : read.reason
}

const KEPT = new Set(['a', 'b', 't'])
const filterOf = (changes: Partial<XmlFilter> = {}): XmlFilter => ({
  doctype: 'refuse',
  outputLength: 1e6,
  element: ({ local, attributes }) => (local === 'through' ? 'unwrap' : KEPT.has(local) ? attributes.filter(each => each.local === 'id') : 'drop'),
  ...changes,
})
const filtered = (source: string, changes: Partial<XmlFilter> = {}) => {
  const result = filterXml(Buffer.from(source), filterOf(changes))
  return result.kind === 'filtered' ? result.bytes.toString().replace(/^<\?xml[^>]*>\n/, '') : result.reason
}

describe('reading', () => {
  test('prefixes become what they stand for, declarations are no attributes', () =>
    expect(eventsOf('<p:a xmlns:p="urn:x" xmlns="urn:d" p:k="1" k="2"><b xmlns=""/></p:a>')).toEqual([
      '<{urn:x}a {urn:x}k=1 {}k=2', '<{}b', '>', '>',
    ]))

  test('CDATA is text, comments and instructions are left behind', () =>
    expect(eventsOf('<?x y?><a><!-- c --><![CDATA[<b>&amp;]]>&lt;&#65;</a><!-- d -->')).toEqual(['<{}a', '<b>&amp;', '<A', '>']))

  test.each([
    ['UTF-16 with a mark', Buffer.from('\ufeff<a>字</a>', 'utf16le'), ['<{}a', '字', '>']],
    ['UTF-8 with a mark', Buffer.from('\ufeff<a>字</a>'), ['<{}a', '字', '>']],
    ['Shift_JIS where it is not asked for', Buffer.from('<?xml version="1.0" encoding="Shift_JIS"?><a>\x8e\x9a</a>', 'latin1'), 'malformed'],
    ['octets that are not UTF-8', Buffer.from('<a>\x8e\x9a</a>', 'latin1'), 'malformed'],
    ['a charset nobody knows', Buffer.from('<?xml version="1.0" encoding="utf-7"?><a/>'), 'malformed'],
  ])('%s', (_, bytes, expected) => expect(eventsOf(bytes)).toEqual(expected))

  test('Shift_JIS where the caller takes it', () =>
    expect(
      eventsOf(Buffer.from('<?xml version="1.0" encoding="Shift_JIS"?><a>\x8e\x9a</a>', 'latin1'), { doctype: 'drop', legacyCharsets: true }),
    ).toEqual(['<{}a', '字', '>']))

  test.each([
    ['a document type', '<!DOCTYPE a SYSTEM "http://x/y.dtd"><a/>'],
    ['an entity of its own', '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'],
    ['an undeclared prefix', '<p:a/>'],
    ['xml bound to something', '<a xmlns:xml="urn:x"/>'],
    ['the namespace of declarations', '<a xmlns:q="http://www.w3.org/2000/xmlns/"/>'],
    ['a prefix taken back', '<a xmlns:q=""/>'],
    ['two colons', '<a:b:c xmlns:a="urn:x"/>'],
    ['one attribute by two prefixes', '<a xmlns:p="urn:x" xmlns:q="urn:x" p:k="1" q:k="2"/>'],
    ['an attribute twice', '<a k="1" k="2"/>'],
    ['a prefix declared twice', '<a xmlns:p="u:1" xmlns:p="u:2"/>'],
    ['a default namespace declared twice', '<a xmlns="u:1" xmlns="u:1"/>'],
    ['two roots', '<a/><a/>'],
    ['text behind the root', '<a/>x'],
    ['an end that is missing', '<a><b></b>'],
    ['ends in the wrong order', '<a><b></a></b>'],
    ['a character that XML has not', '<a>&#1;</a>'],
    ['nothing', ''],
  ])('%s is malformed', (_, source) => expect(eventsOf(source)).toBe('malformed'))

  test('a document type may be dropped, its entities do not exist', () => {
    const source = '<!DOCTYPE a SYSTEM "A.DTD" [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>'
    expect(eventsOf(`${source}x</a>`, { doctype: 'drop' })).toEqual(['<{}a', 'x', '>'])
    expect(eventsOf(`${source}&e;</a>`, { doctype: 'drop' })).toBe('malformed')
  })

  test.each([
    ['depth', '<a>'.repeat(300_000)],
    ['attributes', `<a ${Array.from({ length: 2000 }, (_, index) => `k${index}="1"`).join(' ')}/>`],
    ['length of a name', `<${'a'.repeat(1000)}/>`],
  ])('%s has a limit', (_, source) => expect(eventsOf(source)).toBe('limit'))

  test('never throws, not even when the handler does', () => {
    const failing = { open: () => { throw new Error('no') }, text: () => {}, close: () => {} }
    expect(readXml(Buffer.from('<a/>'), failing, { doctype: 'refuse' })).toEqual({ kind: 'cannot', reason: 'malformed' })
    fc.assert(fc.property(fc.array(fc.constantFrom('<', 'a', '>', '/', '&', ';', '"', '=', ' ', '!', '[', ']', '?', ':', '-'), { maxLength: 40 }), pieces => {
      eventsOf(pieces.join(''), { doctype: 'drop' })
    }))
  })

  test.each([
    ['elements', '<b k="1">x</b>'],
    ['declarations', '<b xmlns:p="urn:p"><p:c/></b>'],
    ['entities', '&amp;'],
  ])('is linear in %s', (_, unit) =>
    expectLinear(count => Buffer.from(`<a>${unit.repeat(count)}</a>`), bytes => eventsOf(bytes), 8_000))
})

describe('filtering', () => {
  test('what is not understood is gone with everything inside', () =>
    expect(filtered('<a id="1" onload="x"><b>text</b><script>no<b/></script><through><t> y </t></through></a>')).toBe(
      '<a id="1"><b>text</b><t> y </t></a>',
    ))

  test('namespaces are declared once, at the root, by prefixes of our own', () =>
    expect(filtered('<evil:a xmlns:evil="urn:one"><b xmlns="urn:two" evil:id="2"/></evil:a>', { prefixOf: ns => (ns === 'urn:one' ? 'one' : undefined) })).toBe(
      '<one:a xmlns:one="urn:one" xmlns:ns1="urn:two"><ns1:b one:id="2"></ns1:b></one:a>',
    ))

  test('blanks and special characters survive, xml:space with them', () =>
    expect(
      filtered('<a id="&lt;&#10;&quot;"><t xml:space="preserve"> &amp; ]]&gt;&#13; </t></a>', { element: element => element.attributes }),
    ).toBe('<a id="&lt;&#10;&quot;"><t xml:space="preserve"> &amp; ]]&gt;&#13; </t></a>'))

  test('a root that is not understood gives nothing', () => expect(filtered('<script/>')).toBe('malformed'))

  test('stops at its output limit', () => expect(filtered(`<a>${'<b/>'.repeat(1000)}</a>`, { outputLength: 500 })).toBe('limit'))

  test('its own output comes out unchanged', () =>
    fc.assert(
      fc.property(fc.array(fc.constantFrom('<b>', '<t id="&quot;&#9;">', '</b>', '</t>', 'x', '&amp;', '<c/>', '<p:b xmlns:p="urn:p"/>'), { maxLength: 12 }), pieces => {
        const once = filtered(`<a>${pieces.join('')}</a>`)
        if (once !== 'malformed') expect(filtered(once)).toBe(once)
      }),
    ))
})

test('what was written between two marks can be taken back', () => {
  const writer = new XmlWriter()
  writer.open('', 'a')
  const from = writer.mark()
  writer.open('', 'b')
  writer.text('gone')
  writer.close()
  const to = writer.mark()
  writer.text('stays')
  writer.takeBack(from, to)
  writer.close()
  expect(writer.finish().toString()).toBe('<?xml version="1.0" encoding="UTF-8"?>\n<a>stays</a>')
})

test('prefixes are numbered in order, and again after what was rolled back', () => {
  const writer = new XmlWriter()
  writer.open('urn:a', 'a')
  const mark = writer.mark()
  for (const namespace of ['urn:b', 'urn:c']) {
    writer.open(namespace, 'b')
    writer.close()
  }
  writer.rollBack(mark)
  writer.open('urn:d', 'd')
  writer.close()
  writer.close()
  expect(writer.finish().toString()).toMatch(/<ns1:a xmlns:ns1="urn:a" xmlns:ns2="urn:d"><ns2:d><\/ns2:d><\/ns1:a>$/)
})

test('many namespaces cost linear time', () =>
  expectLinear(
    count => Array.from({ length: count }, (_, index) => `urn:${index}`),
    namespaces => {
      const writer = new XmlWriter()
      for (const namespace of namespaces) writer.prefixFor(namespace)
    },
    10_000,
  ))
