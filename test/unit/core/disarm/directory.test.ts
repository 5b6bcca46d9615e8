import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { calendarDisarmer } from '../../../../core/disarm/directory/calendar.ts'
import { vcardDisarmer } from '../../../../core/disarm/directory/vcard.ts'
import { detect } from '../../../../core/media/detect.ts'
import { disarmerContract } from '../../../contract/disarmer.contract.ts'
import { disarmInput, type InputChanges } from '../../../support/disarm.ts'
import { expectLinear } from '../../../support/linear.ts'

const octets = (text: string | Uint8Array) => new Uint8Array(typeof text === 'string' ? Buffer.from(text) : text)
const ics = (...lines: string[]) => ['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join('\r\n')
const event = (...lines: string[]) => ics('BEGIN:VEVENT', ...lines, 'END:VEVENT')
const card = (version: string, ...lines: string[]) => ['BEGIN:VCARD', `VERSION:${version}`, ...lines, 'END:VCARD', ''].join('\r\n')

async function rebuild(text: string | Uint8Array, changes: InputChanges = {}) {
  const bytes = octets(text)
  const { type } = await detect(bytes, { size: bytes.length, name: '', claimedType: '' })
  const disarmer = type === 'text/vcard' ? vcardDisarmer : calendarDisarmer
  const result = await disarmer.disarm(disarmInput(bytes, type, changes))
  if (result.kind !== 'rebuilt') throw new Error(result.reason)
  const written = Buffer.from(result.bytes).toString()
  const kinds = result.removed.map(({ what, count }) => `${what} ${count}`)
  return { ...result, written, unfolded: written.replaceAll('\r\n ', ''), kinds }
}
/** The lines between those that every file has. */
async function insideEvent(...lines: string[]) {
  const { unfolded, kinds } = await rebuild(event(...lines))
  return { lines: unfolded.split('\r\n').slice(4, -3), kinds }
}
async function insideCard(version: string, ...lines: string[]) {
  const { unfolded, kinds } = await rebuild(card(version, ...lines))
  return { lines: unfolded.split('\r\n').slice(2, -2), kinds }
}

const CALENDAR = ics(
  'PRODID:-//x//y', 'METHOD:REQUEST', 'X-WR-CALNAME:庁内', 'BEGIN:VTIMEZONE', 'TZID:Tokyo Standard Time', 'BEGIN:STANDARD', 'DTSTART:16010101T000000', 'TZOFFSETFROM:+0900',
  'TZOFFSETTO:+0900', 'END:STANDARD', 'END:VTIMEZONE', 'BEGIN:VEVENT', 'UID:1@x', 'DTSTAMP:20260401T000000Z', 'DTSTART;TZID=Tokyo Standard Time:20260410T140000', 'RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10',
  'SUMMARY:第2回\\, 調整会議', `DESCRIPTION:${'とても長い説明です。'.repeat(20)}\\n二行目`, 'ATTENDEE;CN="山田: 太郎";ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:yamada@example.jp',
  'X-ALT-DESC;FMTTYPE=text/html:<script>alert(1)</script>', 'ATTACH:file:///etc/passwd', 'BEGIN:VALARM', 'ACTION:DISPLAY', 'TRIGGER:-PT15M', 'DESCRIPTION:まもなく', 'END:VALARM',
  'BEGIN:VALARM', 'ACTION:PROCEDURE', 'TRIGGER:PT0S', 'ATTACH:file:///bin/sh', 'END:VALARM', 'END:VEVENT',
)
const CARD = card('3.0', 'N:山田;太郎;;;', 'FN:山田 太郎', 'X-PHONETIC-LAST-NAME:やまだ', 'item1.TEL;type=CELL,VOICE:090-0000-0000', 'item1.X-ABLabel:携帯', 'NOTE:一\\n二\\;三', 'KEY;ENCODING=b:AAAA', 'X-EVIL:1')

disarmerContract('calendarDisarmer', { bytes: octets(CALENDAR), detectedType: 'text/calendar', tooFewBytes: 200, runs: 60 })
disarmerContract('vcardDisarmer', { bytes: octets(CARD), detectedType: 'text/vcard', tooFewBytes: 50, runs: 60 })

describe('a calendar', () => {
  test('is read and written, folded after 75 octets and between characters', async () => {
    const { written, unfolded, removed } = await rebuild(CALENDAR)
    for (const line of written.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75)
    expect(unfolded).toContain(`DESCRIPTION:${'とても長い説明です。'.repeat(20)}\\n二行目\r\n`)
    for (const kept of ['METHOD:REQUEST', 'X-WR-CALNAME:庁内', 'TZOFFSETTO:+0900', 'RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10', 'SUMMARY:第2回\\, 調整会議', 'ACTION:DISPLAY', 'TRIGGER:-PT15M']) expect(unfolded).toContain(`${kept}\r\n`)
    expect(unfolded).toContain('ATTENDEE;CN="山田: 太郎";ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:yamada@example.jp')
    expect(written).not.toMatch(/passwd|script|bin\/sh|PROCEDURE|-\/\/x/)
    expect(removed).toEqual([{ what: 'layout', count: 1 }, { what: 'externalLinks', count: 1 }, { what: 'actions', count: 1 }])
  })

  test.each([
    ['DTSTART;VALUE=DATE:20260410', 'DTSTART;VALUE=DATE:20260410'],
    ['EXDATE;TZID=Asia/Tokyo:20260410T090000,20260411T090000', 'EXDATE;TZID=Asia/Tokyo:20260410T090000,20260411T090000'],
    ['FREEBUSY;FBTYPE=BUSY:19970308T160000Z/PT3H', 'FREEBUSY;VALUE=PERIOD;FBTYPE=BUSY:19970308T160000Z/PT3H'],
    ['CATEGORIES:会議,重\\,要', 'CATEGORIES:会議,重\\,要'],
    ['ATTENDEE;CN=Sato, Ichiro:MAILTO:sato@example.jp?attach=/etc/passwd', 'ATTENDEE;CN="Sato, Ichiro":mailto:sato@example.jp'],
    ['ORGANIZER;CN=鈴木;SENT-BY="mailto:b@example.jp":http://evil.example/', 'ORGANIZER;CN=鈴木;SENT-BY="mailto:b@example.jp":invalid:nomail'],
    ['URL:https://town.example.jp/?a=1,2', 'URL:https://town.example.jp/?a=1,2'],
    ['CONFERENCE;VALUE=URI;FEATURE=PHONE;LABEL="電話":tel:+81-3-0000-0000', 'CONFERENCE;VALUE=URI;FEATURE=PHONE;LABEL=電話:tel:+81-3-0000-0000'],
    ['SUMMARY;LANGUAGE=ja:a^b', 'SUMMARY;LANGUAGE=ja:a^b'],
    ["ATTENDEE;CN=a ^'b^':mailto:a@example.jp", "ATTENDEE;CN=a ^'b^':mailto:a@example.jp"],
    ['GEO:35.6;139.7', 'GEO:35.6;139.7'],
  ])('keeps %s', async (line, wanted) => expect(await insideEvent(line)).toEqual({ lines: [wanted], kinds: [] }))

  test.each([
    ['URL:javascript:alert(1)', 'scripts 1'],
    ['URL:file://server/share/x.exe', 'externalLinks 1'],
    ['ATTACH;FMTTYPE=application/pdf:https://evil.example/x.pdf', 'externalLinks 1'],
    ['X-ALT-DESC;FMTTYPE=text/html:<img src=http://evil.example/>', 'layout 1'],
    ['IMAGE;VALUE=URI:https://evil.example/x.png', 'remoteContent 1'],
    ['X-MS-OLK-AUTOSTARTCHECK:TRUE', 'customData 1'],
    ['DTSTART:<script>', 'unknownParts 1'],
    ['RRULE:FREQ=DAILY\\nX:1', 'unknownParts 1'],
    ['SUMMARY;ENCODING=BASE64:AAAA', 'unknownParts 1'],
  ])('leaves %s behind and tells', async (line, kind) => expect(await insideEvent(line)).toEqual({ lines: [], kinds: [kind] }))

  test.each(['EMAIL', 'PROCEDURE', 'X-RUN'])('an alarm that does %s is gone', async action => {
    expect(await insideEvent('BEGIN:VALARM', `ACTION:${action}`, 'TRIGGER:-PT1M', 'END:VALARM')).toEqual({ lines: [], kinds: ['actions 1'] })
    expect(await insideEvent('BEGIN:VALARM', 'ACTION:DISPLAY', `ACTION:${action}`, 'TRIGGER:-PT1M', 'END:VALARM')).toEqual({ lines: [], kinds: ['actions 1'] })
  })

  test('an alarm with a sound from elsewhere sounds without it', async () => {
    const { lines, kinds } = await insideEvent('BEGIN:VALARM', 'ACTION:AUDIO', 'TRIGGER:-PT1M', 'ATTACH;FMTTYPE=audio/basic:ftp://evil.example/bell.aud', 'END:VALARM')
    expect([lines, kinds]).toEqual([['BEGIN:VALARM', 'ACTION:AUDIO', 'TRIGGER:-PT1M', 'END:VALARM'], ['media 1']])
  })

  test('an attached file comes back rebuilt, one that may not pass does not', async () => {
    const attach = (name: string, content: string) => `ATTACH;FMTTYPE=text/csv;ENCODING=BASE64;VALUE=BINARY;X-FILENAME="${name}":${Buffer.from(content).toString('base64')}`
    const { lines, kinds } = await insideEvent(attach('a.csv', '=cmd|1\n'), attach('b.exe', 'MZ\x90\0'))
    expect(kinds).toEqual(['archiveMembers 1'])
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^ATTACH;FMTTYPE=text\/csv;VALUE=BINARY;FILENAME=a\.csv;ENCODING=BASE64:/)
    expect(Buffer.from(lines[0]!.split(':')[1]!, 'base64').toString()).toContain("'=cmd|1")
    expect((await rebuild(event(attach('a.csv', '1')), { rules: { embeddedFiles: 'remove' } })).kinds).toEqual(['embeddedFiles 1'])
    expect((await rebuild(event('URL:https://a.example/'), { rules: { hyperlinks: 'remove' } })).kinds).toEqual(['hyperlinks 1'])
  })

  test('components that are not known, and lines outside of any, are left behind', async () => {
    const { unfolded, kinds } = await rebuild(`${ics('BEGIN:X-EVIL', 'X:1', 'BEGIN:VEVENT', 'END:VEVENT', 'END:X-EVIL')}MZ trailing\r\n`)
    expect([unfolded.split('\r\n').length, kinds]).toEqual([5, ['trailingData 1', 'customData 1']])
  })

  test('an old calendar of a telephone stays one, in UTF-8', async () => {
    const old = Buffer.concat([Buffer.from('BEGIN:VCALENDAR\r\nVERSION:1.0\r\nBEGIN:VEVENT\r\nDTSTART:20260410T090000\r\nSUMMARY;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:=89=EF=8Bc=\r\n=8E=BA\r\nRRULE:W1 MO TU #5\r\nPALARM:20260410T080000;;;/bin/sh\r\nDALARM:20260410T085500;;;a\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n')])
    const { written, extension, kinds } = await rebuild(old)
    expect([extension, kinds]).toEqual(['vcs', ['actions 1']])
    for (const line of ['VERSION:1.0', 'SUMMARY;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E4=BC=9A=E8=AD=B0=E5=AE=A4', 'RRULE:W1 MO TU #5', 'DALARM:20260410T085500;;;a']) expect(written).toContain(`\r\n${line}\r\n`)
  })

  test('a fold in the middle of a character, and one of a joined sign', async () => {
    const summary = Buffer.from('会')
    const bytes = Buffer.concat([Buffer.from('BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:'), summary.subarray(0, 1), Buffer.from('\r\n '), summary.subarray(1), Buffer.from('\r\nLOCATION:👩\r\n \u200d💻\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n')])
    const { unfolded } = await rebuild(bytes)
    expect(unfolded).toContain('SUMMARY:会\r\nLOCATION:👩‍💻\r\n')
  })

  test('a calendar in ISO-2022-JP, by the word of the mail', async () => {
    const bytes = Buffer.concat([Buffer.from('BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:\x1b$B'), Buffer.from([0x32, 0x71]), Buffer.from('\x1b(B\nEND:VEVENT\nEND:VCALENDAR')])
    expect((await rebuild(bytes, { declaredCharset: 'iso-2022-jp' })).unfolded).toContain('SUMMARY:会\r\n')
  })
})

describe('a card', () => {
  test.each([
    ['3.0', 'N:山田;太郎;;;'],
    ['3.0', 'item1.X-ABLABEL:携帯'],
    ['3.0', 'ADR;TYPE=WORK:;;千代田1-1\\, 2階;東京;;100-0001;日本'],
    ['3.0', 'X-PHONETIC-FIRST-NAME:たろう'],
    ['3.0', 'BDAY:1990-01-31'],
    ['3.0', 'GEO:35.6;139.7'],
    ['4.0', 'TEL;VALUE=uri;TYPE=cell:tel:+81-90-0000-0000'],
    ['4.0', 'RELATED;VALUE=uri:urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6'],
    ['4.0', 'N;SORT-AS="やまだ,たろう":山田;太郎;;;'],
    ['2.1', 'TEL;HOME;VOICE:03-0000-0000'],
    ['2.1', 'SOUND;X-IRMC-N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=EF=BE=94=EF=BE=8F;=EF=BE=80'],
  ])('%s keeps %s', async (version, line) => expect(await insideCard(version, line)).toEqual({ lines: [line], kinds: [] }))

  test.each([
    ['PHOTO;VALUE=uri:https://evil.example/x.jpg', 'remoteContent 1'],
    ['PHOTO;ENCODING=b;TYPE=JPEG:bm8gcGljdHVyZQ==', 'pictures 1'],
    ['SOUND;ENCODING=b;TYPE=WAVE:AAAA', 'media 1'],
    ['KEY;ENCODING=b;TYPE=X509:AAAA', 'signatures 1'],
    ['SOURCE:ldap://evil.example/', 'externalLinks 1'],
    ['URL:javascript:alert(1)', 'scripts 1'],
    ['URL:file:////server/share', 'externalLinks 1'],
    ['TEL;VALUE=uri:x-run:calc', 'externalLinks 1'],
    ['X-EVIL:1', 'customData 1'],
    ['PRODID:x', 'metadata 1'],
    ['GEO:<script>', 'unknownParts 1'],
  ])('leaves %s behind and tells', async (line, kind) => expect(await insideCard('3.0', line)).toEqual({ lines: [], kinds: [kind] }))

  test.each(['2.1', '3.0', '4.0'])('%s: a portrait is coded anew', async version => {
    const photo = await sharp({ create: { width: 40, height: 40, channels: 3, background: 'red' } }).withExif({ IFD0: { Copyright: 'secret' } }).jpeg().toBuffer()
    const base64 = photo.toString('base64')
    const line = { '2.1': `PHOTO;JPEG;ENCODING=BASE64:\r\n ${base64}\r\n`, '3.0': `PHOTO;ENCODING=b;TYPE=JPEG:${base64}`, '4.0': `PHOTO:data:image/jpeg;base64,${base64}` }[version]!
    const { unfolded, kinds } = await rebuild(card(version, line))
    const coded = Buffer.from(/[:,]((?:[A-Za-z0-9+/=]){100,})\r\n/.exec(unfolded)![1]!, 'base64')
    expect((await sharp(coded).metadata()).width).toBe(40)
    expect([coded.includes('secret'), kinds]).toEqual([false, []])
    expect((await rebuild(card(version, line), { rules: { pictures: 'remove' } })).kinds).toEqual(['pictures 1'])
    expect((await rebuild(unfolded)).kinds).toEqual([])
  })

  test('an old card in Shift_JIS, a note over several lines', async () => {
    const { lines, kinds } = await insideCard('2.1', 'N;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:=8ER=93c;=91=BE=98Y', 'NOTE;ENCODING=QUOTED-PRINTABLE:a=0D=0Ab\\;c=3D=\r\nd')
    expect(kinds).toEqual([])
    expect(lines).toEqual(['N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E5=B1=B1=E7=94=B0;=E5=A4=AA=E9=83=8E', 'NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:a=0D=0Ab\\;c=3Dd'])
  })

  test('a card in a card is gone, several cards stay', async () => {
    const { unfolded, kinds } = await rebuild(card('2.1', 'FN:a', 'AGENT:', 'BEGIN:VCARD', 'FN:inner', 'END:VCARD') + card('2.1', 'FN:b'))
    expect([unfolded.match(/FN:.*/g), kinds]).toEqual([['FN:a', 'FN:b'], ['embeddedFiles 2']])
  })

  test('escapes and invisible characters are taken out of texts', async () => {
    const { lines, kinds } = await insideCard('3.0', 'FN:a\u202eb\u200bc\x1b[31md')
    expect([lines, kinds]).toEqual([['FN:abcd'], ['escapeSequences 1', 'directionMarks 1', 'invisibleCharacters 1']])
  })
})

describe('whatever comes', () => {
  test('what is neither is malformed', async () => {
    for (const [disarmer, type] of [[calendarDisarmer, 'text/calendar'], [vcardDisarmer, 'text/vcard']] as const) {
      expect(await disarmer.disarm(disarmInput(octets('hello\nBEGIN:VTODO\n'), type))).toEqual({ kind: 'cannot', reason: 'malformed' })
    }
  })

  const piece = fc.constantFrom(
    'BEGIN:VCARD', 'END:VCARD', 'BEGIN:VCALENDAR', 'BEGIN:VEVENT', 'END:VEVENT', 'BEGIN:VALARM', 'ACTION:AUDIO', 'VERSION:2.1', 'VERSION:4.0', 'N;', 'N:a;b\\', 'NOTE;ENCODING=QUOTED-PRINTABLE:', '=3B=\\', '=',
    'SUMMARY;X="', '",b:', 'FN;TYPE=^n,x:', '\\n,;', ' ', '\r\n', '\n', '\t', '会', '\u2028', 'ATTENDEE;CN=', 'mailto:a@b', 'DTSTART:20260101', 'ADR;LABEL=', 'TEL;VALUE=uri:tel:1',
  )
  test.each(['BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n', 'BEGIN:VCARD\r\n'])('after %s what was written reads as the same again', async start => {
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async pieces => {
        const once = await rebuild(`${start}X:1\r\n${pieces.join('')}`)
        const again = await rebuild(once.bytes)
        expect([again.written, again.removed]).toEqual([once.written, []])
      }),
      { numRuns: 300 },
    )
  })

  test.each<[string, (size: number) => string]>([
    ['properties', size => event(`${'SUMMARY;CN=a;X=b:c\\,d\r\n'.repeat(size)}SUMMARY:d`)],
    ['parameters', size => event(`SUMMARY${';A="b",c'.repeat(size)}:x`)],
    ['folds', size => event(`SUMMARY:a${'\r\n b'.repeat(size)}`)],
    ['open quotes', size => event(`SUMMARY${';A="'.repeat(size)}:x`)],
    ['nested components', size => ics(`${'BEGIN:VEVENT\r\n'.repeat(size)}BEGIN:VEVENT`)],
    ['ends', size => ics('BEGIN:VEVENT', `${'END:VEVENT\r\n'.repeat(size)}END:VEVENT`)],
    ['soft breaks', size => card('2.1', `NOTE;ENCODING=QUOTED-PRINTABLE:${'=41=\r\n'.repeat(size)}`)],
    ['folded equals signs', size => card('2.1', `NOTE;X=${'a'.repeat(size)}${'\r\n ='.repeat(size)}`)],
    ['separators', size => card('3.0', `N:${'\\;;,'.repeat(size)}`)],
  ])('%s: linear', (_, make) => {
    const isCard = make(1).startsWith('BEGIN:VCARD')
    expectLinear(
      size => octets(make(size)),
      bytes => (isCard ? vcardDisarmer : calendarDisarmer).disarm(disarmInput(bytes, isCard ? 'text/vcard' : 'text/calendar')),
      60_000,
    )
  })
})
