/**
 * From facts to fate: what policy wants for each part that is not body text, and what came of trying.
 *
 *   expand ──▶ [decideParts ──▶ rebuildFiles] ──▶ report, notice, compose
 *
 * Some facts leave no choice: what was not understood is kept back whatever the policy says. These built-in
 * decisions stand here, before the table is asked.
 */
import { isStray, isTextCandidate, nameOf, type PartNode } from './collect.ts'
import type { DisarmerTable } from './disarm/registry.ts'
import { FINDINGS, type FindingCode } from './finding.ts'
import { boundsOf, type PolicyGroup, type SanitizeLimits } from './job.ts'
import { lastExtension } from './media/filename.ts'
import { type Decision, decide } from './policy/decide.ts'
import type { Policy } from './policy/model.ts'
import { type FileTask, type Rebuilt, rebuildFile } from './rebuild.ts'
import type { ReasonKey } from './text/reasons.ts'

/** The heavy lane, which may be full. `group` names the policy. */
export type DisarmHeavy = (task: FileTask, group: string) => Promise<Rebuilt | { readonly kind: 'pending' }>

const STRUCTURE_GROUPS = ['header.', 'type.', 'boundary.', 'structure.', 'base64.', 'qp.', 'uuencode.']
const OPAQUE_MAIL = new Set(['application/pkcs7-mime', 'application/x-pkcs7-mime', 'application/pgp-encrypted'])

/** What to do with one part that is not body text. */
export function decidePart(node: PartNode, policy: Policy): Decision {
  const reason = builtInReason(node)
  if (reason !== undefined) return { disposition: 'quarantine', rule: `built-in:${reason}`, reason }
  return decide(
    {
      detectedType: node.detected?.type ?? 'application/octet-stream',
      extension: lastExtension(nameOf(node.head)),
      role: isInline(node) ? 'inline' : 'attachment',
      encrypted: node.detected?.encrypted ?? false,
      bytes: node.bytes,
      findings: node.findings.map(finding => finding.code),
    },
    policy,
  )
}

/** Meant to be seen inside the text: said so, or named so that a text can refer to it. A fax is neither. */
function isInline({ head }: PartNode): boolean {
  return head.contentDisposition === 'inline' || (head.contentDisposition === undefined && head.contentId !== '')
}

/** Why a part is kept back whatever the policy says; undefined where the policy has a say. */
export function builtInReason(node: PartNode): ReasonKey | undefined {
  const type = node.head.contentType.type
  if (OPAQUE_MAIL.has(type) || OPAQUE_MAIL.has(node.detected?.type ?? '') || isInsideEncrypted(node)) return 'encrypted-mail'
  if (type === 'message/partial') return 'partial-message'
  if (type === 'message/external-body') return 'external-content'
  const codes = node.findings.map(finding => finding.code)
  if (codes.some(code => code.startsWith('limit.'))) return 'limit-exceeded'
  if (isStray(node)) return 'extra-text'
  if (codes.some(isDangerousStructure)) return 'ambiguous-structure'
  if (isTextCandidate(node.head) && node.overLimit) return 'too-large'
  return undefined
}

function isDangerousStructure(code: FindingCode): boolean {
  return FINDINGS[code].weight === 'danger' && STRUCTURE_GROUPS.some(group => code.startsWith(group))
}

function isInsideEncrypted(node: PartNode): boolean {
  return node.parent?.head.contentType.type === 'multipart/encrypted'
}

export type FileOutcome = Awaited<ReturnType<DisarmHeavy>>

/** Rebuilds each part that policy wants rebuilt, once per part and policy whatever the number of groups. */
export class Rebuilder {
  readonly #disarmers: DisarmerTable
  readonly #heavy: DisarmHeavy
  readonly #limits: SanitizeLimits
  readonly #done = new Map<Policy, Map<PartNode, Promise<FileOutcome>>>()

  constructor(disarmers: DisarmerTable, heavy: DisarmHeavy, limits: SanitizeLimits) {
    this.#disarmers = disarmers
    this.#heavy = heavy
    this.#limits = limits
  }

  rebuild(node: PartNode, decision: Decision, group: PolicyGroup): Promise<FileOutcome> {
    const done = this.#done.get(group.policy) ?? new Map<PartNode, Promise<FileOutcome>>()
    this.#done.set(group.policy, done)
    const result = done.get(node) ?? this.#rebuild(node, decision, group)
    done.set(node, result)
    return result
  }

  async #rebuild(node: PartNode, decision: Decision, { id, policy }: PolicyGroup): Promise<FileOutcome> {
    if (node.overLimit) return { kind: 'kept', reason: 'too-large', members: [] }
    const untrustedBytes = contentOf(node)
    const detectedType = node.detected?.type ?? ''
    const family = this.#disarmers.get(detectedType)
    if (!family || !untrustedBytes) return { kind: 'kept', reason: 'cannot-disarm', members: [] }
    const task: FileTask = {
      untrustedBytes,
      untrustedName: nameOf(node.head),
      detectedType,
      declaredCharset: node.head.contentType.params.get('charset'),
      mode: decision.disposition === 'raster' ? 'raster' : 'disarm',
    }
    if (family.lane === 'heavy') return this.#heavy(task, id)
    return rebuildFile(task, { disarmers: this.#disarmers, policy, bounds: boundsOf(this.#limits) })
  }
}

/** A text that could not become the body is a file like any other. */
function contentOf(node: PartNode): Uint8Array | undefined {
  return node.content ?? (node.text === undefined ? undefined : new TextEncoder().encode(node.text))
}
