/**
 * The portal's window on the running of the gateway: Operations over its control socket.
 *
 *   page ──▶ here ──rpc──▶ gateway           replay: pages of stored files ◀── gateway; decided here, a page at a time
 *                    └──▶ collector          draft and certificates: files that this process may read
 */
import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { DraftBase } from '../config/draft.ts'
import { PORTAL_FACES } from '../config/faces.ts'
import { recipientSettings } from '../config/recipients.ts'
import type { Config } from '../config/schema.ts'
import { Replaying } from '../core/policy/replay.ts'
import { handOver } from '../gateway/collector.ts'
import type { AuditSource, InspectionFacts, Operations, PolicyVersion, ReplayAnswer, ReplayAsk } from '../portal/ports.ts'
import type { ChainedRecord } from '../store/audit.ts'
import { readDraftApart } from './config-source.ts'
import type { ControlClient } from './control-client.ts'
import { gatewayForPages } from './gateway-for-pages.ts'

export type OperationsOptions = {
  readonly config: Config
  /** Of the configuration file; undefined when there is none. */
  readonly configPath: string | undefined
  readonly environment: NodeJS.ProcessEnv
}

export function operationsClient({ config, configPath, environment }: OperationsOptions): Operations {
  const gateway = gatewayForPages(config.controlSocket)
  return {
    health: async () => {
      const { oldestDueAtMs, ...status } = await gateway.call('status', {})
      return { ...status, oldestDueAtMs }
    },
    series: question => gateway.call('overview.series', { question }),
    top: question => gateway.call('overview.top', { question }),
    expiries: (tenant, fromMs, days) => gateway.call('overview.expiries', { tenant, fromMs, days }),
    queue: filter => gateway.call('queue.list', { filter }),
    retry: (filter, by) => gateway.call('queue.retry', { filter, by }),
    hold: (filter, by) => gateway.call('queue.hold', { filter, by }),
    drop: (filter, by) => gateway.call('queue.drop', { filter, by }),
    quarantine: filter => gateway.call('quarantine.list', { filter }),
    pin: (queueId, tenant, pinned, by) => gateway.call('quarantine.pin', { queueId, tenant, pinned, by }),
    purge: (filter, by, dryRun) => gateway.call('quarantine.purge', { filter, by, dryRun }),
    trace: filter => gateway.call('trace', { filter }),
    reports: (queueId, tenant) => gateway.call('report', { queueId, tenant }),
    policies: () => gateway.call('policy.scopes', {}),
    policyVersions: limit => policyVersions(gateway, limit),
    replay: ask => replayDraft(gateway, ask, { text: textOf(configPath), baseDir: dirname(resolve(configPath ?? '.')), environment }),
    setEmergency: (state, by) => gateway.call('emergency.set', { state, by }),
    inspection: () => inspectionFacts(gateway, config),
    collector: config.portal.collector,
    forward: messages => handOver(messages, { address: config.portal.collector, caFile: config.portal.collectorCaFile }),
    audit: gatewayAudit(gateway),
  }
}

function gatewayAudit(gateway: ControlClient): AuditSource {
  return {
    name: 'gateway',
    page: question => gateway.call('overview.audit', { question }),
    verify: () => gateway.call('audit.verify', {}),
    checkpoint: () => gateway.call('audit.checkpoint', {}),
    records: async function* (sinceSeq) {
      const lines = createInterface({ input: Readable.from(await gateway.stream('audit.export', { sinceSeq })), crlfDelay: Number.POSITIVE_INFINITY })
      for await (const line of lines) yield JSON.parse(line) as ChainedRecord
    },
  }
}

async function policyVersions(gateway: ControlClient, limit: number): Promise<PolicyVersion[]> {
  const { records } = await gateway.call('overview.audit', { question: { kinds: ['config'], subject: 'policy', limit } })
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  return records.map(({ atMs, actor, detail }) => ({ atMs, actor, reason: text(detail['reason']), version: text(detail['version']), yaml: text(detail['yaml']) }))
}

/** Messages that one replay looks at; a busy week of a town. */
const MOST_REPLAYED = 20_000
const REPLAY_PAGE = 250

/** Decided in this process, between other requests; the gateway only reads pages. */
export async function replayDraft(
  gateway: Pick<ControlClient, 'call'>,
  { tenant, yaml, sinceMs }: ReplayAsk,
  base: DraftBase,
): Promise<ReplayAnswer> {
  const draft = await readDraftApart(yaml, base)
  if ('problems' in draft) return { kind: 'problems', problems: draft.problems }
  const settingsOf = recipientSettings(draft.config)
  const replaying = new Replaying()
  let before: number | undefined
  let reachedMs = sinceMs
  for (let looked = 0; looked < MOST_REPLAYED; looked += REPLAY_PAGE) {
    const page = await gateway.call('overview.stored', { tenant, sinceMs, limit: REPLAY_PAGE, ...(before === undefined ? {} : { before }) })
    for (const message of page.messages) replaying.add(message, settingsOf(message.recipients[0] ?? '').policy)
    await nextTurn()
    before = page.next
    if (before === undefined) return { kind: 'replayed', replay: replaying.result(), reachedMs: sinceMs }
    reachedMs = page.messages.at(-1)?.acceptedAtMs ?? reachedMs
  }
  return { kind: 'replayed', replay: replaying.result(), reachedMs }
}

function textOf(path: string | undefined): string {
  try {
    return path === undefined ? '' : readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

async function inspectionFacts(gateway: ControlClient, config: Config): Promise<InspectionFacts> {
  const [facts, scopes] = await Promise.all([gateway.call('inspection.facts', {}), gateway.call('policy.scopes', {})])
  const { portal, smtp } = config
  const faces = PORTAL_FACES.map(name => ({ name, face: portal[name] }))
  return {
    ...facts,
    scopes,
    listeners: faces.filter(({ face }) => face.enabled).map(({ name, face }) => ({ name, address: `${face.address}:${face.port}`, tls: face.certificateFile !== '' || face.origin.startsWith('https:'), clients: face.clients.length })),
    certificates: [smtp.tls.certFile, ...faces.map(({ face }) => face.certificateFile)].filter(file => file !== '').map(certificateOf),
    lastBackupAtMs: portal.backupStamp === '' ? undefined : timeOf(portal.backupStamp),
    backupStampSet: portal.backupStamp !== '',
  }
}

function certificateOf(file: string): InspectionFacts['certificates'][number] {
  try {
    const { subject, validTo } = new X509Certificate(readFileSync(file))
    return { file, name: subject.replaceAll('\n', ', '), untilMs: Date.parse(validTo), problem: '' }
  } catch (error) {
    return { file, name: '', untilMs: undefined, problem: error instanceof Error ? error.message : String(error) }
  }
}

function timeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs
}
