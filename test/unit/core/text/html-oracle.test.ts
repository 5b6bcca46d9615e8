/** html-to-text, an independent converter, must find the same words in the same order in well-formed markup. */
import fc from 'fast-check'
import { convert } from 'html-to-text'
import { expect, test } from 'vitest'
import { htmlToText } from '../../../../core/text/html.ts'

const words = (text: string): string[] => text.match(/[a-z]+\d+/g) ?? []

const ours = (html: string): string[] => words(htmlToText(html, { links: 'remove', language: 'en', maxChars: 1_000_000 }).text)
const theirs = (html: string): string[] =>
  words(convert(html, { wordwrap: false, selectors: [{ selector: 'a', options: { ignoreHref: true } }, ...['h1', 'h2', 'h3'].map(selector => ({ selector, options: { uppercase: false } }))] }))

const INLINE = ['b', 'i', 'span', 'em', 'u']
const BLOCK = ['p', 'div', 'section', 'h1', 'h2', 'h3', 'blockquote', 'pre']

const phrase = fc.array(fc.tuple(fc.constantFrom(...INLINE, ''), fc.nat(999)), { minLength: 1, maxLength: 4 })
  .map(parts => parts.map(([tag, n]) => (tag === '' ? ` word${n} ` : ` <${tag}>word${n}</${tag}> `)).join(''))
const block = fc.tuple(fc.constantFrom(...BLOCK), phrase).map(([tag, inner]) => `<${tag}>${inner}</${tag}>`)
const list = fc.tuple(fc.constantFrom('ul', 'ol'), fc.array(phrase, { minLength: 1, maxLength: 4 })).map(([tag, items]) => `<${tag}>${items.map(item => `<li>${item}</li>`).join('')}</${tag}>`)
const table = fc.array(fc.array(phrase, { minLength: 2, maxLength: 3 }), { minLength: 1, maxLength: 3 })
  .map(rows => `<table border="1">${rows.map(row => `<tr>${row.map(cell => `<td> ${cell} </td>`).join('')}</tr>`).join('')}</table>`)

test('the same words in the same order', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(block, list, table), { maxLength: 12 }), pieces => {
      const html = `<html><body>${pieces.join('\n')}</body></html>`
      expect(ours(html)).toEqual(theirs(html))
    }),
    { numRuns: 200 },
  )
})

test.each([
  ['paragraphs', '<p>one</p><p>two</p>'],
  ['line breaks', '<p>one<br>two</p>'],
  ['headings and text', '<div>one</div><div>two</div><p>three</p>'],
  ['collapsing', '<p>one   two\n three</p>'],
])('the same lines: %s', (_name, html) => {
  expect(htmlToText(html, { links: 'keep', language: 'en', maxChars: 1000 }).text).toBe(convert(html, { wordwrap: false }))
})
