/** Pieces of administrators' pages: tables, fields, numbers. They escape by being made of `html`. */
import type { Readable } from 'node:stream'
import { type Child, html, type SafeHtml } from '../http/html.ts'
import { token } from '../http/frame.ts'
import type { Language, Visit } from '../http/route.ts'
import { adminTexts } from '../texts/admin.ts'

const LOCALES: Readonly<Record<Language, string>> = { ja: 'ja-JP', en: 'en-GB' }

export function number(value: number, language: Language): string {
  return value.toLocaleString(LOCALES[language])
}

export type Column = { readonly label: string; readonly isNumber?: true; /** A moment: stays on one line. */ readonly isTime?: true }

/** A table that becomes cards on narrow windows. The first cell heads its row; a heading stands above, the caption is for who cannot see that. */
export function dataTable(caption: string, columns: readonly Column[], rows: readonly (readonly Child[])[]): SafeHtml {
  const cell = (value: Child, index: number) => {
    const { label, isNumber, isTime } = columns[index]!
    if (index === 0) return html`<th scope="row">${value}</th>`
    return html`<td data-name="${label}" class="${isNumber ? 'number' : isTime ? 'nowrap' : ''}">${value}</td>`
  }
  return html`<div class="table" role="region" aria-label="${caption}" tabindex="0"><table class="cards">
<caption class="hide">${caption}</caption>
<thead><tr>${columns.map(({ label, isNumber }) => html`<th scope="col" class="${isNumber ? 'number' : ''}">${label}</th>`)}</tr></thead>
<tbody>${rows.map(cells => html`<tr>${cells.map(cell)}</tr>\n`)}</tbody>
</table></div>`
}

export function facts(rows: readonly (readonly [name: string, value: Child])[]): SafeHtml {
  return html`<dl class="facts">${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`
}

type FieldOptions = { readonly name: string; /** Where a name stands twice on a page. */ readonly id?: string; readonly label: string; readonly value?: string; readonly hint?: string; readonly type?: 'text' | 'date' | 'month' | 'search'; readonly required?: boolean; readonly wrong?: string }

export function field({ name, id = name, label, value = '', hint, type = 'text', required = false, wrong }: FieldOptions): SafeHtml {
  const notes = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(' ')
  return html`<div class="field"><label for="${id}">${label}</label>
${hint && html`<p class="hint" id="${id}-hint">${hint}</p>`}
<input id="${id}" name="${name}" type="${type}" value="${value}" autocomplete="off" ${required && html`required`} ${notes !== '' && html`aria-describedby="${notes}"`} ${wrong && html`aria-invalid="true"`}>
${wrong && html`<p class="wrong" id="${id}-wrong">${wrong}</p>`}</div>`
}

/** Every act of an administrator has a reason, which stands in the audit chain. */
export function reasonField(language: Language, wrong?: string, id = 'reason'): SafeHtml {
  const { reason, reasonHint, reasonMissing } = adminTexts(language)
  return field({ name: 'reason', id, label: reason, hint: reasonHint, required: true, ...(wrong === undefined ? {} : { wrong: reasonMissing }) })
}

export function actForm(visit: Visit, action: string, inside: Child): SafeHtml {
  return html`<form method="post" action="${action}" data-once>${token(visit)}${inside}</form>`
}

export function noticeBox(kind: 'problem' | 'warning' | 'done' | '', inside: Child): SafeHtml {
  return html`<div class="notice ${kind}" ${(kind === 'problem' || kind === 'warning') && html`role="alert"`}>${inside}</div>`
}

/** A link to the next page of a list; the question goes along. */
export function nextLink(visit: Visit, after: string | number | undefined, label: string): SafeHtml | undefined {
  if (after === undefined) return undefined
  return html`<p><a class="button second" href="${withQuery(visit, { after: String(after) })}">${label}</a></p>`
}

/** This page's address with fields of its query changed; '' takes one away. Values are encoded. */
export function withQuery(visit: Visit, changes: Readonly<Record<string, string>>, fields: readonly string[] = QUERY_FIELDS): string {
  const query = new URLSearchParams()
  for (const name of fields) for (const value of changes[name] === undefined ? visit.query.all(name) : [changes[name]]) if (value !== '') query.append(name, value)
  return `${visit.path}?${query}`
}

const QUERY_FIELDS = ['q', 'kind', 'actor', 'subject', 'text', 'from', 'until', 'state', 'sender', 'file', 'to', 'chain', 'after', 'tenant', 'group', 'by', 'grain', 'month']

/** A list as a file for spreadsheets. */
export function csvAnswer(name: string, octets: string | Readable) {
  return { kind: 'file', name, mediaType: 'text/csv; charset=utf-8', bytes: typeof octets === 'string' ? Buffer.from(octets) : octets } as const
}
