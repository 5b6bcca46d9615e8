/**
 * The door to mailauth for DKIM and DMARC: one message's signatures and what its domain wants of them.
 *
 *   octets ──▶ [SignatureCheck: dkim-feed ▸ mailauth's verifier with dkim-body] ──▶ results
 *
 * Runs before anything is changed, and only for strangers. Look-ups go through the injected resolver; without DNS the result is
 * `temperror`, never a delay. Loaded on first use: behind a listed upstream none of it is needed.
 * Standards: RFC 6376 (DKIM), RFC 7489 and its successor RFC 9989 (DMARC).
 */
import { createPublicKey } from 'node:crypto'
import type { SenderCheck, SpfOutcome } from '../job.ts'
import type { AuthResult, Resolver } from './authentication.ts'
import { BodyDigest } from './dkim-body.ts'
import { DkimFeed, type FedVerifier, type ParsedHeader } from './dkim-feed.ts'

type VerifiedSignature = {
  readonly id?: string
  readonly signingDomain?: string
  readonly selector?: string
  readonly status: { readonly result: string; readonly aligned?: string | false; readonly underSized?: number }
}

type KeyRules = { readonly strict?: boolean; readonly hashAlgo?: string }
type PublicKey = { publicKey: unknown; readonly keyType: string }
type KeyCache = { get(type: string, name: string, minBitLength: number | undefined, rules?: KeyRules): Promise<PublicKey> }

/** What is used of mailauth's verifier; its declarations leave out the class. */
type Verifier = FedVerifier & {
  readonly results: readonly VerifiedSignature[]
  readonly headerFrom: readonly string[]
  readonly fromFields: number
  readonly bodyHashes: Map<string, BodyDigest>
  keyCache: KeyCache
  addBodyHash(canonicalization: string, algorithm: string, mostBytes: number | ''): string
}

type Dmarc = { readonly response: { readonly status: { readonly result: string; readonly header?: { readonly from?: string } } } | false }

type Code = {
  readonly evaluateDmarc: (options: Record<string, unknown>) => Promise<Dmarc>
  readonly DkimVerifier: new (options: { readonly resolver: Resolver; readonly curTime: Date }) => Verifier
  readonly getPublicKey: (type: string, name: string, minBitLength: number | undefined, resolver: Resolver, rules?: KeyRules) => Promise<PublicKey>
  readonly toALabel: (domain: string) => string
  readonly normalizeDomainName: (domain: string) => string
}

/** Kept once it is there, so that a message need not wait for a promise, and its octets not for the message. `import` takes some 30 µs each time. */
let code: Code | undefined

async function loadCode(): Promise<Code> {
  // @ts-expect-error The package declares its functions, not this class.
  const { DkimVerifier } = await import('mailauth/lib/dkim/dkim-verifier.js')
  // @ts-expect-error The package does not declare this module.
  const { getPublicKey, toALabel, normalizeDomainName } = await import('mailauth/lib/tools.js')
  const { evaluateDmarc } = (await import('mailauth/lib/dmarc/index.js')) as unknown as Pick<Code, 'evaluateDmarc'>
  return (code ??= { DkimVerifier, getPublicKey, toALabel, normalizeDomainName, evaluateDmarc })
}

/** DKIM and DMARC over one message as it streams by. Feed every received octet, then ask once. */
export class SignatureCheck {
  readonly #resolver: Resolver
  readonly #wanted: readonly SenderCheck[]
  readonly #nowMs: number
  /** Copies of what comes before the code is loaded. */
  readonly #early: Buffer[] = []
  #verifier: Verifier | undefined
  #feed: DkimFeed | undefined
  #broken = false

  /** `nowMs` is the time of receipt: signatures expire by it. */
  constructor(wanted: readonly SenderCheck[], resolver: Resolver, nowMs: number) {
    this.#wanted = wanted
    this.#resolver = askedOnce(resolver)
    this.#nowMs = nowMs
    if (code) this.#open(code)
    // Else `finish` waits for it, and hears why it cannot be had.
    else loadCode().then(loaded => this.#opened(loaded)).catch(() => (this.#broken = true))
  }

  /** The octets are read during the call. Never throws. */
  write(chunk: Uint8Array): void {
    const octets = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    if (this.#feed) this.#write(octets)
    else this.#early.push(Buffer.from(octets))
  }

  /** Never rejects: what cannot be checked is `temperror`. */
  async finish(spf: SpfOutcome | undefined): Promise<readonly AuthResult[]> {
    try {
      const verifier = this.#opened(code ?? (await loadCode()))
      if (this.#broken) return this.#unchecked()
      const ended = this.#feed!.end()
      ended.catch(() => undefined)
      if (this.#wanted.includes('dmarc')) this.#askAhead(verifier)
      await ended
      const dmarc = this.#wanted.includes('dmarc') ? [await dmarcResult(verifier, spf, this.#resolver)] : []
      return [...(this.#wanted.includes('dkim') ? dkimResults(verifier) : []), ...dmarc]
    } catch {
      return this.#unchecked()
    } finally {
      if (this.#verifier) letGo(this.#verifier)
    }
  }

  #opened(loaded: Code): Verifier {
    return this.#verifier ?? this.#open(loaded)
  }

  #open(loaded: Code): Verifier {
    const verifier = openVerifier(loaded, this.#resolver, this.#nowMs)
    this.#verifier = verifier
    this.#feed = new DkimFeed(verifier)
    for (const octets of this.#early.splice(0)) this.#write(octets)
    return verifier
  }

  #write(octets: Buffer): void {
    if (this.#broken) return
    try {
      this.#feed!.write(octets)
    } catch {
      this.#broken = true
    }
  }

  /** What the walk to the policy will ask for one after the other goes out together with the question for the key. */
  #askAhead({ headerFrom }: Verifier): void {
    const domain = code!.normalizeDomainName(headerFrom[0]?.slice(headerFrom[0].lastIndexOf('@') + 1) ?? '')
    const labels = domain.split('.')
    if (labels.length > MOST_AHEAD) return
    for (let from = 0; from < labels.length; from++) this.#resolver(`_dmarc.${labels.slice(from).join('.')}`, 'TXT').catch(() => undefined)
  }

  #unchecked(): readonly AuthResult[] {
    return this.#wanted.map(method => ({ method, result: 'temperror', properties: [] }))
  }
}

/** Questions about policy that leave enough of a message's ten for its keys (workers/questions.ts). */
const MOST_AHEAD = 5

function askedOnce(resolver: Resolver): Resolver {
  const asked = new Map<string, Promise<unknown>>()
  return (name, type) => {
    const key = `${type} ${name.toLowerCase()}`
    const answer = asked.get(key) ?? resolver(name, type)
    asked.set(key, answer)
    return answer
  }
}

function openVerifier(loaded: Code, resolver: Resolver, nowMs: number): Verifier {
  const verifier = new loaded.DkimVerifier({ resolver, curTime: new Date(nowMs) })
  const begin = verifier.messageHeaders.bind(verifier)
  return Object.assign(verifier, {
    messageHeaders: (header: ParsedHeader) => begin(withFewSignatures(header)),
    addBodyHash: (canonicalization: string, algorithm: string, mostBytes: number | '') => addDigest(verifier.bodyHashes, { canonicalization, algorithm, mostBytes }),
    keyCache: keysBy(loaded, resolver),
  })
}

/** What a verifier has of its message, and what refers to it. */
const HELD = ['headers', 'signatureHeaders', 'results', 'headerFrom', 'bodyHashes', 'arc', 'keyCache', 'messageHeaders', 'addBodyHash', 'resolver', 'options']
const NOTHING = Object.fromEntries(HELD.map(name => [name, undefined]))

/**
 * The verifier is a Writable of Node: it stays in V8's old generation until the whole heap is collected (docs/performance/notes.md,
 * *What stays until the whole heap is collected*). Nothing of a message may stay there with it.
 */
function letGo(verifier: Verifier): void {
  Object.assign(verifier, NOTHING)
}

/** Each signature may want a digest of its own over the whole body, so the sender must not choose how many are looked at. */
const MOST_SIGNATURES = 5
/** Names that a signature lists are looked for among all fields. */
const MOST_SIGNATURE_BYTES = 16 * 1024
/** Sets of foreign sealers are not used here, and their signatures would cost as much. */
const UNUSED_FIELDS = new Set(['arc-seal', 'arc-message-signature', 'arc-authentication-results'])

function withFewSignatures(header: ParsedHeader): ParsedHeader {
  let signatures = 0
  const isKept = ({ key, line }: ParsedHeader['parsed'][number]) =>
    !UNUSED_FIELDS.has(key) && (key !== 'dkim-signature' || (line.length <= MOST_SIGNATURE_BYTES && ++signatures <= MOST_SIGNATURES))
  return { ...header, parsed: header.parsed.filter(isKept) }
}

/** What mailauth asks of its own digests beyond ours. */
class VerifiersDigest extends BodyDigest {
  setContentType(): void {}
  getMimeStructureStart(): undefined {}
}

type WantedDigest = { readonly canonicalization: string; readonly algorithm: string; readonly mostBytes: number | '' }

function addDigest(digests: Map<string, BodyDigest>, { canonicalization, algorithm, mostBytes }: WantedDigest): string {
  const key = [canonicalization, algorithm, mostBytes].join(':')
  const rules = {
    canonicalization: canonicalization === 'relaxed' ? 'relaxed' : 'simple',
    algorithm: algorithm === 'sha1' ? 'sha1' : 'sha256',
    mostBytes: mostBytes === '' ? undefined : mostBytes,
  } as const
  if (!digests.has(key)) digests.set(key, new VerifiersDigest(rules))
  return key
}

/** Keys by the record that they were read from: reading one takes as long as checking two signatures. */
const keys = new Map<string, Promise<PublicKey>>()
const MOST_KEYS = 1000
/** A record of more is read anew each time. */
const MOST_KEPT_CHARS = 2048

/** The record itself is asked for with every message. */
function keysBy({ getPublicKey, toALabel }: Code, resolver: Resolver): KeyCache {
  return {
    async get(type, name, minBitLength, rules) {
      const records = await resolver(toALabel(name), 'TXT')
      const read = () => getPublicKey(type, name, minBitLength, async () => records, rules)
      const record = JSON.stringify([records, minBitLength, rules])
      if (record.length > MOST_KEPT_CHARS) return read()
      const known = keys.get(record)
      if (known) return known
      if (keys.size >= MOST_KEYS) keys.delete(keys.keys().next().value ?? '')
      const key = read().then(withKeyObject)
      key.catch(() => undefined)
      keys.set(record, key)
      return key
    },
  }
}

/** mailauth hands the key's text to node:crypto, which would read it anew for each signature. */
function withKeyObject(key: PublicKey): PublicKey {
  return { ...key, publicKey: createPublicKey(String(key.publicKey)) }
}

function dkimResults(verifier: Verifier): AuthResult[] {
  const checked = verifier.results.map(signature => ({
    method: 'dkim',
    result: signature.status.result,
    properties: [['header.d', signature.signingDomain ?? ''], ['header.s', signature.selector ?? '']] as const,
  }))
  return checked.length > 0 ? checked : [{ method: 'dkim', result: 'none', properties: [] }]
}

async function dmarcResult(verifier: Verifier, spf: SpfOutcome | undefined, resolver: Resolver): Promise<AuthResult> {
  const { response } = await code!.evaluateDmarc({
    headerFrom: verifier.headerFrom,
    fromFields: verifier.fromFields,
    spfDomains: spf?.result === 'pass' ? [spf.domain] : [],
    dkimDomains: verifier.results
      .filter(signature => signature.status.result === 'pass')
      .map(signature => ({
        id: signature.id,
        domain: signature.signingDomain,
        aligned: signature.status.aligned,
        underSized: signature.status.underSized,
      })),
    resolver,
  })
  if (!response) return { method: 'dmarc', result: 'permerror', properties: [] }
  return { method: 'dmarc', result: response.status.result, properties: [['header.from', response.status.header?.from ?? '']] }
}
