/** Times as readers know them: in Japan's time, western or 令和 by setting; machine-readable beside it. */
import { html, type SafeHtml } from './html.ts'
import type { Language } from './route.ts'

export type Era = 'western' | 'wareki'

const ZONE = 'Asia/Tokyo'
const DAY = { year: 'numeric', month: 'long', day: 'numeric', weekday: 'short', timeZone: ZONE } as const
const TIME = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: ZONE } as const

const DAYS: Readonly<Record<Language, Readonly<Record<Era, Intl.DateTimeFormat>>>> = {
  ja: { western: new Intl.DateTimeFormat('ja-JP', DAY), wareki: new Intl.DateTimeFormat('ja-JP-u-ca-japanese', { ...DAY, era: 'long' }) },
  en: { western: new Intl.DateTimeFormat('en-GB', DAY), wareki: new Intl.DateTimeFormat('en-GB', DAY) },
}
const TIMES: Readonly<Record<Language, Intl.DateTimeFormat>> = { ja: new Intl.DateTimeFormat('ja-JP', TIME), en: new Intl.DateTimeFormat('en-GB', TIME) }
const SHORT_DAYS: Readonly<Record<Language, Intl.DateTimeFormat>> = {
  ja: new Intl.DateTimeFormat('ja-JP', { year: 'numeric', month: 'numeric', day: 'numeric', timeZone: ZONE }),
  en: new Intl.DateTimeFormat('en-GB', { year: 'numeric', month: 'short', day: 'numeric', timeZone: ZONE }),
}

export function dayText(atMs: number, language: Language, era: Era = 'western'): string {
  return DAYS[language][era].format(atMs)
}

export function timeText(atMs: number, language: Language, era: Era = 'western'): string {
  return `${dayText(atMs, language, era)} ${TIMES[language].format(atMs)}`
}

/** For lists: 2026/11/26 14:05. */
export function shortTime(atMs: number, language: Language): string {
  return `${SHORT_DAYS[language].format(atMs)} ${TIMES[language].format(atMs)}`
}

export function timeElement(atMs: number, text: string): SafeHtml {
  return html`<time datetime="${new Date(atMs).toISOString()}">${text}</time>`
}

/** `YYYY-MM-DD` of a date field, as the first moment of that day in Japan; undefined when it is none. */
export function dayOfField(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  const atMs = Date.parse(`${text}T00:00:00+09:00`)
  return Number.isNaN(atMs) ? undefined : atMs
}

/** 12,345,678 → `12.3 MB`; units as file managers show them. */
export function sizeText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'] as const
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}
