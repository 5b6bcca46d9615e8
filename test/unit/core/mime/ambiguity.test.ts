/** Every known way to make two readers see two messages leaves at least one finding. */
import { describe, expect, test } from 'vitest'
import { FINDINGS } from '../../../../core/finding.ts'
import { crlf, read } from './reading.ts'

type Case = readonly [name: string, message: string, ...codes: (keyof typeof FINDINGS)[]]

const B64 = Buffer.from('eicar test string, several lines long when encoded, so that there is something to cut').toString('base64')

/** A single part with these fields before an encoded body. */
const single = (...fields: string[]) => crlf('Subject: x', ...fields, '', B64)
/** The header of a multipart with a usual body. */
const multi = (type: string, ...rest: string[]) => crlf('MIME-Version: 1.0', type, ...rest, '', '--b', 'Content-Type: text/plain', '', 'one', '--b--')
/** A usual multipart with this body. */
const body = (...lines: string[]) => crlf('Content-Type: multipart/mixed; boundary=b', '', ...lines)
const base64 = (text: string) => `Content-Transfer-Encoding: base64\r\n\r\n${text}`
const qp = (text: string) => `Content-Transfer-Encoding: quoted-printable\r\n\r\n${text}`
const cte = (value: string) => single(`Content-Transfer-Encoding: ${value}`)
const named = (...fields: string[]) => crlf('Content-Type: application/zip', ...fields, '', 'x')
const MIXED = 'Content-Type: multipart/mixed; boundary='

const CASES: Readonly<Record<string, readonly Case[]>> = {
  'lack of header': [['no Content-Disposition', single('Content-Type: application/zip'), 'type.no-disposition']],
  'multiple conflicting headers': [
    ['encoding twice, valid first', single('Content-Transfer-Encoding: base64', 'Content-Transfer-Encoding: foo'), 'header.conflict'],
    ['encoding twice, valid last', single('Content-Transfer-Encoding: foo', 'Content-Transfer-Encoding: base64'), 'header.conflict', 'type.encoding-unknown'],
    ['encoding false, true, true', single('Content-Transfer-Encoding: 7bit', 'Content-Transfer-Encoding: base64', 'Content-Transfer-Encoding: base64'), 'header.conflict'],
    ['encoding true, true, false', single('Content-Transfer-Encoding: base64', 'Content-Transfer-Encoding: base64', 'Content-Transfer-Encoding: 7bit'), 'header.duplicate', 'header.conflict'],
    ['several encodings in one', cte('base64, 7bit'), 'type.encoding-unknown'],
    ['several encodings by blank', cte('base64 7bit'), 'type.encoding-unknown'],
    ['encoding quoted', cte('"base64"'), 'type.encoding-unknown'],
    ['type twice', single('Content-Type: text/plain', 'Content-Type: text/html'), 'header.conflict'],
    ['type with two values', single('Content-Type: text/plain, text/html'), 'type.malformed'],
    ['type twice with multipart', multi(`${MIXED}b`, 'Content-Type: text/plain'), 'header.conflict'],
    ['From twice', crlf('From: a@b.jp', 'From: c@d.jp', '', 'x'), 'header.conflict'],
  ],
  'header and header values': [
    ['blank before the header', crlf('Subject: x', ' Content-Transfer-Encoding: base64', '', B64), 'header.hidden-field'],
    ['NUL before the header', single('\0Content-Transfer-Encoding: base64'), 'header.hidden-field', 'header.bad-name'],
    ['blank before the first header', crlf(' Content-Transfer-Encoding: base64', '', B64), 'header.leading-blank'],
    ['blank before the colon', single('Content-Transfer-Encoding : base64'), 'header.space-before-colon'],
    ['NUL before the colon', single('Content-Transfer-Encoding\0: base64'), 'header.hidden-field'],
    ['NUL at the start of a value', cte('\0base64'), 'header.nul'],
    ['NUL in a value', cte('bas\0e64'), 'header.nul'],
    ['NUL at the end of a value', cte('base64\0'), 'header.nul'],
    ['folding cut off', single('Content-Transfer-Encoding: base64', ' ', '\tX: y'), 'header.blank-fold'],
    ['folding before the colon', single('Content-Transfer-Encoding', ' : base64'), 'header.space-before-colon'],
    ['comment over a fold', single('Content-Transfer-Encoding: (', ' )base64'), 'type.comment'],
    ['field name inside the value', single('Content-Type: Content-Type: text/html'), 'type.malformed'],
    ['encoding base645', cte('base645'), 'type.encoding-unknown'],
    ['encoding with a dash', cte('base-64'), 'type.encoding-unknown'],
    ['no colon', crlf('Subject: x', 'no field', '', 'y'), 'header.no-colon'],
    ['no name', crlf(': x', '', 'y'), 'header.empty-name'],
  ],
  'separation between headers': [
    ['CR', crlf('Subject: x\rContent-Transfer-Encoding: base64', '', B64), 'line.bare-cr', 'header.mixed-line-ends'],
    ['LF', crlf('Subject: x\nContent-Transfer-Encoding: base64', '', B64), 'line.bare-lf', 'header.mixed-line-ends'],
    ['LF CR', crlf('Subject: x\n\rContent-Transfer-Encoding: base64', '', B64), 'line.bare-lf'],
    ['CR CR LF', crlf('Subject: x\r\r\nContent-Transfer-Encoding: base64', '', B64), 'line.bare-cr'],
    ['CR LF LF', crlf('Subject: x\r\n\nContent-Transfer-Encoding: base64', '', B64), 'line.bare-lf'],
    ['characters put in', single('Content-\x01Transfer-Encoding: base64'), 'header.bad-name', 'header.hidden-field'],
    ['folding before the encoding', crlf('Content-Type: text/plain;\r\n\r\n Content-Transfer-Encoding: base64', '', B64), 'structure.header-in-body'],
    ['folding after the encoding', single('Content-Transfer-Encoding: base64', ' x'), 'type.encoding-unknown'],
  ],
  boundary: [
    ['two by header', multi(`${MIXED}b`, `${MIXED}c`), 'header.conflict'],
    ['two by parameter', multi(`${MIXED}b; boundary=c`), 'boundary.conflict'],
    ['comma', multi(`${MIXED}b,c`), 'boundary.odd', 'type.unquoted'],
    ['blank at the start', multi(`${MIXED}" b"`), 'boundary.odd'],
    ['NUL at the start', multi(`${MIXED}"\0b"`), 'boundary.illegal', 'header.nul'],
    ['blank inside', multi(`${MIXED}"b c"`), 'boundary.odd'],
    ['semicolon', multi(`${MIXED}"b;c"`), 'boundary.illegal'],
    ['empty quotes', multi(`${MIXED}""`), 'boundary.empty'],
    ['half a quote', multi(`${MIXED}"b`), 'type.half-quote'],
    ['nothing', multi(MIXED), 'type.parameter-malformed'],
    ['folding cut off', multi('Content-Type: multipart/mixed;', ' ', ' boundary=b'), 'header.blank-fold'],
    ['folding before =', multi('Content-Type: multipart/mixed; boundary', ' =b'), 'type.space-around-equals'],
    ['folding after =', multi('Content-Type: multipart/mixed; boundary=', ' b'), 'type.space-around-equals'],
    ['blank before the delimiter', body(' --b', '', 'one', '--b--'), 'boundary.inside-line'],
    ['blank after the delimiter', body('--b ', '', 'one', '--b--'), 'boundary.padding'],
    ['terminator without dashes', body('--b', '', 'one', '--b'), 'boundary.unterminated'],
    ['terminator with one dash', body('--b', '', 'one', '--b-'), 'boundary.trailing-text'],
    ['terminator with text', body('--b', '', 'one', '--b--c'), 'boundary.trailing-text'],
    ['blank before =', multi('Content-Type: multipart/mixed; boundary =b'), 'type.space-around-equals'],
    ['NUL before =', multi('Content-Type: multipart/mixed; boundary\0=b'), 'type.parameter-malformed'],
    ['no semicolon', multi('Content-Type: multipart/mixed boundary=b'), 'type.junk'],
    ['wrong parameter', multi('Content-Type: multipart/mixed; bondary=b'), 'boundary.missing'],
    ['on a single part', single('Content-Type: text/plain; boundary=b'), 'boundary.on-leaf'],
    ['another than in the body', multi(`${MIXED}c`), 'boundary.never-seen', 'structure.preamble'],
    ['encoding on a multipart', multi(`${MIXED}b`, 'Content-Transfer-Encoding: base64'), 'type.encoded-multipart'],
    ['far too long', multi(`${MIXED}${'b'.repeat(300)}`), 'boundary.too-long'],
    ['NUL before the delimiter', body('\0--b', '', 'one', '--b--'), 'boundary.inside-line'],
  ],
  'entity structure': [
    ['CR before the delimiter', crlf(`${MIXED}b`, '', 'x\r--b', '', 'one', '--b--'), 'line.bare-cr'],
    ['CR after the delimiter', `${MIXED}b\r\n\r\n--b\r\r\none\r\n--b--\r\n`, 'line.bare-cr'],
    ['empty line after the delimiter', body('--b', '', 'Content-Transfer-Encoding: base64', '', B64, '--b--'), 'structure.header-in-body'],
    ['entity in the preamble', body('Content-Type: text/html', '', '<b>', '--b', '', 'one', '--b--'), 'structure.preamble'],
    ['entity in the epilogue', body('--b', '', 'one', '--b--', 'Content-Type: text/html', '', '<b>'), 'structure.epilogue'],
    ['delimiters in the epilogue', body('--b', '', 'one', '--b--', '--b', '', 'two', '--b--'), 'structure.after-end', 'structure.epilogue'],
    ['inner uses the outer boundary', body('--b', `${MIXED}b`, '', '--b', '', 'x', '--b--', '--b--'), 'boundary.reused'],
    ['inner without a boundary', body('--b', 'Content-Type: multipart/mixed', '', '--c', '', 'x', '--c--', '--b--'), 'boundary.missing'],
    ['inner body left out', body('--b', `${MIXED}c`, '', '--b--'), 'boundary.never-seen'],
    ['header runs into the delimiter', body('--b', 'Content-Type: text/html', '--b--'), 'header.unterminated'],
    ['LF LF between header and body', `Subject: x\r\nA: b\n\n${B64}\r\n`, 'header.mixed-line-ends'],
    ['CR CR between header and body', `Subject: x\r\nA: b\r\r${B64}\r\n`, 'header.mixed-line-ends'],
    ['empty lines before the header', crlf('', '', 'Content-Type: text/html', '', '<b>'), 'header.missing', 'structure.header-in-body'],
    ['no part at all', body('--b--'), 'structure.empty-multipart'],
  ],
  comments: [
    ['encoding inside a comment', cte('(base64)'), 'type.comment', 'type.encoding-unknown'],
    ['encoding before a comment', cte('base64(x)'), 'type.comment'],
    ['comment splits the encoding', cte('bas(x)e64'), 'type.half-comment'],
    ['colon in the comment', single('Content-Transfer-Encoding(:) : base64'), 'header.hidden-field'],
    ['half a comment', cte('base64 (x'), 'type.half-comment'],
    ['comment in the boundary', multi(`${MIXED}b(x)`), 'type.comment', 'boundary.odd'],
    ['comment before the boundary', multi('Content-Type: multipart/mixed; (x) boundary=b'), 'type.comment'],
  ],
  'encoded words and half parentheses': [
    ['boundary', multi(`${MIXED}"=?utf-8?Q?b?="`), 'boundary.encoded-word'],
    ['whole encoding', cte('=?utf-8?Q?base64?='), 'type.encoding-unknown'],
    ['part of the encoding', cte('bas=?utf-8?Q?e?=64'), 'type.encoding-unknown'],
    ['opening parenthesis', cte('(base64'), 'type.half-comment'],
    ['closing parenthesis', cte('base64)'), 'type.half-comment'],
  ],
  base64: [
    ['lines of six', base64(B64.replace(/.{6}/g, '$&\r\n')), 'base64.line-length'],
    ...[...'.-#@_*'].map((junk): Case => [`junk ${junk}`, base64(B64.slice(0, 9) + junk + B64.slice(9)), 'base64.illegal']),
    ['blank', base64(`${B64.slice(0, 9)} ${B64.slice(9)}`), 'base64.blank'],
    ['= inside', base64(`QQ==${B64}`), 'base64.after-padding'],
    ['= at each line end', base64('QUI=\r\nQUI=\r\n'), 'base64.after-padding'],
    ['padding split in two', base64('QQ=\r\n=\r\nQUJD'), 'base64.after-padding'],
    ['padding short', base64('QQ='), 'base64.padding-missing'],
    ['padding missing', base64('QUI'), 'base64.padding-missing'],
    ['padding too long', base64('QUI=='), 'base64.excess-padding'],
    ['one character too many', base64('QUJDR'), 'base64.length'],
    ['bits left over', base64('QR=='), 'base64.trailing-bits'],
    ['lines too long', base64(`${'QUJD'.repeat(50)}\r\n`), 'base64.line-too-long'],
    ['LF', base64(`${'QUJD'.repeat(19)}\n${'QUJD'.repeat(19)}\n`), 'line.bare-lf'],
  ],
  'quoted-printable': [
    ...['\t', ' '].map((blank): Case => [`blank ${blank.charCodeAt(0)} at the line end`, qp(`a${blank}\r\nb`), 'qp.trailing-blank']),
    ...['\r', '\n'].map((end): Case => [`line end ${end.charCodeAt(0)}`, qp(`a${end}b`), end === '\r' ? 'line.bare-cr' : 'line.bare-lf']),
    ['line end CR CR LF', qp('a\r\r\nb'), 'line.bare-cr'],
    ['line end CR LF LF', qp('a\r\n\nb'), 'line.bare-lf'],
    ...['\x12', '\xaa'].map((octet): Case => [`octet ${octet.charCodeAt(0)}`, qp(`a${octet}b`), 'qp.illegal-octet']),
    ...['a=b', 'a=2', 'a=@', 'a=\x12', 'a=0', 'a=0x', 'a=2=\r\nb', 'a==20'].map((text): Case => [`inline ${JSON.stringify(text)}`, qp(`${text}\r\nx`), 'qp.illegal-escape']),
    ['= and a tab inside a line', qp('a=\tb'), 'qp.illegal-escape'],
    ['soft break with blanks', qp('a= \r\nb'), 'qp.soft-break-blank'],
    ['soft break with an encoded blank', qp('a=20=\r\nb c ='), 'qp.soft-break-at-end'],
    ['lower case', qp('=e3=81=82'), 'qp.lower-case'],
    ['line too long', qp('x'.repeat(100)), 'qp.line-too-long'],
  ],
  'other transports': [
    ['message/rfc822 in base64', crlf('Content-Type: message/rfc822', 'Content-Transfer-Encoding: base64', '', B64), 'type.encoded-message'],
    ['message/global in base64', crlf('Content-Type: message/global', 'Content-Transfer-Encoding: base64', '', B64), 'type.encoded-message'],
    ...['x-uuencode', 'x-uue', 'uuencode'].map((name): Case => [name, cte(name), 'type.encoding-alias']),
    ...['yenc', 'binhex', 'gzip64', 'x-gzip64', 'mac-binhex40'].map((name): Case => [name, cte(name), 'type.encoding-unknown']),
    ['unknown multipart', multi('Content-Type: multipart/strange; boundary=b'), 'type.unknown-multipart'],
    ['multipart without subtype', multi('Content-Type: multipart; boundary=b'), 'type.malformed'],
    ['multipart with a dash', multi('Content-Type: multipart-mixed; boundary=b'), 'type.malformed'],
    ['boundary in pieces', multi('Content-Type: multipart/mixed; boundary*0=b; boundary*1=c'), 'boundary.extended'],
    ['boundary in UTF-16', multi("Content-Type: multipart/mixed; boundary*=utf-16be''%00b"), 'boundary.extended'],
    ['inner boundary begins like the outer', body('--b', `${MIXED}bb`, '', '--bb', '', 'x', '--bb--', '--b--'), 'boundary.prefix'],
    ['message/partial', crlf('Content-Type: message/partial; id=x; number=1', '', 'x'), 'type.partial'],
    ['message/external-body', crlf('Content-Type: message/external-body; access-type=URL', '', 'x'), 'type.external-body'],
  ],
  names: [
    ['segment missing', named('Content-Disposition: attachment; filename*0=a; filename*2=.zip'), 'name.gap'],
    ['first segment missing', named('Content-Disposition: attachment; filename*1=a'), 'name.gap'],
    ['segment twice', named('Content-Disposition: attachment; filename*0=a; filename*0=b'), 'name.duplicate-segment'],
    ['out of order', named('Content-Disposition: attachment; filename*1=.zip; filename*0=a'), 'name.out-of-order'],
    ['leading zero', named('Content-Disposition: attachment; filename*00=a'), 'name.numbering'],
    ['name twice', named('Content-Disposition: attachment; filename=a; filename=b'), 'type.duplicate-parameter'],
    ['without quotes', named('Content-Disposition: attachment; filename=a b.zip'), 'type.unquoted'],
    ['half a quote', named('Content-Disposition: attachment; filename="a.zip'), 'type.half-quote'],
    ['text after the quote', named('Content-Disposition: attachment; filename="a"b.zip'), 'type.junk'],
    ['comment', named('Content-Disposition: attachment; filename=(x)a.zip'), 'type.comment'],
    ['folding', named('Content-Disposition: attachment; filename', ' =a.zip'), 'type.space-around-equals'],
    ['encoded word', named('Content-Disposition: attachment; filename="=?utf-8?B?YS56aXA=?="'), 'name.encoded-word'],
    ['both forms', named("Content-Disposition: attachment; filename=a; filename*=utf-8''b"), 'name.conflicting-forms'],
    ['name and filename', crlf('Content-Type: application/zip; name=a.zip', 'Content-Disposition: attachment; filename=b.zip', '', 'x'), 'name.conflict'],
    ['percent sign', named("Content-Disposition: attachment; filename*=utf-8''a%zz"), 'name.percent'],
    ['no charset', named('Content-Disposition: attachment; filename*=a.zip'), 'name.charset-missing'],
    ['raw octets', named('Content-Disposition: attachment; filename="\x8e\xc0.zip"'), 'name.raw-octets'],
  ],
}

for (const [group, cases] of Object.entries(CASES)) {
  describe(group, () => {
    test.for(cases)('%s', ([, message, ...codes]) => {
      expect(read(message).findings).toEqual(expect.arrayContaining(codes))
    })
  })
}

describe('what may be read in two ways is never shown as text', () => {
  test.for([
    ['unknown encoding', cte('base64, 7bit')],
    ['broken type', single('Content-Type: text/html, text/plain')],
    ['multipart without a boundary', crlf('Content-Type: multipart/mixed', '', '--b', '', 'x')],
    ['half a boundary', multi(`${MIXED}"b`)],
  ])('%s', ([, message]) => {
    const { parts } = read(message!)
    expect(parts.map(({ head }) => [head.kind, head.contentType.type])).toEqual([['leaf', 'application/octet-stream']])
  })
})

describe('honest mail', () => {
  test('has no finding worse than a note', () => {
    const { findings } = read(
      crlf(
        'Received: from a (b [192.0.2.1])', '\tby c; Mon, 23 Nov 2026 09:30:00 +0900', 'From: =?utf-8?B?5bGx55Sw?= <a@b.jp>', 'To: c@d.jp',
        'Subject: x', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed;', ' boundary="----=_Part_1_2.3"', '',
        'This is a multi-part message in MIME format.', '', '------=_Part_1_2.3', 'Content-Type: text/plain; charset="utf-8"',
        'Content-Transfer-Encoding: 8bit', '', 'text', '------=_Part_1_2.3',
        'Content-Type: application/pdf; name="=?utf-8?B?44GC?="', "Content-Disposition: attachment; filename*=utf-8''%E3%81%82",
        'Content-Transfer-Encoding: base64', '', B64.replace(/.{76}/g, '$&\r\n'), '', '------=_Part_1_2.3--', '',
      ),
    )
    expect(findings.filter(code => FINDINGS[code as keyof typeof FINDINGS].weight !== 'note')).toEqual([])
  })

  test('with LF alone is read, and told', () => {
    const { parts, findings } = read(body('--b', '', 'one', '--b--').replaceAll('\r\n', '\n'))
    expect(parts.map(({ data }) => data.toString())).toEqual(['', 'one'])
    expect([...new Set(findings)].sort()).toEqual(['header.missing', 'line.bare-lf', 'type.missing'])
  })
})
