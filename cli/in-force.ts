/**
 * A configuration made ready for use: everything read and worked out that could fail, before any of it is used.
 *
 *   config ── settle ──▶ InForce ──▶ options of the rooms (rooms.ts)
 *
 * A reload settles the new one first; only when that has worked do the rooms change over (reload.ts).
 */
import { createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { acceptedDomains } from '../config/recipients.ts'
import type { Config } from '../config/schema.ts'
import type { ArcKey } from '../core/mime/authentication.ts'
import { parseRecipient, type Recipient } from '../core/seal/age.ts'
import type { Mailbox } from '../core/smtp/envelope.ts'
import { createLookUp, type LookUp } from '../gateway/dns.ts'
import { CallAhead } from '../gateway/inbound/call-ahead.ts'
import type { ClassBook } from '../gateway/inbound/class-book.ts'
import type { RecipientPolicy } from '../gateway/inbound/groups.ts'
import { type LoopGuard, loopGuard } from '../gateway/inbound/loop.ts'
import { type RecipientCheck, RecipientFile, recipientCheck } from '../gateway/inbound/recipients.ts'
import type { TransactionDeps } from '../gateway/inbound/transaction.ts'
import { HopExtensions } from '../gateway/outbound/hop-extensions.ts'
import { recipientProbe } from '../gateway/outbound/recipient-probe.ts'
import type { RouteTable } from '../gateway/outbound/routes.ts'
import { retentionChooser } from './class-retention.ts'
import { policyChooser } from './recipient-policy.ts'
import { readSecret, storeSettings } from './store-settings.ts'
import { ourHostname, routeTable } from './wiring.ts'

export type InForce = {
  readonly config: Config
  readonly hostname: string
  readonly routes: RouteTable
  readonly extensions: HopExtensions
  readonly lookUp: LookUp
  readonly loop: LoopGuard
  readonly arcKey: ArcKey | undefined
  readonly policyFor: (mailbox: Mailbox) => RecipientPolicy
  readonly retentionFor: TransactionDeps['retentionFor']
  readonly recipientFile: RecipientFile | undefined
  readonly checkRecipient: RecipientCheck
  readonly postmaster: Mailbox
  readonly storeSettings: Awaited<ReturnType<typeof storeSettings>>
  /** Public keys that the originals of a tenant are sealed to. */
  readonly recipientsOf: (tenant: string) => readonly Recipient[]
}

const NEGATIVE_ANSWER_MS = 60_000
const PROBE_TIMEOUT_MS = 20_000

/** Rejects when a file or key that it names cannot be used. */
export async function settle(config: Config, classOf: ClassBook['classOf'], onRecipientFileError: (error: unknown) => void): Promise<InForce> {
  const store = await storeSettings(config)
  const { recipientFile: path } = config.smtp
  const recipientFile = path === '' ? undefined : new RecipientFile(path, Date.now, onRecipientFileError)
  const routes = routeTable(config)
  const keys = new Map(Object.entries(store.recipients).map(([tenant, lines]) => [tenant, lines.flatMap(line => parseRecipient(line) ?? [])]))
  const domains = [...acceptedDomains(config)]
  const hostname = ourHostname(config)
  return {
    config,
    hostname,
    routes,
    extensions: new HopExtensions(routes, { connectMs: config.relay.timeouts.connectMs, replyMs: PROBE_TIMEOUT_MS }),
    lookUp: createLookUp({ servers: config.auth.resolvers, timeoutMs: config.auth.timeoutMs, nowMs: Date.now }),
    loop: loopGuard(await readSecret(join(config.dataDir, 'mail/loop.key')), config.smtp.maxReceived),
    arcKey: await readArcKey(config),
    policyFor: policyChooser(config, routes, classOf),
    retentionFor: retentionChooser(config),
    recipientFile,
    checkRecipient: recipientCheck({
      domains,
      ...(recipientFile ? { file: recipientFile } : {}),
      ...(config.smtp.callAhead.enabled ? { callAhead: callAhead(config, routes) } : {}),
    }),
    postmaster: `postmaster@${domains[0] ?? hostname}` as Mailbox,
    storeSettings: store,
    recipientsOf: tenant => keys.get(tenant) ?? [],
  }
}

async function readArcKey({ auth: { arc } }: Config): Promise<ArcKey | undefined> {
  if (arc.keyFile === '') return undefined
  const privateKeyPem = await readFile(arc.keyFile, 'utf8')
  try {
    createPrivateKey(privateKeyPem)
  } catch (error) {
    throw new Error(`auth.arc.keyFile ${arc.keyFile} holds no usable private key`, { cause: error })
  }
  return { domain: arc.domain, selector: arc.selector, privateKeyPem }
}

function callAhead({ smtp }: Config, routes: RouteTable): CallAhead {
  return new CallAhead({
    probe: recipientProbe(routes, PROBE_TIMEOUT_MS),
    positiveMs: smtp.callAhead.cacheMinutes * 60_000,
    negativeMs: Math.min(NEGATIVE_ANSWER_MS, smtp.callAhead.cacheMinutes * 60_000),
    maxEntries: 100_000,
    maxUnderWay: 50,
    nowMs: Date.now,
  })
}
