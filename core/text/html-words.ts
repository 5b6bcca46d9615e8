/** The few words and signs that converted HTML gets from us, in the reader's language. */
import type { MarkWords } from './html-flow.ts'

export const WORDS = {
  ja: {
    marks: { strike: ['〔取消:', '〕'], color: ['【', '】'] },
    image: '画像',
    elsewhere: (host: string) => `【リンク先が表示と違います: ${host}】`,
    disguised: (host: string) => `【実際のリンク先: ${host}】`,
    quote: ['「', '」'],
    bullet: '・',
  },
  en: {
    marks: { strike: ['[deleted: ', ']'], color: ['*', '*'] },
    image: 'image',
    elsewhere: (host: string) => `[CAUTION: this link goes to ${host}]`,
    disguised: (host: string) => `[real target: ${host}]`,
    quote: ['"', '"'],
    bullet: '- ',
  },
} as const satisfies Record<string, Words>

export type Words = {
  readonly marks: MarkWords
  readonly image: string
  readonly elsewhere: (host: string) => string
  readonly disguised: (host: string) => string
  readonly quote: readonly [string, string]
  readonly bullet: string
}
