/**
 * The audit chains for collectors and auditors, and whether all is well. A hand-over leaves a record of its own in the
 * portal's chain, as it does on the page; so does a verification.
 */
import { count, list, object, oneOf, ref, text, time } from '../../rest/openapi.ts'
import { Problem } from '../../rest/problem.ts'
import { AUDIT_KINDS, type ChainedRecord } from '../../store/audit.ts'
import { sealedExport } from '../../store/audit-file.ts'
import type { AuditVerdict } from '../../store/contract.ts'
import { headsOf } from '../admin/month.ts'
import type { TokenVisit } from '../http/route.ts'
import type { AuditSource } from '../ports.ts'
import { headAs } from './figures.ts'
import { type ApiOperation, type ApiRooms, choiceOf, given, iso, isoOrNull, json, momentOf, numberOf, operation, query, textOf } from './operation.ts'
import { jsonOf, linesOf, pageOf } from './schemas.ts'

const LIMIT = { usual: 100, most: 500 }
const EXPORT_LIMIT = { usual: 10_000, most: 1_000_000 }
const KINDS = Object.keys(AUDIT_KINDS)

export function recordOperations(rooms: ApiRooms): ApiOperation[] {
  return [
    operation({ path: '/chains', operationId: 'listChains', scope: 'health', summary: 'The last record of each audit chain', description: 'Kept elsewhere, a head shows later that its chain was not cut.', answer: jsonOf(object({ chains: list(ref('ChainHead')) })) }, async () =>
      json({ chains: (await headsOf(rooms.chains, Number.MAX_SAFE_INTEGER)).map(headAs) }),
    ),
    operation({ path: '/chains/{chain}/verification', operationId: 'verifyChain', scope: 'health', summary: 'Walks one chain from its beginning', description: 'Takes seconds where there are millions of records; who asks meanwhile gets the same answer.', answer: jsonOf(ref('Verification')) }, visit => verified(rooms, visit)),
    operation(
      { path: '/audit/{chain}', operationId: 'listRecords', scope: 'audit', summary: 'Records of one chain, newest first', parameters: [query('kind', oneOf(KINDS)), query('actor', text('Part of it.')), query('subject', text('Exactly.')), query('text', text('Anywhere in the details.')), query('since', time('')), query('until', time('')), query('after', text('`next` of the page before.')), query('limit', { ...count(), minimum: 1, maximum: LIMIT.most })], answer: jsonOf(pageOf('records', ref('AuditRecord'))) },
      async visit => {
        const kind = choiceOf(visit, 'kind', KINDS)
        const before = textOf(visit, 'after') === undefined ? undefined : numberOf(visit, 'after', { usual: 0, most: Number.MAX_SAFE_INTEGER })
        const conditions = given({ kinds: kind === undefined ? undefined : [kind], actor: textOf(visit, 'actor'), subject: textOf(visit, 'subject'), text: textOf(visit, 'text'), sinceMs: momentOf(visit, 'since'), untilMs: momentOf(visit, 'until'), before })
        const { records, next, searchedToMs } = await chainOf(rooms, visit).page({ ...conditions, tenant: visit.token.tenant, limit: numberOf(visit, 'limit', LIMIT) })
        return json({ records: records.map(recordAs), next: next === undefined ? null : String(next), searchedTo: isoOrNull(searchedToMs) })
      },
    ),
    operation(
      { path: '/audit/{chain}/export', operationId: 'exportRecords', scope: 'audit', summary: 'Records of one chain, oldest first, one a line', description: 'For collectors: ask again from the last number on. The last line is a seal, signed by the portal: `sekisho audit verify FILE` shows with it that no line was changed, added or taken away since. `seal.detail.through` is the last number that was looked at; go on behind it.', parameters: [query('from', count('Number of the first record that is wanted.')), query('limit', { ...count(), minimum: 1, maximum: EXPORT_LIMIT.most })], answer: linesOf({ type: 'object' }) },
      async visit => {
        const chain = chainOf(rooms, visit)
        const from = numberOf(visit, 'from', { usual: 1, most: Number.MAX_SAFE_INTEGER })
        const limit = numberOf(visit, 'limit', EXPORT_LIMIT)
        rooms.record({ tenant: visit.token.tenant, kind: 'handover', actor: `token:${visit.token.name}`, subject: 'audit', detail: { chain: chain.name, to: 'api', format: 'jsonl', from } })
        const { tenant, name } = visit.token
        const about = { tenant, actor: `token:${name}`, detail: { chain: chain.name, to: 'api', format: 'jsonl', from } }
        return { kind: 'lines', lines: sealedExport(chain.records(from), { isWanted: record => record.tenant === tenant, limit }, about, rooms.seal) }
      },
    ),
    operation({ path: '/health', operationId: 'getHealth', scope: 'health', summary: 'How the gateway is now', description: 'Of the whole house: for tokens of the first tenant alone.', answer: jsonOf(ref('Health')) }, async visit => {
      if (visit.token.tenant !== 'default') throw new Problem('forbidden')
      const { version, startedAtMs, reasons, emergency, queuedMessages, oldestDueAtMs, freeBytes, originalBytes, quotaBytes } = await rooms.operations.health()
      return json({ version, startedAt: iso(startedAtMs), isReady: reasons.length === 0, reasons, emergency, queuedMessages, oldestDue: isoOrNull(oldestDueAtMs), freeBytes, originalBytes, quotaBytes })
    }),
  ]
}

/** @throws Problem */
function chainOf({ chains }: ApiRooms, { params }: TokenVisit): AuditSource {
  const chain = chains.find(({ name }) => name === params['chain'])
  if (!chain) throw new Problem('not-found')
  return chain
}

function recordAs({ atMs, ...record }: ChainedRecord) {
  return { ...record, at: iso(atMs) }
}

const walking = new WeakMap<AuditSource, Promise<AuditVerdict>>()

/** One walk at a time, whoever asks. */
async function verified(rooms: ApiRooms, visit: TokenVisit) {
  const chain = chainOf(rooms, visit)
  const walk = walking.get(chain) ?? chain.verify().finally(() => walking.delete(chain))
  walking.set(chain, walk)
  const verdict = await walk
  rooms.record({ tenant: visit.token.tenant, kind: 'verify', actor: `token:${visit.token.name}`, subject: 'audit', detail: { ok: verdict.ok, chains: chain.name } })
  const whole = verdict.ok ? { records: verdict.records, headSeq: verdict.headSeq, headHash: verdict.headHash, brokenAt: null, problem: null } : { records: null, headSeq: null, headHash: null, brokenAt: verdict.seq, problem: verdict.problem }
  return json({ chain: chain.name, isWhole: verdict.ok, ...whole })
}
