/**
 * From facts to fate: what policy wants for each part that is not body text, and what came of trying.
 *
 *   expand ──▶ [decideParts ──▶ rebuildFiles] ──▶ report, notice, compose
 *
 * Some facts leave no choice: what was not understood is kept back whatever the policy says. These built-in
 * decisions stand here, before the table is asked.
 */
import { isStray, isTextCandidate, nameOf, type PartNode } from './collect.ts'
import type { Disarmed, DisarmInput } from './disarm/contract.ts'
import type { DisarmerTable } from './disarm/registry.ts'
import { FINDINGS, type FindingCode } from './finding.ts'
import type { SanitizeLimits } from './job.ts'
import { lastExtension } from './media/filename.ts'
import { type Decision, decide } from './policy/decide.ts'
import type { Policy } from './policy/model.ts'
import type { ReasonKey } from './text/reasons.ts'

/** Where a disarmer runs: in place, or by way of the heavy lane, which may be full. */
export type DisarmHeavy = (input: DisarmInput) => Promise<Disarmed | { readonly kind: 'pending' }>

export type Rebuilt =
  | { readonly kind: 'rebuilt'; readonly file: Extract<Disarmed, { kind: 'rebuilt' }> }
  | { readonly kind: 'kept'; readonly reason: ReasonKey }
  | { readonly kind: 'pending' }

const STRUCTURE_GROUPS = ['header.', 'type.', 'boundary.', 'structure.', 'base64.', 'qp.']
const OPAQUE_MAIL = new Set(['application/pkcs7-mime', 'application/x-pkcs7-mime', 'application/pgp-encrypted'])

/** What to do with one part that is not body text. */
export function decidePart(node: PartNode, policy: Policy): Decision {
  const reason = builtInReason(node)
  if (reason !== undefined) return { disposition: 'quarantine', rule: `built-in:${reason}`, reason }
  return decide(
    {
      detectedType: node.detected?.type ?? 'application/octet-stream',
      extension: lastExtension(nameOf(node.head)),
      role: node.head.contentDisposition === 'attachment' ? 'attachment' : 'inline',
      encrypted: node.detected?.encrypted ?? false,
      bytes: node.bytes,
      findings: node.findings.map(finding => finding.code),
    },
    policy,
  )
}

function builtInReason(node: PartNode): ReasonKey | undefined {
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

/** Runs the disarmer for each part that policy wants rebuilt, once per part whatever the number of policies. */
export class Rebuilder {
  readonly #disarmers: DisarmerTable
  readonly #heavy: DisarmHeavy
  readonly #limits: SanitizeLimits
  readonly #done = new Map<PartNode, Promise<Rebuilt>>()

  constructor(disarmers: DisarmerTable, heavy: DisarmHeavy, limits: SanitizeLimits) {
    this.#disarmers = disarmers
    this.#heavy = heavy
    this.#limits = limits
  }

  rebuild(node: PartNode): Promise<Rebuilt> {
    let result = this.#done.get(node)
    if (!result) {
      result = this.#rebuild(node)
      this.#done.set(node, result)
    }
    return result
  }

  async #rebuild(node: PartNode): Promise<Rebuilt> {
    if (node.overLimit) return { kind: 'kept', reason: 'too-large' }
    const untrustedBytes = contentOf(node)
    const detectedType = node.detected?.type ?? ''
    const disarmer = this.#disarmers.get(detectedType)
    if (!disarmer || !untrustedBytes) return { kind: 'kept', reason: 'cannot-disarm' }
    const input: DisarmInput = {
      untrustedBytes,
      detectedType,
      declaredCharset: node.head.contentType.params.get('charset'),
      limits: { outputBytes: this.#limits.fileBytes },
    }
    const disarmed = await (disarmer.lane === 'heavy' ? this.#heavy(input) : disarmer.disarm(input))
    if (disarmed.kind === 'pending') return disarmed
    return disarmed.kind === 'rebuilt' ? { kind: 'rebuilt', file: disarmed } : { kind: 'kept', reason: REASON_OF[disarmed.reason] }
  }
}

/** A text that could not become the body is a file like any other. */
function contentOf(node: PartNode): Uint8Array | undefined {
  return node.content ?? (node.text === undefined ? undefined : new TextEncoder().encode(node.text))
}

const REASON_OF: Readonly<Record<Extract<Disarmed, { kind: 'cannot' }>['reason'], ReasonKey>> = {
  malformed: 'malformed',
  unsupported: 'cannot-disarm',
  limit: 'too-large',
  encrypted: 'encrypted',
  blocked: 'dangerous-type',
}
