/** Good files of a type to make mutants of: the fixtures that are of it, short ones in text formats, and made ones where there is no program. */
import { globSync, readFileSync } from 'node:fs'
import { detect } from '../../core/media/detect.ts'
import { madeSamples } from './made-samples.ts'

const CRLF = '\r\n'
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  'text/plain': ['一行目\n二行目\x1b[31m\u202e\u200b終わり\n', 'plain\r\n'],
  'text/csv': ['名前,数\n"山田, 太郎",=1+1\n"a ""b""",-2.5\n', 'sep=;\na;b\n+1;@x\n'],
  'text/tab-separated-values': ['a\tb\n=cmd|1\t2\n'],
  'application/json': ['{"a":[1,2.50,"三",null,true],"b":{"c":"\\u202e"},"a":1}', '[{"x":1e5}]'],
  'application/xml': ['<?xml version="1.0"?><!DOCTYPE data SYSTEM "x.dtd"><data xmlns:b="urn:b" b:c="1"><b:d>文</b:d><script>x</script><!-- c --></data>'],
  'text/html': ['<!DOCTYPE html><title>題</title><script>x</script><table><tr><td onclick=x>1<b>b</table><a href="javascript:x">l</a><img src="data:image/png;base64,AAAA"><p style="color:red">x'],
  'image/svg+xml': ['<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><script>x</script><rect width="9" height="9" fill="red"/><a href="x"><path d="M0 0L9 9"/></a><text>t</text></svg>'],
  'text/calendar': [['BEGIN:VCALENDAR', 'VERSION:2.0', 'BEGIN:VEVENT', 'DTSTART:20260410T090000', 'SUMMARY:会議\\, 第二', 'ATTENDEE;CN="a: b":mailto:a@example.jp', 'ATTACH;ENCODING=BASE64;VALUE=BINARY:AAAA', 'BEGIN:VALARM', 'ACTION:DISPLAY', 'END:VALARM', 'END:VEVENT', 'END:VCALENDAR', ''].join(CRLF)],
  'text/vcard': [['BEGIN:VCARD', 'VERSION:2.1', 'N;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:=8ER=93c;=91=BE', 'TEL;HOME:03', 'END:VCARD', 'BEGIN:VCARD', 'VERSION:3.0', 'FN:山田', 'NOTE:a\\nb', 'PHOTO;ENCODING=b:AAAA', 'END:VCARD', ''].join(CRLF)],
  'message/rfc822': [['From: a@example.com', 'To: b@example.jp', 'Subject: =?utf-8?B?5Lya6K2w?=', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b', '', '--b', 'Content-Type: text/html', '', '<p>x', '--b', 'Content-Type: text/csv; name=a.csv', 'Content-Transfer-Encoding: base64', '', 'YSxiCj0xKzEsMgo=', '--b--', ''].join(CRLF)],
  'application/mbox': [['From a@example.com Thu Jan  1 00:00:00 2026', 'From: a@example.com', 'Subject: x', '', 'text', '', 'From b@example.com Thu Jan  1 00:00:00 2026', 'Subject: y', '', 'more', ''].join('\n')],
  'image/vnd.dxf': ['0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1015\n0\nENDSEC\n0\nSECTION\n2\nENTITIES\n0\nLINE\n8\n0\n10\n0.0\n20\n0.0\n11\n1.0\n21\n1.0\n0\nTEXT\n8\n0\n10\n0.0\n20\n0.0\n40\n1.0\n1\n文\n0\nENDSEC\n0\nEOF\n'],
  'application/p21': ["ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION((''),'2;1');\nFILE_NAME('x','2026-01-01T00:00:00',(''),(''),'','','');\nFILE_SCHEMA(('A'));\nENDSEC;\nDATA;\n#1=POINT('a',(1.,2.),$,*,.T.);\n#2=LINE(#1,'it''s');\n/* c */\nENDSEC;\nEND-ISO-10303-21;\n"],
  'application/x-sfc': ["ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION(('SCADEC level2 feature_mode'),'2;1');\nFILE_NAME('x.sfc','2026-01-01T00:00:00',(''),(''),'','','');\nFILE_SCHEMA(('ASSOCIATIVE_DRAUGHTING'));\nENDSEC;\nDATA;\n/*SXF\n#10=line_feature('1','1','1','1','0.0','0.0','1.0','1.0')\nSXF*/\nENDSEC;\nEND-ISO-10303-21;\n"],
}
/** The name that makes the difference where content alone does not. */
const NAMES: Readonly<Record<string, string>> = { 'text/csv': 'a.csv', 'text/tab-separated-values': 'a.tsv', 'application/x-sfc': 'a.sfc' }

const fixtures: { readonly type: string; readonly bytes: Uint8Array }[] = []

export async function samplesOf(type: string): Promise<Uint8Array[]> {
  if (fixtures.length === 0) {
    for (const path of globSync('test/fixtures/disarm/**/*.*').sort()) {
      const bytes = new Uint8Array(readFileSync(path))
      fixtures.push({ type: await typeOf(bytes, path), bytes })
    }
  }
  const texts = (TEXTS[type] ?? []).map(text => new Uint8Array(Buffer.from(text)))
  const found = fixtures.filter(each => each.type === type).map(({ bytes }) => bytes)
  for (const bytes of [...texts, ...madeSamples(type)]) if ((await typeOf(bytes, NAMES[type] ?? '')) === type) found.push(bytes)
  return found
}

async function typeOf(bytes: Uint8Array, name: string): Promise<string> {
  return (await detect(bytes, { size: bytes.length, name, claimedType: '' })).type
}
