/** Words about a request that stand on pages and in mails alike. */
import { OBJECTS } from '../../core/objects.ts'
import type { Language } from '../http/route.ts'
import type { RequestedPart } from '../requests/parts.ts'
import type { KeptRequest } from '../requests/records.ts'

const ja = {
  unnamed: '名前のないファイル',
  wholeMessage: 'メール全体',
  /** After the name of a file: what it holds besides. */
  holds: (objects: string) => `（${objects}あり）`,
  and: '、',
  place: 'インターネット側の端末だけ',
  broughtPlace: '無害化したファイルとして「受け取り」へ',
  antivirus: { clean: '検出なし（安全の保証ではありません）', 'not-scanned': '検査していません' },
  sender: { pass: 'なりすまし検査: 合格', partly: 'なりすまし検査: 一部だけ合格', fail: 'なりすまし検査: 不合格。送信者に電話などで確かめてください', none: 'なりすまし検査: 結果なし' },
  classification: { 1: '機密性1', 2: '機密性2', 3: '機密性3' },
  inPlaceOf: (name: string) => `（${name}さんの代決）`,
  noAutomatic: '自動では承認されません。',
}

export type FactWords = typeof ja

const en: FactWords = {
  unnamed: 'unnamed file',
  wholeMessage: 'the whole message',
  holds: objects => ` (with ${objects})`,
  and: ', ',
  place: 'terminals of the Internet side only',
  broughtPlace: '“Pick up”, as a disarmed file',
  antivirus: { clean: 'nothing found (no guarantee that it is safe)', 'not-scanned': 'not scanned' },
  sender: { pass: 'sender checks: passed', partly: 'sender checks: passed in part', fail: 'sender checks: failed. Ask the sender by telephone', none: 'sender checks: no results' },
  classification: { 1: 'confidentiality 1', 2: 'confidentiality 2', 3: 'confidentiality 3' },
  inPlaceOf: name => ` (in place of ${name})`,
  noAutomatic: 'Nothing is approved by itself.',
}

const TEXTS: Readonly<Record<Language, FactWords>> = { ja, en }

export function factWords(language: Language): FactWords {
  return TEXTS[language]
}

export function partName({ partId, name, removed }: Pick<RequestedPart, 'partId' | 'name' | 'removed'>, language: Language): string {
  const words = factWords(language)
  const objects = removed.map(kind => OBJECTS[kind]).filter(facts => !('unseen' in facts)).slice(0, 3)
  return `${name || (partId === '' ? words.wholeMessage : words.unnamed)}${objects.length > 0 ? words.holds(objects.map(each => each[language]).join(words.and)) : ''}`
}

export type SenderVerdict = keyof FactWords['sender']

/** DMARC decides; without it, a failed SPF that no signature makes up for is a failure (as in the notice). */
export function senderVerdict(checks: KeptRequest['facts']['senderChecks']): SenderVerdict {
  const of = (method: string) => checks.filter(each => each.method === method).map(each => each.result)
  if (of('dmarc').includes('fail')) return 'fail'
  if (of('dmarc').includes('pass')) return 'pass'
  const signed = of('dkim').includes('pass')
  if (!signed && of('spf').some(result => result === 'fail' || result === 'hardfail')) return 'fail'
  return signed || of('spf').includes('pass') ? 'partly' : 'none'
}
