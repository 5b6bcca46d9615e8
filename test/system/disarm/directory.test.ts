/**
 * Calendars and address files that Python's icalendar and vobject wrote, and hostile ones: what was rebuilt is read by these
 * programs again, says the same, and has nothing in it that runs, fetches or mails.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { rebuildTestFile } from '../../support/disarm.ts'

const dir = mkdtempSync(join(tmpdir(), 'sekisho-directory-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const python = (code: string, ...args: string[]) => execFileSync('/usr/bin/python3', ['-c', code, ...args], { cwd: dir, maxBuffer: 1 << 24 })

async function rebuilt(bytes: Uint8Array, type: string): Promise<string> {
  const result = await rebuildTestFile(new Uint8Array(bytes), type)
  if (result.kind === 'kept') throw new Error(result.reason)
  const path = join(dir, `out.${result.file.extension}`)
  writeFileSync(path, result.file.bytes)
  return path
}

const WRITE_CALENDAR = `
import sys, datetime
from icalendar import Calendar, Event, Alarm, vCalAddress, vText
c = Calendar(); c.add('prodid', '-//x//'); c.add('version', '2.0'); c.add('method', 'REQUEST')
for i in range(50):
  e = Event(); e.add('uid', '%d@x' % i); e.add('dtstamp', datetime.datetime(2026,4,1,tzinfo=datetime.timezone.utc))
  e.add('dtstart', datetime.datetime(2026,4,1+i%28,9,0)); e.add('dtend', datetime.datetime(2026,4,1+i%28,10,0))
  e.add('summary', '第%d回 調整会議, 第一会議室; 資料あり' % i); e.add('description', '説明\\n' + 'とても長い説明です。' * 30)
  e.add('rrule', {'freq': 'weekly', 'byday': ['mo', 'we'], 'count': 10}); e.add('categories', ['会議', '重要'])
  a = vCalAddress('mailto:yamada@example.jp'); a.params['cn'] = vText('山田: 太郎'); e.add('attendee', a)
  m = Alarm(); m.add('action', 'DISPLAY'); m.add('trigger', datetime.timedelta(minutes=-15)); m.add('description', 'x'); e.add_component(m)
  c.add_component(e)
sys.stdout.buffer.write(c.to_ical())`

const READ_CALENDAR = `
import sys
from icalendar import Calendar
c = Calendar.from_ical(open(sys.argv[1], 'rb').read())
out = []
for e in c.walk():
  if e.name in ('VEVENT', 'VALARM'):
    assert not e.errors, e.errors
    for k in sorted(e.keys()):
      for v in (e[k] if isinstance(e[k], list) else [e[k]]):
        out.append('%s %s %s %s' % (e.name, k, v.to_ical().decode() if hasattr(v, 'to_ical') else v, [p for p in sorted(getattr(v, 'params', {}).items()) if p != ('VALUE', 'DATE-TIME')]))
sys.stdout.buffer.write('\\n'.join(out).encode())`

const WRITE_CARDS = `
import sys, base64, vobject
for i in range(50):
  v = vobject.vCard()
  v.add('n').value = vobject.vcard.Name(family='山田', given='太郎%d' % i)
  v.add('fn').value = '山田 太郎%d' % i
  v.add('org').value = ['霞が関市', '総務課, 情報係']
  t = v.add('tel'); t.value = '03-0000-%04d' % i; t.type_param = ['WORK', 'VOICE']
  v.add('note').value = '一行目\\n二行目; とても長い' + '注記です。' * 40
  a = v.add('adr'); a.value = vobject.vcard.Address(street='千代田1-1, 2階', city='千代田区', region='東京都', code='100-0001'); a.type_param = 'WORK'
  sys.stdout.buffer.write(v.serialize().encode())`

const READ_CARDS = `
import sys, vobject
out = []
for v in vobject.readComponents(open(sys.argv[1], encoding='utf-8').read()):
  for line in sorted(str((c.name, c.params, str(c.value))) for c in v.getChildren() if c.name not in ('VERSION', 'PRODID')): out.append(line)
sys.stdout.buffer.write('\\n'.join(out).encode())`

describe('what a program wrote says the same to it afterwards', () => {
  test('a calendar of icalendar', async () => {
    const before = python(WRITE_CALENDAR)
    writeFileSync(join(dir, 'in.ics'), before)
    const read = python(READ_CALENDAR, 'in.ics').toString()
    expect(read.split('\n').length).toBeGreaterThan(500)
    expect(python(READ_CALENDAR, await rebuilt(before, 'text/calendar')).toString()).toBe(read)
  })

  test('cards of vobject', async () => {
    const before = python(WRITE_CARDS)
    writeFileSync(join(dir, 'in.vcf'), before)
    const read = python(READ_CARDS, 'in.vcf').toString()
    expect(read.split('\n').length).toBeGreaterThan(250)
    expect(python(READ_CARDS, await rebuilt(before, 'text/vcard')).toString()).toBe(read)
  })
})

describe('nothing that runs, fetches or mails is left', () => {
  test('a calendar', async () => {
    const hostile = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'BEGIN:VEVENT', 'SUMMARY:x', 'ATTACH:file:///etc/passwd', 'ATTACH;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=a.exe:TVqQAAMAAAAEAAAA', 'URL:javascript:alert(1)', 'X-ALT-DESC;FMTTYPE=text/html:<script>', 'DESCRIPTION;ALTREP="http://evil.example/":x', 'BEGIN:VALARM', 'ACTION:PROCEDURE', 'TRIGGER:PT0S', 'ATTACH:file:///bin/sh', 'END:VALARM', 'BEGIN:VALARM', 'ACTION:EMAIL', 'TRIGGER:PT0S', 'ATTENDEE:mailto:evil@example.com', 'END:VALARM', 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n')
    const read = python(READ_CALENDAR, await rebuilt(Buffer.from(hostile), 'text/calendar')).toString()
    expect(read).toBe('VEVENT DESCRIPTION x []\nVEVENT SUMMARY x []')
  })

  test('a card', async () => {
    const hostile = ['BEGIN:VCARD', 'VERSION:3.0', 'FN:x', 'PHOTO;VALUE=uri:http://evil.example/x.png', 'URL:javascript:alert(1)', 'SOUND;VALUE=uri:file:///x.wav', 'AGENT;VALUE=uri:http://evil.example/a.vcf', 'KEY;ENCODING=b:AAAA', 'X-RUN:calc', 'END:VCARD', ''].join('\r\n')
    expect(python(READ_CARDS, await rebuilt(Buffer.from(hostile), 'text/vcard')).toString()).toBe("('FN', {}, 'x')")
  })
})
