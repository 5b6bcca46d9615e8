/**
 * HTML by tagged templates that escape whatever is put into them.
 *
 *   html`<td title="${untrustedName}">${untrustedName}</td>`
 *
 * A value may stand in text or in a quoted attribute value, nowhere else (no tag or attribute names, no unquoted values,
 * nothing inside <script> or <style>; there are none). Addresses are written by us. Only `html` makes SafeHtml, so what
 * has not been through here cannot reach a page.
 */
export class SafeHtml {
  /** Finished HTML. */
  readonly markup: string
  private constructor(markup: string) {
    this.markup = markup
  }
  /** For `html` alone. */
  static made(markup: string): SafeHtml {
    return new SafeHtml(markup)
  }
}

export type Child = SafeHtml | string | number | undefined | false | readonly Child[]

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

export function html(literals: TemplateStringsArray, ...children: readonly Child[]): SafeHtml {
  let markup = literals[0]!
  for (const [index, child] of children.entries()) markup += markupOf(child) + literals[index + 1]!
  return SafeHtml.made(markup)
}

/** Attributes that stand or fall with a condition: html`<input ${flag('required', needed)}>`. The name is ours. */
export function flag(name: 'checked' | 'selected' | 'required' | 'disabled' | 'hidden' | 'multiple' | 'autofocus' | 'open', isSet: boolean): SafeHtml {
  return SafeHtml.made(isSet ? name : '')
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, char => ESCAPES[char]!)
}

function markupOf(child: Child): string {
  if (child === undefined || child === false) return ''
  if (child instanceof SafeHtml) return child.markup
  if (typeof child === 'string') return escapeHtml(child)
  if (typeof child === 'number') return String(child)
  let markup = ''
  for (const each of child) markup += markupOf(each)
  return markup
}
