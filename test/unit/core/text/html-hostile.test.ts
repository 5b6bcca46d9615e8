import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { htmlToText } from '../../../../core/text/html.ts'
import { expectLinear } from '../../../support/linear.ts'

const OPTIONS = { links: 'defang', language: 'ja', maxChars: 10_000_000 } as const

const SHAPES: Record<string, (n: number) => string> = {
  'nested div': n => '<div>'.repeat(n),
  'nested div and p': n => '<div><p>x'.repeat(n / 2),
  'unclosed b': n => '<b>'.repeat(n),
  'unclosed b, each its own, then paragraphs': n => ids(n / 4) + '<p>x'.repeat(n / 2),
  'unclosed b, each its own, then i': n => ids(n / 4) + '<i></i>'.repeat(n / 2),
  'adoption agency': n => '<b><div>'.repeat(n / 2) + '</b>'.repeat(n / 2),
  'one huge attribute, reopened': n => `<b x="${'y'.repeat(n)}">` + '<div></b>'.repeat(n / 4),
  'nested tables': n => '<table><tr><td>x'.repeat(n / 4),
  'nested a in tables': n => '<a href=https://x/>a<table><td>'.repeat(n / 8),
  'foster parenting': n => '<table>' + '<hr>'.repeat(n),
  'attributes on html': n => Array.from({ length: n / 4 }, (_, i) => `<html a${i}=1>`).join(''),
  'many attributes': n => `<p ${Array.from({ length: n }, (_, i) => 'a' + i).join(' ')}>x`,
  'colspan and rowspan': n => '<table border=1>' + '<tr><td colspan=1000000 rowspan=1000000>x<td>y'.repeat(n / 8),
  'less-than signs': n => '<'.repeat(n * 4),
  'white space': n => `x${' '.repeat(n * 4)}x`,
  'nested quotations': n => '<blockquote>x'.repeat(n / 4),
  'nested lists': n => '<ul><li>x'.repeat(n / 4),
  'runs of colour': n => '<font color=red>あ</font>い'.repeat(n / 4),
  'braces in a sheet': n => `<style>${'{'.repeat(n * 4)}</style>x`,
  'groups in a sheet': n => `<style>${'@media x{'.repeat(n)}</style>x`,
  'rules in a sheet': n => `<style>${'.a{color:red}'.repeat(n)}</style><p class=a>x`,
  'URLs': n => 'https://a.b/ '.repeat(n / 2),
  'links': n => '<a href="https://a.example/">b.example</a>'.repeat(n / 8),
}

function ids(count: number): string {
  return Array.from({ length: count }, (_, i) => `<b id=${i}>`).join('')
}

describe('hostile markup takes linear time', () => {
  test.each(Object.keys(SHAPES))('%s', shape => {
    expectLinear(SHAPES[shape]!, html => htmlToText(html, OPTIONS), 16_000)
  })
})

test('50,000 nested elements, 100,000 unclosed ones and 3,000 nested tables lose no text', () => {
  expect(htmlToText('<div>'.repeat(50_000) + 'x', OPTIONS)).toMatchObject({ text: 'x', findings: [{ code: 'html.too-complex' }] })
  expect(htmlToText('<b>'.repeat(100_000) + 'x', OPTIONS).text).toBe('x')
  expect(htmlToText('<table><tr><td>x'.repeat(3_000), OPTIONS).text.replace(/\s/g, '')).toBe('x'.repeat(3_000))
})

test('the simpler reading still sees lists, links and scripts', () => {
  const html = '<div>'.repeat(600) + '<script>a<b</script><ul><li>一<li>二</ul><a href="https://evil.example/">bank.jp</a>'
  const result = htmlToText(html, OPTIONS)
  expect(result.text).toContain('・一\n・二')
  expect(result.text).not.toContain('a<b')
  expect(result.findings.map(finding => finding.code)).toContain('link.mismatch')
})

test('6 MB of text come through whole', () => {
  const text = 'これは長い本文です。'.repeat(600_000)
  expect(htmlToText(`<p>${text}</p>`, OPTIONS).text.length).toBe(text.length)
})

const TOKENS = [
  '<div>', '</div>', '<p>', '<b>', '</b>', '<a href="https://x.example/">', '<a href="javascript:x">', '</a>', '<table>', '<tr>', '<td>', '<td rowspan=3>',
  '</table>', '<ul>', '<li>', '</ul>', '<ol start=-5>', '<blockquote>', '</blockquote>', '<pre>', '</pre>', '<style>p{display:none}</style>', '<svg>',
  '</svg>', '<math><mi>', '<template>', '</template>', '<select>', '<option>', '<br>', '<hr>', '<h1>', '</h1>', '<font color=red>', '<s>', '</s>',
  '<script>', '</script>', '<!--', '-->', '<![CDATA[', ']]>', '<frameset>', '<plaintext>', '<title>', '</title>', '<img alt=x>', '&amp;', '&#0;', '\0',
  '<', '>', '"', '日本', 'abc', '\n', ' ', 'https://a.b/c', 'www.a.b', '<dd>', '<ruby>', '<rt>', '<area href=//x alt=y>', '<html>', '<body>', '</body>',
]

test('any sequence of tags is converted, without a throw, tab-free of markup of ours', () => {
  const markup = fc.array(fc.oneof(fc.constantFrom(...TOKENS), fc.string({ maxLength: 5 })), { maxLength: 60 }).map(parts => parts.join(''))
  fc.assert(
    fc.property(markup, fc.constantFrom('keep', 'defang', 'remove'), (html, links) => {
      const result = htmlToText(html, { links, language: 'ja', maxChars: 500 })
      expect(result.text.length).toBeLessThanOrEqual(500)
      expect(result.text).not.toMatch(/\n{4}|[ ]\n|\n$/)
      if (links !== 'keep') expect(result.text).not.toMatch(/https?:\/\/[a-z]/i)
    }),
    { numRuns: 500 },
  )
})
