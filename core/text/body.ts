/**
 * The delivered body: which texts of a message a person is meant to read, in order, as plain text.
 *
 * Alternatives are settled (text or HTML), related and mixed parts taken in order, attached messages quoted below
 * a heading, reports and invitations put into words. Files are not touched here: a leaf without an entry in
 * `outcomes` is a file, for policy to decide.
 * Standards: RFC 2046 §5.1 (multipart), RFC 2387 (related), RFC 3676 (flowed), RFC 6522 (report), RFC 5545 (calendar).
 */
import { isCut, isStray, isTextCandidate, type PartNode } from '../collect.ts'
import type { Finding } from '../finding.ts'
import type { LinkPolicy } from '../policy/model.ts'
import type { Outcome } from '../verdict.ts'
import { headerValue } from '../mime/header.ts'
import { decodeUnstructured } from '../mime/words.ts'
import { calendarToText, isTimetable } from './calendar.ts'
import { enrichedToText } from './enriched.ts'
import { unflow } from './flowed.ts'
import { makeHarmless, makeHarmlessLine } from './harmless.ts'
import { htmlToText } from './html.ts'
import { defang } from './links.ts'
import { escapeLookalikes, type Language, noticeText } from './notice-texts.ts'
import { deliveryStatusToText, dispositionNotificationToText } from './reports.ts'

export type BodyOptions = {
  readonly links: LinkPolicy
  readonly language: Language
  readonly texts: Readonly<Record<string, string>>
  readonly maxChars: number
}

export type Body = {
  readonly text: string
  readonly outcomes: ReadonlyMap<PartNode, Outcome>
  readonly findings: readonly Finding[]
  readonly hiddenTexts: number
  /** Content-IDs that the chosen HTML shows inside the text. */
  readonly referencedIds: ReadonlySet<string>
}

export function composeBody(roots: readonly PartNode[], options: BodyOptions): Body {
  const writer = new BodyWriter(options)
  const text = writer.blocks(roots).join('\n\n')
  return {
    text: escapeLookalikes(text).replace(/\n{4,}/g, '\n\n\n').replace(/^\n+/, '').trimEnd(),
    outcomes: writer.outcomes,
    findings: writer.findings,
    hiddenTexts: writer.hiddenTexts,
    referencedIds: writer.referencedIds,
  }
}

class BodyWriter {
  readonly outcomes = new Map<PartNode, Outcome>()
  readonly findings: Finding[] = []
  readonly referencedIds = new Set<string>()
  hiddenTexts = 0
  #charsLeft: number
  readonly #options: BodyOptions

  constructor(options: BodyOptions) {
    this.#options = options
    this.#charsLeft = options.maxChars
  }

  blocks(nodes: readonly PartNode[]): string[] {
    return nodes.flatMap(node => this.#block(node)).filter(text => text !== '')
  }

  #block(node: PartNode): string[] {
    if (node.head.kind === 'message') return this.#attachedMessage(node)
    if (node.head.kind === 'leaf') return [...this.#leaf(node), ...this.blocks(node.children)]
    this.outcomes.set(node, 'container')
    switch (node.head.contentType.type) {
      case 'multipart/alternative':
        return this.#alternative(node)
      case 'multipart/related':
        return this.blocks(relatedRootFirst(node))
      case 'multipart/signed':
        return this.#signed(node)
      case 'multipart/encrypted':
        return this.#encrypted(node)
      default:
        return this.blocks(node.children)
    }
  }

  #signed(node: PartNode): string[] {
    const [content, ...signatures] = node.children
    for (const signature of signatures) if (isSignature(signature)) this.outcomes.set(signature, 'superseded')
    return content ? this.blocks([content]) : []
  }

  /** Its first part only says by which method (RFC 3156 §4): the second one is what is kept back. */
  #encrypted(node: PartNode): string[] {
    const [control, content] = node.children
    const isControl = control?.head.contentType.type === 'application/pgp-encrypted' && control.bytes <= CONTROL_BYTES
    if (isControl && content) this.outcomes.set(control, 'superseded')
    return []
  }

  /** One representation is delivered; the texts of the others are superseded, their files stay files. */
  #alternative(node: PartNode): string[] {
    const plain = node.children.find(child => child.head.contentType.type === 'text/plain' && child.text !== undefined)
    const rich = node.children.find(child => textLeaves(child).some(leaf => leaf.head.contentType.type === 'text/html'))
    const chosen = plain && rich ? (prefersHtml(plain, rich) ? rich : plain) : (plain ?? rich ?? node.children.at(-1))
    const extra = node.children.filter(child => child !== chosen && child.head.contentType.type === 'text/calendar')
    for (const child of node.children) {
      if (child === chosen || extra.includes(child)) continue
      for (const leaf of textLeaves(child)) this.outcomes.set(leaf, 'superseded')
      for (const container of containers(child)) this.outcomes.set(container, 'container')
    }
    return this.blocks(chosen ? [chosen, ...extra] : extra)
  }

  #leaf(node: PartNode): string[] {
    if (node.text === undefined || !isTextCandidate(node.head) || isStray(node) || isCut(node)) return []
    if (node.text.length > this.#charsLeft) return []
    const written = this.#render(node, node.text)
    if (written === undefined) return []
    this.#charsLeft -= node.text.length
    this.outcomes.set(node, 'body')
    return [written.trimEnd()]
  }

  /** Harmless first: an invisible character inside a link would hide it from defanging. */
  #plain(node: PartNode, text: string): string {
    return defang(this.#harmless(node, this.#unflowed(node, text)), this.#options.links)
  }

  #harmless(node: PartNode, text: string): string {
    const harmless = makeHarmless(text)
    for (const finding of harmless.findings) this.findings.push({ ...finding, partId: node.head.id })
    return harmless.text
  }

  /** Undefined when the text is not what its label says and has to be treated as a file. */
  #render(node: PartNode, text: string): string | undefined {
    const { language } = this.#options
    const harmless = (converted: string | undefined) => (converted === undefined ? undefined : this.#harmless(node, converted))
    switch (node.head.contentType.type) {
      case 'text/html':
        // Markup that only exists after decoding UTF-7 was meant to be missed: it is shown, not interpreted.
        return isUtf7(node) ? this.#plain(node, text) : harmless(this.#html(node, text))
      case 'text/enriched':
        return this.#plain(node, enrichedToText(text))
      case 'text/calendar':
        if (node.head.contentDisposition === 'attachment' && isTimetable(text)) return undefined
        return harmless(calendarToText(text, language))
      case 'message/delivery-status':
      case 'message/global-delivery-status':
        return harmless(deliveryStatusToText(text, language))
      case 'message/disposition-notification':
        return harmless(dispositionNotificationToText(text, language))
      default:
        return this.#plain(node, text)
    }
  }

  #unflowed(node: PartNode, text: string): string {
    const { params } = node.head.contentType
    if (params.get('format')?.toLowerCase() !== 'flowed') return text
    return unflow(text, { delSp: params.get('delsp')?.toLowerCase() === 'yes' })
  }

  #html(node: PartNode, html: string): string {
    const { links, language } = this.#options
    const converted = htmlToText(html, { links, language, maxChars: this.#charsLeft })
    for (const finding of converted.findings) this.findings.push({ ...finding, partId: node.head.id })
    for (const image of converted.images) if (image.cid !== '') this.referencedIds.add(image.cid)
    this.hiddenTexts += converted.hiddenCount
    return converted.text
  }

  /** An attached message: who, when, what, then its text as a quotation. Its files are parts like any other. */
  #attachedMessage(node: PartNode): string[] {
    this.outcomes.set(node, 'container')
    const inner = this.blocks(node.children).join('\n\n')
    const quoted = inner === '' ? '' : inner.split('\n').map(line => (line === '' ? '>' : `> ${line}`)).join('\n')
    const heading = [this.#word('attachedMail'), ...this.#headingFields(node)].join('\n')
    return [[heading, '', quoted, this.#word('attachedMailEnd')].join('\n')]
  }

  #headingFields(node: PartNode): string[] {
    const header = node.children[0]?.head.header ?? []
    return (['subject', 'from', 'to', 'date'] as const).flatMap(key => {
      const value = makeHarmlessLine(decodeUnstructured(headerValue(header, key) ?? '').text, 300)
      return value === '' ? [] : [`${this.#word(key)}: ${defang(value, this.#options.links)}`]
    })
  }

  #word(key: Parameters<typeof noticeText>[0]): string {
    return noticeText(key, this.#options)
  }
}

/** RFC 2387 §3.1: the part named by `start`, else the first. */
function relatedRootFirst(node: PartNode): readonly PartNode[] {
  const start = node.head.contentType.params.get('start')?.replace(/^<|>$/g, '')
  const root = start ? node.children.find(child => child.head.contentId === start) : undefined
  return root ? [root, ...node.children.filter(child => child !== root)] : node.children
}

function isUtf7(node: PartNode): boolean {
  return node.findings.some(finding => finding.code === 'charset.utf7')
}

/** `Version: 1` with some room. */
const CONTROL_BYTES = 64
const SIGNATURE_TYPES = new Set(['application/pkcs7-signature', 'application/x-pkcs7-signature', 'application/pgp-signature'])

function isSignature(node: PartNode): boolean {
  return SIGNATURE_TYPES.has(node.head.contentType.type)
}

function textLeaves(node: PartNode): PartNode[] {
  if (node.head.kind === 'leaf') return isTextCandidate(node.head) && node.text !== undefined && !isStray(node) ? [node] : []
  return node.head.kind === 'message' ? [] : node.children.flatMap(textLeaves)
}

function containers(node: PartNode): PartNode[] {
  return node.head.kind === 'multipart' ? [node, ...node.children.flatMap(containers)] : []
}

const SHORT_STUB_CHARS = 200
/** Bounded repetitions only: this runs over hostile HTML. */
const MEANINGFUL_MARKUP = /<(?:s|strike|del)[\s>]|line-through|color\s{0,3}[:=]\s{0,3}["']?(?:red|#?(?:f00|ff0000|c00000|e60012)\b)/i

/**
 * HTML is the better source when the plain text is empty, a mere "please view as HTML", or when strike-through or
 * red text carries a meaning that the plain text has lost. Otherwise the sender's own plain text wins.
 */
function prefersHtml(plain: PartNode, rich: PartNode): boolean {
  const text = plain.text!.trim()
  const html = textLeaves(rich).find(leaf => leaf.head.contentType.type === 'text/html')?.text ?? ''
  if (text === '') return true
  if (text.length < SHORT_STUB_CHARS && /html/i.test(text)) return true
  if (text.length < SHORT_STUB_CHARS && visibleChars(html) > text.length * 20) return true
  return MEANINGFUL_MARKUP.test(html)
}

/** About how much text stands outside of tags; linear whatever the input. */
function visibleChars(html: string): number {
  return html.split('>').reduce((sum, segment) => {
    const tag = segment.indexOf('<')
    return sum + (tag < 0 ? segment.length : tag)
  }, 0)
}
