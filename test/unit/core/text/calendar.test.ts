import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { calendarToText } from '../../../../core/text/calendar.ts'
import { expectLinear } from '../../../support/linear.ts'

const ics = (...lines: string[]) => ['BEGIN:VCALENDAR', ...lines, 'END:VCALENDAR', ''].join('\r\n')
const event = (...lines: string[]) => ics('METHOD:REQUEST', 'BEGIN:VEVENT', ...lines, 'END:VEVENT')

const INVITATION = event(
  'SUMMARY:第2回\\, 調整会議',
  'DTSTART;TZID=Tokyo Standard Time:20260410T140000',
  'DTEND;TZID=Tokyo Standard Time:20260410T153000',
  'LOCATION:3階 第1会議室',
  'ORGANIZER;CN="山田: 太郎":mailto:yamada@example.jp',
  'ATTENDEE;CN=鈴木;PARTSTAT=ACCEPTED:mailto:suzuki@example.jp',
  'ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:sato@example.jp',
  'RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10',
  'DESCRIPTION:一行目\\n二行目 https://exa',
  ' mple.jp/x',
  'BEGIN:VALARM',
  'DESCRIPTION:alarm',
  'END:VALARM',
)

describe('calendarToText', () => {
  test('an invitation in Japanese', () => {
    expect(calendarToText(INVITATION, 'ja')).toBe(`【予定への招待】
件名: 第2回, 調整会議
日時: 2026年4月10日(金) 14:00〜15:30 (日本時間)
繰り返し: 毎週 月・水 （全10回）
場所: 3階 第1会議室
主催者: 山田: 太郎 <yamada@example.jp>
出席者: 鈴木 <suzuki@example.jp>（出席）、sato@example.jp
内容:
一行目
二行目 https://example.jp/x`)
  })
  test('the same in English', () => {
    expect(calendarToText(INVITATION, 'en')).toContain(`【Invitation】
What: 第2回, 調整会議
When: Fri, 2026-04-10 14:00 – 15:30 (Japan time)
Repeats: every week on Mon, Wed (10 times)`)
  })

  test.each([
    [
      'UTC becomes Japan time',
      ['DTSTART:20260410T160000Z', 'DTEND:20260410T170000Z'],
      '2026年4月11日(土) 01:00〜02:00 (日本時間)',
    ],
    ['a whole day', ['DTSTART;VALUE=DATE:20260410', 'DTEND;VALUE=DATE:20260411'], '2026年4月10日(金)（終日）'],
    [
      'whole days',
      ['DTSTART;VALUE=DATE:20260410', 'DTEND;VALUE=DATE:20260413'],
      '2026年4月10日(金)〜2026年4月12日(日)（終日）',
    ],
    ['a duration', ['DTSTART:20260410T100000', 'DURATION:PT1H30M'], '2026年4月10日(金) 10:00〜11:30'],
    [
      'another zone, as it is called',
      ['DTSTART;TZID=America/New_York:20260410T100000'],
      '2026年4月10日(金) 10:00 (America/New_York)',
    ],
    [
      'over midnight',
      ['DTSTART:20260410T230000', 'DTEND:20260411T010000'],
      '2026年4月10日(金) 23:00〜2026年4月11日(土) 01:00',
    ],
    ['no date at all', ['DTSTART:tomorrow'], 'tomorrow'],
  ])('when: %s', (_, lines, expected) => expect(calendarToText(event(...lines), 'ja')).toContain(`日時: ${expected}`))

  test.each([
    ['FREQ=DAILY;UNTIL=20261231', '毎日 （2026年12月31日(木)まで）'],
    ['FREQ=MONTHLY;BYDAY=2TU', '毎月 第2火曜'],
    ['FREQ=MONTHLY;BYDAY=-1FR', '毎月 最終金曜'],
    ['FREQ=MONTHLY;BYMONTHDAY=15', '毎月 15日'],
    ['FREQ=WEEKLY;INTERVAL=2', '2週間ごと'],
    ['FREQ=YEARLY;BYSETPOS=3', 'FREQ=YEARLY;BYSETPOS=3'],
    ['FREQ=constructor', 'FREQ=constructor'],
  ])('repeats: %s', (rule, expected) => {
    expect(calendarToText(event('SUMMARY:x', `RRULE:${rule}`), 'ja')).toContain(`繰り返し: ${expected}`)
  })

  test.each([
    ['CANCEL', '【予定の取り消し】'],
    ['reply', '【招待への返事】'],
    ['__proto__', '【予定】'],
  ])('method %s', (method, heading) => {
    expect(calendarToText(ics(`METHOD:${method}`, 'BEGIN:VEVENT', 'SUMMARY:x', 'END:VEVENT'), 'ja')).toContain(heading)
  })

  test('attached files are counted, not linked', () => {
    const text = calendarToText(event('SUMMARY:x', 'ATTACH;VALUE=BINARY:AAAA', 'ATTACH:http://x.example/a.exe'), 'ja')
    expect(text).toContain('添付（渡していません）: 2')
    expect(text).not.toContain('a.exe')
  })
  test('what hides in the text is made harmless', () => {
    expect(calendarToText(event('SUMMARY:a\u202eb\x1b[2Jc', 'DESCRIPTION:x\u202ey'), 'ja')).toBe(
      '【予定への招待】\n件名: abc\n内容:\nxy',
    )
  })
  test.each(['', 'hello', 'BEGIN:VCALENDAR\nEND:VCALENDAR', 'BEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT'])(
    '%j is no calendar',
    text => {
      expect(calendarToText(text, 'ja') ?? 'none').toBe('none')
    },
  )
  test('a missing END loses nothing', () => {
    expect(calendarToText('BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:x', 'ja')).toBe('【予定】\n件名: x')
  })
  test('people and entries are capped and counted', () => {
    const people = Array.from({ length: 40 }, (_, index) => `ATTENDEE:mailto:u${index}@example.jp`)
    expect(calendarToText(event(...people), 'ja')).toContain('u29@example.jp、ほか10名')
    const many = ics(...Array.from({ length: 15 }, () => 'BEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT'))
    expect(calendarToText(many, 'ja')).toContain('ほかに5件の予定があります')
  })
})

describe('hostile calendars', () => {
  test('never throw', () => {
    const line = fc.constantFrom(
      'BEGIN:VEVENT',
      'END:VEVENT',
      'END:VCALENDAR',
      'BEGIN:VALARM',
      'DTSTART:99991231T235959Z',
      'DTEND:00000101',
      'DURATION:P99999W',
      'ATTENDEE;CN="',
      'SUMMARY;X=";:',
      ' folded',
      'RRULE:FREQ=DAILY;INTERVAL=-1;BYDAY',
      'DESCRIPTION:\\',
      ':',
      ';=:',
    )
    fc.assert(
      fc.property(
        fc.array(fc.oneof(line, fc.string()), { maxLength: 30 }),
        fc.constantFrom('ja' as const, 'en' as const),
        (lines, language) => {
          calendarToText(['BEGIN:VCALENDAR', 'BEGIN:VEVENT', ...lines].join('\n'), language)
        },
      ),
      { numRuns: 500 },
    )
  })
  test('a million properties give a short text', () => {
    const text = calendarToText(
      `BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:x\n${'ATTENDEE:a@example.jp\n'.repeat(1_000_000)}`,
      'ja',
    )
    expect(text!.length).toBeLessThan(2000)
  })
  test.each([
    ['properties', 'SUMMARY:x\n'],
    ['folds', ' x\n'],
    ['begins', 'BEGIN:VEVENT\n'],
    ['parameters', ';A="'],
    ['ends', 'END:VEVENT\n'],
  ])('are read in linear time: %s', (_, unit) => {
    expectLinear(
      size => `BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY${unit.repeat(size)}`,
      text => calendarToText(text, 'ja'),
      50_000,
    )
  })
})
