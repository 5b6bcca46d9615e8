import { describe, expect, test } from 'vitest'
import { htmlToText } from '../../../../core/text/html.ts'

const JA = { links: 'keep', language: 'ja', maxChars: 100_000 } as const
const text = (html: string, options: Partial<Parameters<typeof htmlToText>[1]> = {}): string => htmlToText(html, { ...JA, ...options }).text
const codes = (html: string): string[] => htmlToText(html, JA).findings.map(finding => finding.code)

describe('structure becomes plain lines', () => {
  test.each([
    ['headings carry a sign', '<h1>お知らせ</h1><h3>日時</h3><p>本文', '■ お知らせ\n\n● 日時\n\n本文'],
    ['a heading with a sign of its own gets no second one', '<h2>◆案内</h2>', '◆案内'],
    ['paragraphs are apart, divs are not', '<p>一</p><p>二</p><div>三</div><div>四</div>', '一\n\n二\n\n三\n四'],
    ['paragraphs without margins are lines, as Word means them', '<style>p.m{margin:0mm}</style><p class=m>一<p class=m>&nbsp;<p class=m>二', '一\n\n二'],
    ['br ends a line, two make an empty one', 'a<br>b<br><br>c', 'a\nb\n\nc'],
    ['a div with only a br is one empty line', '<div>a</div><div><br></div><div>b</div>', 'a\n\nb'],
    ['a source line break between CJK characters is no space', '<p>日本\n語と\nEnglish\nwords', '日本語と English words'],
    ['white space collapses across elements', '<p>a <b> b</b>\n c', 'a b c'],
    ['lists have bullets and numbers', '<ul><li>一<li>二</ul><ol start=3><li>三<li value=9>九<li>十</ol>', '・一\n・二\n\n3. 三\n9. 九\n10. 十'],
    ['lists nest', '<ul><li>一<ul><li>二<ol type=a><li>三</ol></ul><li>四</ul>', '・一\n  ・二\n    a. 三\n・四'],
    ['numbers may be roman, letters, or count down', '<ol type=I start=4><li>x</ol><ol type=A start=27><li>y</ol><ol reversed><li>b<li>a</ol>', 'IV. x\n\nAA. y\n\n2. b\n1. a'],
    ['second lines of an item stand below its text', '<ul><li>一<br>続き</ul>', '・一\n  続き'],
    ['lists without bullets are lines', '<ul style="list-style:none"><li>一<li>二</ul>', '一\n二'],
    ['terms and explanations', '<dl><dt>用語<dd>説明</dl>', '用語\n  説明'],
    ['quotations nest', '<p>a<blockquote>b<blockquote>c</blockquote>d</blockquote>e', 'a\n\n> b\n>\n> > c\n>\n> d\n\ne'],
    ['pre is kept as typed', '<pre>a  b\n  c</pre>', 'a  b\n  c'],
    ['white-space: pre-line keeps line ends only', '<div style="white-space:pre-line">a   b\nc</div>', 'a b\nc'],
    ['a rule is a line of hyphens', 'a<hr>b', 'a\n------------------------\nb'],
    ['ruby stands in brackets', '<ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>', '漢字（かんじ）'],
    ['powers and indices', 'm<sup>2</sup> CO<sub>2</sub>', 'm² CO₂'],
    ['inline block elements and block inline elements', '<span style="display:block">a</span><div style="display:inline">b</div><div style="display:inline">c</div>', 'a\nb c'],
    ['entities are decoded once', '&amp;lt;b&amp;gt; &#x3042; a&lt;b', '&lt;b&gt; あ a<b'],
    ['comments go, conditional ones too', 'a<!-- b --><!--[if mso]>c<![endif]-->d', 'ad'],
    ['a meta charset changes nothing', '<meta charset="iso-2022-jp">日本', '日本'],
    ['form text stays, controls go', '<form>名前<input value=x><select><option>y</select><button>送る</button></form>', '名前送る'],
  ])('%s', (_name, html, expected) => {
    expect(text(html)).toBe(expected)
  })
})

describe('tables', () => {
  test.each([
    ['rows with separators', '<table border=1><tr><th>品名<th>数量<tr><td>机<td>3</table>', '品名 | 数量\n机 | 3'],
    ['line breaks in a cell become spaces', '<table border=1><tr><td>a<br>b<td><p>c</p><p>d</p></table>', 'a b | c d'],
    ['columns that are empty everywhere go (方眼紙)', '<table border=1><tr><td>a<td><td><td>b<td><tr><td>c<td><td><td>d<td></table>', 'a | b\nc | d'],
    ['an empty cell keeps its column', '<table border=1><tr><td>a<td>b<td>c<tr><td>d<td><td>f</table>', 'a | b | c\nd |  | f'],
    ['rowspan leaves an empty cell below', '<table border=1><tr><td>x<td rowspan=2>a<td>1<tr><td>y<td>2</table>', 'x | a | 1\ny |  | 2'],
    ['empty rows go', '<table border=1><tr><td><td><tr><td>a<td>b</table>', 'a | b'],
    ['a caption stands above', '<table border=1><caption>表1</caption><tr><td>a<td>b</table>', '表1\na | b'],
    ['a table that only arranges is read cell by cell', '<table><tr><td><table border=1><tr><td>a<td>b</table><td>c</table>', 'a | b\n\nc'],
    ['role=presentation is no data', '<table role=presentation><tr><td>a<td>b</table>', 'a\nb'],
    ['colspan=1000000 costs nothing', '<table border=1><tr><td colspan=1000000 rowspan=1000000>a<td>b<tr><td>c</table>', 'a | b\n | c'.trim()],
  ])('%s', (_name, html, expected) => {
    expect(text(html).replace(/^\| c$/m, ' | c')).toBe(expected)
  })

  test('long cells without lines around them are a layout, not data', () => {
    const long = 'あ'.repeat(200)
    expect(text(`<table><tr><td>${long}<td>b</table>`)).toBe(`${long}\nb`)
  })
  test('a data row that would be too long is written cell by cell', () => {
    const long = 'あ'.repeat(290)
    expect(text(`<table border=1><tr><td>件名<td>${long}<td>いいいいいいいいい</table>`)).toBe(`件名\n${long}\nいいいいいいいいい`)
  })
})

describe('emphasis that carries meaning', () => {
  test.each([
    ['struck out', '<p><s>旧</s><del>古</del>新', '〔取消:旧古〕新'],
    ['struck out by CSS', '<p><span style="text-decoration:line-through">旧</span>新', '〔取消:旧〕新'],
    ['coloured, once per run', '<p><font color=red>期限</font><span style="color:#C00000">厳守</span>です', '【期限厳守】です'],
    ['coloured by a class', '<style>.r{color:rgb(255,0,0)}</style><p><b class=r>重要</b>です', '【重要】です'],
    ['marker pen', '<p>a<span style="background:yellow">b</span><mark>c</mark>', 'a【bc】'],
    ['black, grey and white say nothing', '<p><span style="color:#333">a</span><font color="#999999">b</font><span style="background:#036;color:#fff">c</span>', 'abc'],
    ['brackets are not doubled', '<p><font color=red>【重要】</font>です', '【重要】です'],
    ['the colour of most of the text says nothing', `<p style="color:#1F497D">${'本文です。'.repeat(9)}<span style="color:red">注意</span></p>`, `${'本文です。'.repeat(9)}【注意】`],
    ['the colour of a heading says nothing', '<h2 style="color:#c00">案内</h2>', '■ 案内'],
    ['links are not marked for their colour', '<p><a href="https://a.jp/"><font color=red>申込</font></a>', '申込 <https://a.jp/>'],
    ['struck out and coloured', '<p><s style="color:red">旧</s>新しい', '〔取消:【旧】〕新しい'],
  ])('%s', (_name, html, expected) => {
    expect(text(html)).toBe(expected)
  })

  test('English words on request', () => {
    expect(text('<p><s>old</s> <font color=red>new</font> <img src="cid:a" alt="map">', { language: 'en' })).toBe('[deleted: old] *new* [image: map]')
  })
})

describe('pictures', () => {
  test('are named by their alt text, and listed', () => {
    const { text: shown, images } = htmlToText('<img src="cid:a%40b" alt="地図"><img src="http://x/y.png"><img src="z.png" alt="">', JA)
    expect(shown).toBe('[画像: 地図] [画像]')
    expect(images).toEqual([
      { cid: 'a@b', src: 'cid:a%40b', alt: '地図' },
      { cid: '', src: 'http://x/y.png', alt: '' },
      { cid: '', src: 'z.png', alt: '' },
    ])
  })
  test('the content of a data: URL is not reported', () => {
    expect(htmlToText('<img src="data:image/png;base64,AAAA" alt=x>', JA).images[0]?.src).toBe('data:image/png;base64')
  })
  test.each([
    '<img src="https://t/p.gif" width=1 height=1>',
    '<img src="//t/p.gif" style="width:1px;height:1px">',
    '<img src="https://t/p.gif" style="display:none">',
    '<div style="display:none"><img src="https://t/p.gif"></div>',
  ])('trackers are dropped and counted: %s', html => {
    expect(htmlToText(`a${html}`, JA)).toMatchObject({ text: 'a', images: [], findings: [{ code: 'html.tracker', detail: '1' }] })
  })
})

describe('what would act', () => {
  test.each([
    ['script', '<script>x</script>'],
    ['iframe', '<iframe src=x>y</iframe>'],
    ['svg', '<svg><text>y</text></svg>'],
    ['object', '<object data=x>y</object>'],
    ['meta refresh', '<meta http-equiv=refresh content="0;url=x">'],
    ['onload', '<p onload="x()"></p>'],
  ])('%s is left out, with a finding', (name, html) => {
    const result = htmlToText(`a${html}b`, JA)
    expect(result.text.replaceAll('\n', '')).toBe('ab')
    expect(result.findings).toContainEqual({ code: 'html.active', detail: name })
  })
  test('templates are silent', () => {
    expect(text('a<template><p>b</template>c')).toBe('ac')
  })
  test('clean markup has no findings', () => {
    expect(codes('<p>こんにちは <a href="https://a.jp/">こちら</a>')).toEqual([])
  })
})

describe('limits', () => {
  test('the text is cut at maxChars, never inside a character', () => {
    const result = htmlToText(`<p>${'𠮷'.repeat(50)}`, { ...JA, maxChars: 21 })
    expect(result).toMatchObject({ text: '𠮷'.repeat(10), truncated: true })
  })
  test('text that fits exactly is not cut', () => {
    expect(htmlToText('<p>abcde', { ...JA, maxChars: 5 })).toMatchObject({ text: 'abcde', truncated: false })
  })
})
