/**
 * Calendar invitations (text/calendar) as text: what, when, where, who.
 *
 * An invitation that is part of the text is shown as text. A calendar as a file is rebuilt by core/disarm/directory.
 *
 * Invariants: at most MAX_EVENTS entries and MAX_PEOPLE names each come out; links stand as text; output is
 * harmless; undefined when there is nothing to show, so that the part is treated as a file.
 * Standards: RFC 5545 (iCalendar), RFC 5546 (iTIP methods).
 */
import { type Language, momentAfter, momentOf, periodText, recurrenceText } from './calendar-time.ts'
import { type ContentLine, textOf } from './content-line.ts'
import { makeHarmless, makeHarmlessLine } from './harmless.ts'
import { type IcsComponent, readIcs } from './ics.ts'

type Words = Readonly<Record<Language, string>>

const MAX_EVENTS = 10
const MAX_PEOPLE = 30
const MAX_LINE = 500
const MAX_DESCRIPTION = 10_000

const METHODS: Readonly<Record<string, Words>> = {
  REQUEST: { ja: '予定への招待', en: 'Invitation' },
  CANCEL: { ja: '予定の取り消し', en: 'Cancelled appointment' },
  REPLY: { ja: '招待への返事', en: 'Reply to an invitation' },
  COUNTER: { ja: '別の日時の提案', en: 'Proposal of another time' },
  DECLINECOUNTER: { ja: '日時の提案へのお断り', en: 'Declined proposal' },
  ADD: { ja: '予定の追加', en: 'Added appointment' },
  REFRESH: { ja: '予定の再送の依頼', en: 'Request for the latest version' },
}
const PLAIN_HEADING: Words = { ja: '予定', en: 'Appointment' }

const LABELS = {
  summary: { ja: '件名', en: 'What' },
  when: { ja: '日時', en: 'When' },
  due: { ja: '期限', en: 'Due' },
  repeats: { ja: '繰り返し', en: 'Repeats' },
  where: { ja: '場所', en: 'Where' },
  status: { ja: '状態', en: 'Status' },
  organizer: { ja: '主催者', en: 'Organizer' },
  attendees: { ja: '出席者', en: 'Attendees' },
  link: { ja: 'リンク', en: 'Link' },
  attachments: { ja: '添付（渡していません）', en: 'Attached (not delivered)' },
  description: { ja: '内容', en: 'Description' },
  morePeople: { ja: 'ほか{n}名', en: '{n} more' },
  moreEvents: { ja: 'ほかに{n}件の予定があります', en: '{n} more entries' },
} as const satisfies Record<string, Words>

const ANSWERS: Readonly<Record<string, Words>> = {
  ACCEPTED: { ja: '出席', en: 'accepted' },
  DECLINED: { ja: '欠席', en: 'declined' },
  TENTATIVE: { ja: '仮に出席', en: 'tentative' },
  DELEGATED: { ja: '代理に依頼', en: 'delegated' },
}
const STATUSES: Readonly<Record<string, Words>> = {
  CANCELLED: { ja: '取り消し', en: 'cancelled' },
  TENTATIVE: { ja: '仮', en: 'tentative' },
}

/** The calendar as readable text, or undefined when it holds no entry. Never throws. */
export function calendarToText(untrustedIcs: string, language: Language): string | undefined {
  const ics = readIcs(untrustedIcs)
  if (ics === undefined || ics.components.length === 0) return undefined
  const method =
    ics.calendar
      .find(property => property.name === 'METHOD')
      ?.value.trim()
      .toUpperCase() ?? ''
  const heading = (Object.hasOwn(METHODS, method) ? METHODS[method]! : PLAIN_HEADING)[language]
  const blocks = ics.components.slice(0, MAX_EVENTS).map(component => eventText(component, language))
  const more = ics.components.length - MAX_EVENTS
  if (more > 0) blocks.push(LABELS.moreEvents[language].replace('{n}', String(more)))
  return makeHarmless(`【${heading}】\n${blocks.join('\n\n')}`).text
}

/** More entries than would be shown: better kept as the file that it is. */
export function isTimetable(untrustedIcs: string): boolean {
  return (readIcs(untrustedIcs)?.components.length ?? 0) > MAX_EVENTS
}

function eventText(component: IcsComponent, language: Language): string {
  const first = new Map<string, ContentLine>()
  for (const property of component.properties) if (!first.has(property.name)) first.set(property.name, property)
  const all = (name: string) => component.properties.filter(property => property.name === name)
  const rule = first.get('RRULE')
  const status = first.get('STATUS')?.value.trim().toUpperCase() ?? ''
  const lines: readonly (readonly [label: Words, value: string])[] = [
    [LABELS.summary, lineOf(first.get('SUMMARY'))],
    [LABELS.status, Object.hasOwn(STATUSES, status) ? STATUSES[status]![language] : ''],
    [LABELS.when, whenText(first, language)],
    [LABELS.due, dueText(first, language)],
    [LABELS.repeats, rule === undefined ? '' : recurrenceText(rule.value, language)],
    [LABELS.where, lineOf(first.get('LOCATION'))],
    [LABELS.organizer, first.has('ORGANIZER') ? personText(first.get('ORGANIZER')!, language) : ''],
    [LABELS.attendees, peopleText(all('ATTENDEE'), language)],
    [LABELS.link, lineOf(first.get('URL'))],
    [LABELS.attachments, all('ATTACH').length > 0 ? String(all('ATTACH').length) : ''],
  ]
  const shown = lines.filter(([, value]) => value !== '').map(([label, value]) => `${label[language]}: ${value}`)
  const description = textOf(first.get('DESCRIPTION')?.value ?? '').trim()
  if (description !== '') shown.push(`${LABELS.description[language]}:`, cut(description, MAX_DESCRIPTION))
  return shown.join('\n')
}

function cut(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`
}

function lineOf(property: ContentLine | undefined): string {
  return property === undefined ? '' : makeHarmlessLine(textOf(property.value), MAX_LINE)
}

function whenText(first: ReadonlyMap<string, ContentLine>, language: Language): string {
  const property = first.get('DTSTART')
  if (property === undefined) return ''
  const start = momentOf(property, language)
  if (start === undefined) return lineOf(property)
  const dtEnd = first.get('DTEND')
  const end = dtEnd === undefined ? momentAfter(start, first.get('DURATION')?.value ?? '') : momentOf(dtEnd, language)
  return periodText(start, end, language)
}

function dueText(first: ReadonlyMap<string, ContentLine>, language: Language): string {
  const property = first.get('DUE')
  const moment = property === undefined ? undefined : momentOf(property, language)
  return moment === undefined ? lineOf(property) : periodText(moment, undefined, language)
}

function peopleText(people: readonly ContentLine[], language: Language): string {
  const shown = people.slice(0, MAX_PEOPLE).map(person => personText(person, language))
  if (people.length > MAX_PEOPLE)
    shown.push(LABELS.morePeople[language].replace('{n}', String(people.length - MAX_PEOPLE)))
  return shown.join(language === 'ja' ? '、' : ', ')
}

/** `山田 太郎 <yamada@example.jp>（出席）`. */
function personText(person: ContentLine, language: Language): string {
  const address = makeHarmlessLine(person.value.trim().replace(/^mailto:/i, ''), MAX_LINE)
  const name = makeHarmlessLine(person.params.get('CN')?.join(',') ?? '', MAX_LINE)
  const answer = person.params.get('PARTSTAT')?.[0]?.toUpperCase() ?? ''
  const words = Object.hasOwn(ANSWERS, answer) ? ANSWERS[answer]![language] : ''
  const shown = name === '' || name === address ? address : `${name} <${address}>`
  return words === '' ? shown : language === 'ja' ? `${shown}（${words}）` : `${shown} (${words})`
}
