import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { htmlDisarmer } from '../../../../core/disarm/html-file.ts'
import { attribute, following, parseHtml } from '../../../../core/text/html-tree.ts'
import { disarmerContract } from '../../../contract/disarmer.contract.ts'
import { disarmInput, type InputChanges } from '../../../support/disarm.ts'
import { expectLinear } from '../../../support/linear.ts'

const disarm = async (html: string | Uint8Array, changes: InputChanges = {}) =>
  htmlDisarmer.disarm(disarmInput(new Uint8Array(typeof html === 'string' ? Buffer.from(html) : html), 'text/html', changes))
async function rebuild(html: string | Uint8Array, changes: InputChanges = {}) {
  const result = await disarm(html, changes)
  if (result.kind !== 'rebuilt') throw new Error(result.reason)
  const page = Buffer.from(result.bytes).toString()
  return { ...result, page, body: /<body>(.*)<\/body>/s.exec(page)![1]!.replaceAll('\r\n', '\n') }
}

disarmerContract('htmlDisarmer', {
  bytes: new Uint8Array(Buffer.from('<title>題</title><script>x</script><pre>\n\n1</pre><p onclick=x>a<b>b</p>c</b><table><tr><td>1</table><a href="http://x.example/">l</a>')),
  detectedType: 'text/html',
  tooFewBytes: 100,
  runs: 60,
})

describe('what shows stays', () => {
  test.each([
    ['<h1>題</h1><ul><li>一<li>二</ul>', '<h1>題</h1><ul><li>一</li><li>二</li></ul>'],
    ['<table border=1><tr><td colspan=2 bgcolor="#ff0000">a', '<table border="1"><tbody><tr><td colspan="2" bgcolor="#ff0000">a</td></tr></tbody></table>'],
    ['<ruby>漢<rt>かん</rt></ruby>', '<ruby>漢<rt>かん</rt></ruby>'],
    ['<p style="color:red; text-decoration: line-through; position:fixed">x', '<p style="color: red; text-decoration: line-through">x</p>'],
    ['<span style="color: rgb(255, 0, 0)">x</span>', '<span style="color: rgb(255, 0, 0)">x</span>'],
    ['<a href="https://town.example.jp/?a=1&amp;b=2">x</a>', '<a href="https://town.example.jp/?a=1&amp;b=2" rel="noreferrer noopener">x</a>'],
    ['<a href="#top">x</a><p id="top">', '<a href="#top">x</a><p id="top"></p>'],
    ['a &lt;b&gt; &amp; "c"', 'a &lt;b&gt; &amp; &quot;c&quot;'],
  ])('%s', async (html, wanted) => {
    const { body, removed } = await rebuild(html)
    expect([body, removed]).toEqual([wanted, []])
  })
  test('a page of Shift_JIS by its own word', async () => {
    const { body, page } = await rebuild(Buffer.concat([Buffer.from('<meta charset=Shift_JIS><title>'), Buffer.from('93fa967b', 'hex'), Buffer.from('</title>'), Buffer.from('8cea', 'hex')]))
    expect([body, page.includes('<title>日本</title>')]).toEqual(['語', true])
  })
  test('a picture that stands in the page, coded anew', async () => {
    const picture = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } }).withExif({ IFD0: { Copyright: 'secret' } }).jpeg().toBuffer()
    const { body, removed } = await rebuild(`<img alt="印" src="data:image/jpeg;base64,${picture.toString('base64')}">`)
    expect(body).toMatch(/^<img src="data:image\/jpeg;base64,[A-Za-z0-9+/=]+" alt="印">$/)
    expect(Buffer.from(body, 'latin1').toString()).not.toContain(picture.toString('base64').slice(0, 80))
    expect(removed).toEqual([])
  })
})

describe('as text, where the policy wants it', () => {
  const asText = (html: string) => disarm(html, { forms: { html: 'text', zipNames: 'utf-8' } })
  test('what a reader sees, in a text file; everything else is told', async () => {
    const result = await asText('<title>題</title><h1>見出し</h1><p>本文<b>太字</b><br>次の行<p style="display:none">隠し</p><script>alert(1)</script><a href="https://town.example.jp/x">役場</a><img src="http://track.example/1.gif" onerror=x>')
    if (result.kind !== 'rebuilt') throw new Error(result.reason)
    const text = Buffer.from(result.bytes).toString()
    expect([result.mediaType, result.extension, text[0]]).toEqual(['text/plain', 'txt', '\ufeff'])
    for (const words of ['見出し', '本文太字\r\n次の行', '役場', 'https://town.example.jp/x']) expect(text).toContain(words)
    expect(text).not.toMatch(/<(?!https:)|alert|隠し|onerror/)
    expect(result.removed.map(({ what }) => what)).toEqual(expect.arrayContaining(['scripts', 'remoteContent']))
  })
  test('markup that stands in the text as text is no markup', async () => {
    const result = await asText('<p>&lt;script&gt;x&lt;/script&gt;')
    expect(result.kind === 'rebuilt' && Buffer.from(result.bytes).toString()).toContain('<script>x</script>')
    expect(result).toMatchObject({ mediaType: 'text/plain' })
  })
  test.each(['', '<script>x</script>', '<p style="display:none">x'])('a page that shows nothing is kept back: %j', async html =>
    expect(await asText(html)).toEqual({ kind: 'cannot', reason: 'malformed' }))
  test('never more than may come out', async () =>
    expect(await disarm('a'.repeat(5000), { forms: { html: 'text', zipNames: 'utf-8' }, limits: { outputBytes: 1000 } })).toEqual({ kind: 'cannot', reason: 'limit' }))
})

describe('what acts is gone and told', () => {
  test.each([
    ['<script>alert(1)</script>x', 'scripts'],
    ['<p onclick="alert(1)">x', 'scripts'],
    ['<a href="java\nscript:alert(1)">x</a>', 'scripts'],
    ['<a href="&#x6A;avascript:alert(1)">x</a>', 'scripts'],
    ['<iframe src="http://x.example/" srcdoc="<script>alert(1)</script>"></iframe>x', 'remoteContent'],
    ['<img src="http://x.example/t.gif">x', 'remoteContent'],
    ['<object data="x.swf"><p>x</p></object>x', 'oleObjects'],
    ['<embed src="x">x', 'oleObjects'],
    ['<form action="http://x.example/"><b>x</b></form>', 'forms'],
    ['x<input type=password>', 'forms'],
    ['<video src="x"></video>x', 'media'],
    ['<svg><script>alert(1)</script></svg>x', 'vectorPictures'],
    ['<style>@import "http://x.example/";</style>x', 'layout'],
    ['<link rel=stylesheet href="http://x.example/a.css">x', 'layout'],
    ['<meta http-equiv=refresh content="0;url=http://x.example/">x', 'actions'],
    ['<base href="http://x.example/">x', ''],
    ['<a href="file:///c:/x.exe">x</a>', 'hyperlinks'],
    ['<a href="search-ms:query=x">x</a>', 'hyperlinks'],
    ['<img src="data:image/svg+xml;base64,PHN2Zz4=">x', 'pictures'],
  ])('%s', async (html, what) => {
    const { body, removed } = await rebuild(html)
    expect(body).not.toMatch(/alert|x\.example|script|file:|search-ms|svg/)
    expect(body).toContain('x')
    expect(removed.map(each => each.what)).toEqual(what === '' ? [] : [what])
  })
  test('links go where the setting says so', async () => {
    const { body, removed } = await rebuild('<a href="https://x.example/">x</a>', { rules: { hyperlinks: 'remove' } })
    expect([body, removed]).toEqual(['<a>x</a>', [{ what: 'hyperlinks', count: 1 }]])
  })
})

const SAFE_TAGS = /^(?:html|head|body|meta|title|#text|#document|a|b|p|i|u|div|table|tbody|tr|td|img|font|pre|span)$/

test('whatever the markup, a browser finds nothing in the output but what is on the list, and the output is stable', () => {
  const piece = fc.constantFrom(
    '<b>', '</b>', '<p>', '</p>', '<table>', '<tr>', '<td>', '</table>', '<svg>', '</svg>', '<math>', '<mtext>', '<mglyph>', '<style>', '</style>', '<!--', '-->',
    '<title>', '</title>', '<noscript>', '<textarea>', '<xmp>', '<plaintext>', '<a href="javascript:x">', '<img src=x onerror=alert(1)>', '<script>', '</script>',
    '<template>', '<select>', '<foreignObject>', '<annotation-xml encoding="text/html">', '"', "'", '<font color=red>', '<pre>\n', 'text', '&lt;script&gt;', '<![CDATA[', ']]>', '\0', '<i title="<script>">',
  )
  return fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 25 }), async pieces => {
      const { bytes, page } = await rebuild(pieces.join(''))
      const { document } = parseHtml(page)
      for (let node = document.first; node; node = following(node, document, true)) {
        expect(node.tag).toMatch(SAFE_TAGS)
        for (const { name } of node.attributes) expect(name).not.toMatch(/^on|^srcdoc$|^action$/)
        expect(attribute(node, 'href') ?? '').not.toMatch(/^javascript/i)
      }
      expect((await rebuild(bytes)).removed).toEqual([])
    }),
    { numRuns: 300 },
  )
})

test.each([
  ['deep', (size: number) => '<div>'.repeat(size)],
  ['unclosed', (size: number) => '<b>x'.repeat(size)],
  ['tables', (size: number) => '<table><tr><td>'.repeat(size / 10)],
  ['attributes', (size: number) => `<p style="${'color:red;'.repeat(size)}">`],
])('%s stay linear', (_, make) => expectLinear(size => make(size), html => disarm(html), 4000))
