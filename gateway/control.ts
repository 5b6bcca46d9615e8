/**
 * The control socket: how `sekisho queue`, `quarantine`, `emergency` … ask the running gateway.
 *
 * One database has one writer, which is why the commands come here. Lists and messages for people are read here as well.
 *
 *   cli/control-client.ts, cli/mail-client.ts ──rpc──▶ here ──▶ StoreAdmin, and hooks into listener and relay
 */
import type { StaffMail, StaffMailAnswer } from '../core/own-mail.ts'
import type { RpcMethods, RpcServer, RpcStreams } from '../rpc/server.ts'
import { startRpc } from '../rpc/server.ts'
import { actParam, asParams, countParam, flagParam, type Params, textParam } from '../rpc/params.ts'
import type { Act, Emergency, MailReads, StoreAdmin } from '../store/contract.ts'
import type { StoreOverview } from '../store/overview.ts'
import type { ClassPiece } from './inbound/class-book.ts'
import {
  checkpointParam,
  classPieceParam,
  emergencyParam,
  filterParam,
  letterParam,
  mailQuestionParam,
  narrowFilterParam,
  purgeFilterParam,
  quarantineFilterParam,
} from './control-params.ts'
import { type GatewayFacts, OVERVIEW_METHODS, type PolicyScope } from './overview-methods.ts'
import type { ControlMethod, ControlMethods, ControlStream, GatewayStatus, ReloadOutcome } from './control-protocol.ts'

export type ControlOptions = {
  readonly socketPath: string
  readonly store: StoreAdmin & MailReads & StoreOverview
  readonly status: () => Promise<GatewayStatus>
  /** The state is recorded already; listener and relay follow it now. */
  readonly onEmergency: (state: Emergency, by: Act) => void | Promise<void>
  /** A mail of ours in words, to one of the staff. */
  readonly notify: (mail: StaffMail) => Promise<StaffMailAnswer>
  /** What the portal says about confidentiality; true when a town's book is whole. */
  readonly tellClasses: (piece: ClassPiece) => Promise<boolean>
  /** Entries were made due: the relay need not wait for its timer. */
  readonly onQueueChanged: () => void
  /** Reads the configuration again; what is wrong with it is an answer. */
  readonly reload: (by: Act) => Promise<ReloadOutcome>
  /** The tables in force. */
  readonly scopes: () => readonly PolicyScope[]
  readonly facts: () => GatewayFacts
  /** What went wrong, for the log. */
  readonly onError: (error: unknown) => void
}

export type ControlServer = RpcServer

export function startControl(options: ControlOptions): Promise<ControlServer> {
  const methods: RpcMethods = Object.fromEntries(
    Object.entries(METHODS).map(([name, method]) => [name, (params: Params) => method(options, params)]),
  )
  const streams: RpcStreams = Object.fromEntries(
    Object.entries(STREAMS).map(([name, stream]) => [name, (params: Params) => stream(options, params)]),
  )
  return startRpc({ socketPath: options.socketPath, methods, streams, onError: options.onError })
}

type Methods = {
  readonly [M in ControlMethod]: (options: ControlOptions, params: Params) => Promise<ControlMethods[M]['result']>
}

const METHODS: Methods = {
  ...OVERVIEW_METHODS,
  status: ({ status }) => status(),
  'queue.list': ({ store }, params) => store.listQueue(filterParam(params)),
  'queue.retry': async ({ store, onQueueChanged }, params) => {
    const count = await store.retry(filterParam(params), actParam(params))
    onQueueChanged()
    return count
  },
  'queue.hold': ({ store }, params) => store.hold(narrowFilterParam(params), actParam(params)),
  'queue.drop': ({ store }, params) => store.drop(narrowFilterParam(params), actParam(params)),
  'quarantine.list': ({ store }, params) => store.listQuarantine(quarantineFilterParam(params)),
  'quarantine.purge': ({ store }, params) =>
    store.purge(purgeFilterParam(params), actParam(params), flagParam(params, 'dryRun')),
  'quarantine.pin': ({ store }, params) =>
    store.pin(textParam(params, 'queueId'), textParam(params, 'tenant'), flagParam(params, 'pinned'), actParam(params)),
  report: ({ store }, params) => store.report(textParam(params, 'queueId'), textParam(params, 'tenant')),
  trace: ({ store }, params) => store.trace(filterParam(params)),
  'emergency.get': ({ store }) => store.emergency(),
  'emergency.set': async ({ store, onEmergency }, params) => {
    const [state, by] = [emergencyParam(params), actParam(params)]
    await store.setEmergency(state, by)
    await onEmergency(state, by)
    return state
  },
  'mail.list': ({ store }, params) => store.listMails(mailQuestionParam(params)),
  'mail.notify': ({ notify }, params) => notify(letterParam(params)),
  'mail.message': async ({ store }, params) => (await store.mailMessage(textParam(params, 'publicId'))) ?? null,
  'classes.tell': ({ tellClasses }, params) => tellClasses(classPieceParam(asParams(params['piece']))),
  'config.reload': ({ reload }, params) => reload(actParam(params)),
  'audit.verify': ({ store }, params) => store.verifyAudit(checkpointParam(params)),
  'audit.checkpoint': ({ store }) => store.checkpoint(),
}

const STREAMS: {
  readonly [S in ControlStream]: (options: ControlOptions, params: Params) => AsyncIterable<Uint8Array | string>
} = {
  'quarantine.export': ({ store }, params) =>
    store.exportOriginal(textParam(params, 'queueId'), textParam(params, 'tenant'), actParam(params)),
  'audit.export': ({ store }, params) => store.exportAudit(countParam(params, 'sinceSeq')),
}
