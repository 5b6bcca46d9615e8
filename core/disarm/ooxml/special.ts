/**
 * What the judges of single elements share: how an element's own attributes are read, and how one is written as it is.
 *
 *   elements.ts, objects.ts ──▶ [valueIn, plain, ranged] ──▶ markup.ts
 */
import type { XmlAttribute } from '../xml.ts'
import type { Decision, Markup, OpenElement } from './markup.ts'
import { hasQualifiedAttributes, shortOf } from './namespaces.ts'

export type Special = (markup: Markup, open: OpenElement) => Decision | undefined

/** The value that is written, too: one of the same name in another namespace says nothing. */
export function valueIn({ short, element }: OpenElement, local: string): string {
  const namespace = hasQualifiedAttributes(short) ? element.namespace : ''
  return element.attributes.find(each => each.local === local && each.namespace === namespace)?.value ?? ''
}

export function linkIn({ element }: OpenElement): string {
  return element.attributes.find(each => each.local === 'id' && shortOf(each.namespace) === 'r')?.value ?? ''
}

export function plain(markup: Markup, open: OpenElement): { readonly attributes: readonly XmlAttribute[] } | 'drop' {
  const attributes = markup.attributesOf(open)
  return attributes ? { attributes } : 'drop'
}

/** Writes the element, and tells where it stands when it is finished. */
export function ranged(markup: Markup, open: OpenElement, closed: (range: readonly [number, number], text: string) => void): Decision {
  const from = markup.writer.mark()
  const decision = plain(markup, open)
  if (decision === 'drop') return decision
  let whole = ''
  return {
    ...decision,
    text(text) {
      whole = text
      markup.writer.text(text)
    },
    closed: () => closed([from, markup.writer.mark()], whole),
  }
}
