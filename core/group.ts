/**
 * One composed message for the recipients of one policy, with its report.
 *
 *   body ▸ decide ▸ disarm ▸ report ▸ notice ▸ compose
 *
 * Parsing was done once for all groups; files are rebuilt once for all groups (Rebuilder).
 */
import { everyNode, isCut, nameOf, type PartNode } from './collect.ts'
import { decidePart, type FileOutcome, type Rebuilder } from './dispose.ts'
import type { Expansion } from './expand.ts'
import type { Finding } from './finding.ts'
import type { ComposedGroup, PolicyGroup, SanitizeJob } from './job.ts'
import { renamed, safeFileName, uniqueNames } from './media/filename.ts'
import { type AuthResult, formatResults, senderWarning } from './mime/authentication.ts'
import { compose, type OutFile } from './mime/compose.ts'
import { type ComposedFields, composeFields } from './mime/fields.ts'
import type { HeaderField } from './mime/part.ts'
import { BODY_TEXT, type Decision } from './policy/decide.ts'
import { type Body, composeBody } from './text/body.ts'
import { makeHarmlessLine } from './text/harmless.ts'
import { encodeIso2022Jp, inJisCharacters } from './text/iso2022jp-encode.ts'
import { composeNotice, type MessageNotes } from './text/notice.ts'
import { noticeText } from './text/notice-texts.ts'
import { type MemberReport, type Outcome, type PartReport, type Report, wantsFile } from './verdict.ts'

export type ReadMessage = {
  readonly roots: readonly PartNode[]
  readonly header: readonly HeaderField[]
  readonly findings: readonly Finding[]
  readonly expansion: Expansion
  readonly authentication: readonly AuthResult[]
}

export type GroupResult = { readonly composed: ComposedGroup; readonly rejectedBy: string | undefined }

type Settled = {
  readonly node: PartNode
  readonly decision: Decision
  readonly outcome: Outcome
  readonly rebuilt: FileOutcome | undefined
  deliveredName: string | undefined
  besideName?: string
}

export async function sanitizeForGroup(job: SanitizeJob, group: PolicyGroup, message: ReadMessage, rebuilder: Rebuilder): Promise<GroupResult> {
  const { policy, notice } = group
  const body = composeBody(message.roots, {
    links: policy.links,
    language: notice.language,
    texts: notice.texts,
    maxChars: job.limits.bodyBytes,
  })
  const settled = await settleParts(message, body, group, rebuilder)
  nameFiles(settled)
  const fields = composeFields({
    job,
    policy,
    header: message.header,
    authenticationResults: formatResults(job.hostname, message.authentication),
  })
  const parts = settled.map(each => partReport(each, body))
  const text = assembleText(group, body, { parts, fields, inlineImages: inlineImages(settled, body), notes: notesOf(group, message, body, fields) })
  const iso2022Jp = policy.bodyCharset === 'iso-2022-jp' ? encodeIso2022Jp(text.replace(/\n/g, '\r\n')) : undefined
  const composed = compose({
    queueId: job.queueId,
    fields: fields.fields,
    subject: fields.subject,
    messageId: fields.messageId,
    text: iso2022Jp ? inJisCharacters(text) : text,
    iso2022Jp,
    files: settled.flatMap(outFiles),
    seed: job.seed,
  })
  const rejectedBy = settled.find(each => each.decision.disposition === 'reject')?.decision.rule
  const report: Report = {
    verdict: 'relay',
    profile: policy.profile,
    policyVersion: policy.version,
    parts,
    findings: [...message.findings, ...fields.findings],
    ...(message.authentication.length > 0 ? { senderChecks: message.authentication.map(({ method, result }) => ({ method, result })) } : {}),
  }
  return { composed: { id: group.id, ...composed, report }, rejectedBy }
}

/** Every part ends in exactly one outcome. */
async function settleParts(message: ReadMessage, body: Body, group: PolicyGroup, rebuilder: Rebuilder): Promise<Settled[]> {
  const settled: Settled[] = []
  for (const node of everyNode(message.roots)) {
    const known = body.outcomes.get(node) ?? structuralOutcome(node, message)
    if (known) settled.push({ node, decision: BODY_TEXT, outcome: known, rebuilt: undefined, deliveredName: undefined })
    else settled.push(await settleFile(node, group, rebuilder))
  }
  return settled
}

function structuralOutcome(node: PartNode, { expansion }: ReadMessage): Outcome | undefined {
  if (node.head.kind !== 'leaf' || expansion.opened.has(node)) return 'container'
  return node.bytes === 0 && nameOf(node.head) === '' && !isCut(node) ? 'superseded' : undefined
}

async function settleFile(node: PartNode, group: PolicyGroup, rebuilder: Rebuilder): Promise<Settled> {
  const decision = decidePart(node, group.policy)
  const rebuilt = wantsFile(decision.disposition) ? await rebuilder.rebuild(node, decision, group) : undefined
  const outcome: Outcome = rebuilt?.kind === 'rebuilt' ? 'rebuilt' : rebuilt?.kind === 'pending' ? 'pending' : 'quarantined'
  return { node, decision, outcome, rebuilt, deliveredName: undefined }
}

/** Exact names survive where they are harmless; the extension says what the rebuilt file is. */
function nameFiles(settled: readonly Settled[]): void {
  const wanted = settled.flatMap(each => {
    if (each.rebuilt?.kind !== 'rebuilt') return []
    const { extension, beside } = each.rebuilt.file
    const { name } = safeFileName(nameOf(each.node.head), { fallback: `attachment-${each.node.head.id || '1'}.${extension}` })
    const own = { each, key: 'deliveredName', name: renamed(name, extension) } as const
    return beside ? [own, { each, key: 'besideName', name: renamed(name, beside.extension) } as const] : [own]
  })
  uniqueNames(wanted.map(({ name }) => name)).forEach((name, index) => {
    const { each, key } = wanted[index]!
    each[key] = name
  })
}

function outFiles({ rebuilt, deliveredName, besideName }: Settled): OutFile[] {
  if (rebuilt?.kind !== 'rebuilt' || deliveredName === undefined) return []
  const { mediaType, bytes, beside } = rebuilt.file
  const own = { name: deliveredName, mediaType, bytes }
  return beside && besideName !== undefined ? [own, { name: besideName, mediaType: beside.mediaType, bytes: beside.bytes }] : [own]
}

function partReport({ node, decision, outcome, rebuilt, deliveredName, besideName }: Settled, body: Body): PartReport {
  const reason = reasonFor(outcome, decision, rebuilt)
  const members = membersOf(rebuilt)
  return {
    id: node.head.id,
    path: node.head.path,
    name: makeHarmlessLine(nameOf(node.head), 300),
    claimedType: node.head.contentType.type,
    detectedType: node.detected?.type ?? '',
    offset: node.derived ? 0 : (node.tail?.bodyOffset ?? node.head.offset),
    length: node.derived ? 0 : (node.tail?.bodyLength ?? 0),
    transferEncoding: node.head.transferEncoding,
    bytes: node.bytes,
    sha256: node.sha256,
    disposition: decision.disposition,
    rule: decision.rule,
    outcome,
    ...(reason === undefined ? {} : { reason }),
    ...(rebuilt?.kind === 'kept' && rebuilt.object !== undefined ? { object: rebuilt.object } : {}),
    ...(deliveredName === undefined ? {} : { deliveredName }),
    ...(besideName === undefined ? {} : { besideName }),
    removed: rebuilt?.kind === 'rebuilt' ? rebuilt.file.removed : [],
    findings: [...node.findings, ...rebuiltFindings(node, rebuilt), ...body.findings.filter(finding => finding.partId === node.head.id)],
    ...(members.length > 0 ? { members } : {}),
  }
}

function membersOf(rebuilt: FileOutcome | undefined): readonly MemberReport[] {
  if (rebuilt?.kind === 'rebuilt') return rebuilt.file.members
  return rebuilt?.kind === 'kept' ? rebuilt.members : []
}

function rebuiltFindings(node: PartNode, rebuilt: FileOutcome | undefined): Finding[] {
  return rebuilt?.kind === 'rebuilt' ? rebuilt.file.findings.map(finding => ({ ...finding, partId: node.head.id })) : []
}

function reasonFor(outcome: Outcome, decision: Decision, rebuilt: FileOutcome | undefined): string | undefined {
  if (outcome === 'pending') return 'processing'
  if (outcome !== 'quarantined') return undefined
  return rebuilt?.kind === 'kept' ? rebuilt.reason : decision.reason
}

type TextParts = {
  readonly parts: readonly PartReport[]
  readonly fields: ComposedFields
  readonly inlineImages: ReadonlySet<string>
  readonly notes: MessageNotes
}

function assembleText({ notice }: PolicyGroup, body: Body, { parts, fields, inlineImages, notes }: TextParts): string {
  const from = fields.replacedFrom === '' ? '' : `${noticeText('originalFrom', notice)}: ${fields.replacedFrom}\n\n`
  return `${composeNotice(parts, inlineImages, notes, notice)}${from}${body.text}`
}

/** Pictures that the text only shows: one line in the notice for all of them. */
function inlineImages(settled: readonly Settled[], body: Body): ReadonlySet<string> {
  const isShown = (node: PartNode) =>
    (node.detected?.type ?? node.head.contentType.type).startsWith('image/') && node.head.contentId !== '' && body.referencedIds.has(node.head.contentId)
  return new Set(settled.filter(each => isShown(each.node)).map(each => each.node.head.id))
}

function notesOf(group: PolicyGroup, message: ReadMessage, body: Body, fields: ComposedFields): MessageNotes {
  const delivered = everyNode(message.roots).filter(node => body.outcomes.get(node) === 'body')
  const findings = [...delivered.flatMap(node => node.findings), ...body.findings]
  const count = (code: string) => findings.filter(finding => finding.code === code).reduce((sum, finding) => sum + (Number(finding.detail) || 1), 0)
  const signed = everyNode(message.roots).some(node => node.head.contentType.type === 'multipart/signed')
  return {
    signatureDropped: signed || message.expansion.unsigned.size > 0,
    senderFailed: senderWarning(message.authentication) === 'failed',
    claimsOwnDomain: claimsToBe(fields, group.ownDomains),
    hiddenTexts: body.hiddenTexts,
    gaiji: count('charset.gaiji'),
    guessedCharset: delivered.some(({ findings }) => isDoubtful(findings)),
    linkMismatches: findings.filter(finding => finding.code === 'link.mismatch').length,
  }
}

/** Escape sequences and whole UTF-8 do not come about by chance: such a guess is no news for the reader. */
function isDoubtful(findings: readonly Finding[]): boolean {
  const has = (code: string) => findings.some(finding => finding.code === code)
  const guess = findings.find(finding => finding.code === 'charset.guessed')
  return guess !== undefined && (has('charset.invalid') || !/^(?:utf-8|iso-2022-jp)\b/.test(guess.detail ?? ''))
}

/** By any author's address, or by an address that a display name holds: mailers show the name alone. */
function claimsToBe({ authors, replacedFrom }: ComposedFields, ownDomains: readonly string[]): boolean {
  const written = [...authors.flatMap(({ name, address }) => [name, address]), replacedFrom].join(' ').normalize('NFKC').toLowerCase()
  const domains = [...written.matchAll(/@([a-z0-9.-]{1,253})/g)].map(([, domain]) => domain!.replace(/\.+$/, ''))
  return domains.some(domain => ownDomains.some(own => domain === own || domain.endsWith(`.${own}`)))
}
