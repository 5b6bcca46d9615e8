/** What is said when the vault does not do what was asked: why, and what to do next. */
import { OBJECTS } from '../../core/objects.ts'
import { reasonOf } from '../../core/text/reasons.ts'
import { html, type SafeHtml } from '../http/html.ts'
import type { Language, Page } from '../http/route.ts'
import type { Refusal } from '../ports.ts'
import { messageTexts } from '../texts/message.ts'

export function refusalText({ reason, object }: Refusal, language: Language): string {
  const texts = messageTexts(language)
  if (Object.hasOwn(texts.cannot, reason)) return texts.cannot[reason]!
  const { why, next } = reasonOf(reason)
  return texts.cannotOther(why[language].replace('{object}', object === undefined ? '' : OBJECTS[object][language]), next[language])
}

export function refusalPage(refusal: Refusal, language: Language, back: SafeHtml): Page {
  const status = refusal.reason === 'busy' ? 503 : refusal.reason === 'rate' ? 429 : refusal.reason === 'gone' ? 410 : 422
  const body = html`<div class="notice problem" role="alert"><p>${refusalText(refusal, language)}</p></div>${back}`
  return { kind: 'page', status, title: messageTexts(language).cannotTitle, body }
}
