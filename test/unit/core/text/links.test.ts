import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { htmlToText } from '../../../../core/text/html.ts'
import { labelContradicts } from '../../../../core/text/link-label.ts'
import { defang, linkTarget, showTarget } from '../../../../core/text/links.ts'

describe('defang', () => {
  test.each([
    ['https', '詳細は https://www.example.jp/a.html?b=c.d を', '詳細は hxxps://www[.]example[.]jp/a.html?b=c.d を'],
    ['http, any case', 'HTTP://Example.JP', 'hxxp://Example[.]JP'],
    ['ftp', 'ftp://f.example/x', 'fxp://f[.]example/x'],
    ['www', '（www.example.jp）と www.a.b.', '（www[.]example[.]jp）と www[.]a[.]b.'],
    ['Japanese right behind', 'https://example.jp/をご覧ください。https://a.jpです', 'hxxps://example[.]jp/をご覧ください。hxxps://a[.]jpです'],
    ['internationalized host', 'https://日本語.jp/', 'hxxps://日本語[.]jp/'],
    ['user information stays visible', 'https://bank.jp@evil.example/', 'hxxps://bank[.]jp[@]evil[.]example/'],
    ['port', 'http://a.jp:8080/', 'hxxp://a[.]jp:8080/'],
    ['other schemes', 'file://server/share ms-word://x', 'file[:]//server/share ms-word[:]//x'],
    ['UNC path', 'は \\\\server\\share です', 'は [\\\\]server\\share です'],
    ['glued to letters', 'xhttps://a.jp/', 'xhxxps://a[.]jp/'],
    ['sentence end', 'https://a.jp. 次', 'hxxps://a[.]jp. 次'],
    ['mail addresses and bare domains stay', 'a@example.jp example.jp 3://4', 'a@example.jp example.jp 3[:]//4'],
    ['no host, no link', 'http:// と https://。', 'http:// と https://。'],
  ])('%s', (_name, text, expected) => {
    expect(defang(text, 'defang')).toBe(expected)
    expect(defang(expected, 'defang')).toBe(expected)
  })

  test.each([
    ['見て https://www.example.jp/a?b=(c). 次', '見て [URL www[.]example[.]jp]. 次'],
    ['https://example.jp/をご覧', '[URL example[.]jp]をご覧'],
    ['(www.a.jp/x)', '([URL www[.]a[.]jp])'],
    ['https://bank.jp@evil.example/x', '[URL evil[.]example]'],
  ])('remove: %s', (text, expected) => {
    expect(defang(text, 'remove')).toBe(expected)
    expect(defang(expected, 'remove')).toBe(expected)
  })

  test('keep changes nothing', () => {
    expect(defang('https://a.jp/ www.b.jp', 'keep')).toBe('https://a.jp/ www.b.jp')
  })

  test('is stable, and leaves no web link', () => {
    const piece = fc.constantFrom('http', 'https', '://', 'www.', 'a.jp', '/', '.', '@', '\\\\', ' ', '日本', '[', ']', 'ftp', ':', '(', 'hxxp', '。')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 15 }), fc.constantFrom('defang', 'remove'), (parts, policy) => {
        const once = defang(parts.join(''), policy)
        expect(defang(once, policy)).toBe(once)
        expect(once).not.toMatch(/(?:https?|ftp):\/\/[a-z]/i)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('linkTarget', () => {
  const web = (url: string, host: string, disguised = false) => ({ kind: 'web', url, host, disguised })
  test.each([
    ['https://www.example.jp', web('https://www.example.jp/', 'www.example.jp')],
    [' \thttps://a.jp/x\ny', web('https://a.jp/xy', 'a.jp')],
    ['https://bank.jp@evil.example/', web('https://evil.example/', 'evil.example', true)],
    ['https://bank.jp%2f@evil.example/', web('https://evil.example/', 'evil.example', true)],
    ['https:\\\\evil.example\\x', web('https://evil.example/x', 'evil.example')],
    ['//evil.example/x', web('https://evil.example/x', 'evil.example')],
    ['http://日本語.jp/道', web('http://xn--wgv71a119e.jp/%E9%81%93', 'xn--wgv71a119e.jp')],
    ['http://0x7f.1/', web('http://127.0.0.1/', '127.0.0.1')],
    ['http://a.jp/"<b>', web('http://a.jp/%22%3Cb%3E', 'a.jp')],
    ['mailto:a%40b.jp?subject=x', { kind: 'mail', address: 'a@b.jp' }],
    ['tel:03-1234-5678', { kind: 'phone', number: '03-1234-5678' }],
    ['javascript:alert(1)', { kind: 'active', scheme: 'javascript' }],
    [' java\nscript:alert(1)', { kind: 'active', scheme: 'javascript' }],
    ['\u0001JavaScript:x', { kind: 'active', scheme: 'javascript' }],
    ['data:text/html,x', { kind: 'active', scheme: 'data' }],
    ['vbscript:x', { kind: 'active', scheme: 'vbscript' }],
    ['file:///c:/x', { kind: 'active', scheme: 'file' }],
    ['\\\\server\\share', { kind: 'active', scheme: 'unc' }],
    ['ms-word:ofe|u|https://x/', { kind: 'active', scheme: 'ms-word' }],
    ['#top', { kind: 'none' }],
    ['page.html', { kind: 'none' }],
    ['cid:x', { kind: 'none' }],
    ['https://', { kind: 'none' }],
    ['', { kind: 'none' }],
  ])('%s', (href, expected) => {
    expect(linkTarget(href)).toEqual(expected)
  })
  test('a base resolves relative links, as a browser would', () => {
    expect(linkTarget('x', 'https://evil.example/a/')).toEqual(web('https://evil.example/a/x', 'evil.example'))
    expect(linkTarget('#x', 'https://evil.example/a/')).toEqual({ kind: 'none' })
  })
  test('any href gives printable ASCII, and never an active scheme', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl()), href => {
        const target = linkTarget(href)
        expect(showTarget(target, 'keep')).toMatch(/^(?:|<(?:(?:https?|ftp):\/\/|tel:|[^:<>]*@)[\x20-\x7e]*>|<[\x21-\x7e]+@[\x21-\x7e]*>)$/)
      }),
    )
  })
})

describe('labels that say another host', () => {
  const contradicts = (label: string, href: string): boolean => labelContradicts(label, linkTarget(href))
  test.each([
    ['https://bank.jp/', 'https://evil.example/'],
    ['bank.co.jp', 'https://evil.example/'],
    ['詳細は https://bank.jp/login をクリック', 'https://evil.example/bank.jp'],
    ['www.bank.jp', 'https://bank.jp.evil.example/'],
    ['ｗｗｗ．ｂａｎｋ．ｊｐ', 'https://evil.example/'],
    ['bank\u200b.jp', 'https://evil.example/'],
    ['日本語.jp', 'https://evil.example/'],
    ['info@bank.jp', 'https://evil.example/'],
    ['info@bank.jp', 'mailto:info@evil.example'],
    ['https://bank.jp@evil.example/', 'https://evil.example/'],
    ['bank。jp', 'https://evil.example/'],
    ['a.example.com', 'https://b.example.com/'],
  ])('%s → %s', (label, href) => {
    expect(contradicts(label, href)).toBe(true)
  })
  test.each([
    ['https://bank.jp/login', 'https://www.bank.jp/login?x=1'],
    ['mail.example.jp', 'https://www.example.jp/'],
    ['example.jp', 'https://www2.example.jp/'],
    ['EXAMPLE.JP/x', 'https://example.jp/y'],
    ['日本語.jp', 'https://xn--wgv71a119e.jp/'],
    ['こちら', 'https://evil.example/'],
    ['資料.pdf', 'https://a.example/'],
    ['Node.js', 'https://a.example/'],
    ['ver. 2.0', 'https://a.example/'],
    ['3.14', 'https://a.example/'],
    ['info@town.jp', 'mailto:INFO@town.jp'],
    ['https://a.jpをご覧ください', 'https://a.jp/'],
    ['bank.jp', '#top'],
  ])('not %s → %s', (label, href) => {
    expect(contradicts(label, href)).toBe(false)
  })
})

describe('links in HTML', () => {
  const convert = (html: string, links: 'keep' | 'defang' | 'remove' = 'keep') => htmlToText(html, { links, language: 'ja', maxChars: 10_000 })
  test.each([
    ['label and target', '<a href="https://a.jp/x">こちら</a>です', 'keep', 'こちら <https://a.jp/x>です'],
    ['defanged', '<a href="https://www.a.jp/x.y">こちら</a>', 'defang', 'こちら <hxxps://www[.]a[.]jp/x.y>'],
    ['removed', '<a href="https://www.a.jp/x">こちら</a>', 'remove', 'こちら [URL www[.]a[.]jp]'],
    ['a label that is the target', '<a href="https://a.jp/">https://a.jp/</a>', 'keep', 'https://a.jp/'],
    ['the same, defanged', '<a href="https://a.jp/">https://a.jp</a>', 'defang', 'hxxps://a[.]jp'],
    ['URLs in running text', 'https://a.jp/', 'defang', 'hxxps://a[.]jp/'],
    ['a URL spread over elements', 'ht<b>tps://</b>a.<i>jp</i>/', 'defang', 'hxxps://a[.]jp/'],
    ['mail', '<a href="mailto:a@b.jp">担当</a> <a href="mailto:a@b.jp">a@b.jp</a>', 'defang', '担当 <a@b.jp> a@b.jp'],
    ['telephone', '<a href="tel:0312345678">電話</a> <a href="tel:0312345678">03-1234-5678</a>', 'keep', '電話 <tel:0312345678> 03-1234-5678'],
    ['fragments', '<a href="#x">目次</a>', 'keep', '目次'],
    ['pictures', '<a href="https://a.jp/"><img src=x alt="申込"></a>', 'keep', '[画像: 申込] <https://a.jp/>'],
    ['image maps', '<map><area href="https://a.jp/" alt="東"></map>', 'keep', '東 <https://a.jp/>'],
    ['links without anything to see', 'a<a href="https://a.jp/"></a>', 'keep', 'a'],
    ['hidden links', 'a<a href="https://a.jp/" style="display:none">x</a>', 'keep', 'a'],
  ] as const)('%s', (_name, html, policy, expected) => {
    expect(convert(html, policy).text).toBe(expected)
  })
  test('an invisible character does not save a URL from being defanged', () => {
    expect(convert('ht&#8203;tps://a.jp/', 'defang').text).toBe('hxxps://a[.]jp/')
  })
  test('a label that lies is marked, once per link', () => {
    const { text, findings } = convert('<a href="https://evil.example/">https://bank.jp/</a> <a href="https://evil2.example/">bank.jp</a>', 'defang')
    expect(text).toContain('hxxps://bank[.]jp/ <hxxps://evil[.]example/>【リンク先が表示と違います: evil.example】')
    expect(findings).toEqual([
      { code: 'link.mismatch', detail: 'evil.example' },
      { code: 'link.mismatch', detail: 'evil2.example' },
    ])
  })
  test('a host in front of the host is taken away and named', () => {
    const { text, findings } = convert('<a href="https://bank.jp@evil.example/">銀行</a>')
    expect(text).toBe('銀行 <https://evil.example/>【実際のリンク先: evil.example】')
    expect(findings).toEqual([{ code: 'link.disguised', detail: 'evil.example' }])
  })
  test('active targets are never written', () => {
    const { text, findings } = convert('<a href="jav&#x09;ascript:alert(1)">押す</a><a href="file://s/x">開く</a>')
    expect(text).toBe('押す開く')
    expect(findings).toEqual([
      { code: 'link.active', detail: 'javascript' },
      { code: 'link.active', detail: 'file' },
    ])
  })
})
