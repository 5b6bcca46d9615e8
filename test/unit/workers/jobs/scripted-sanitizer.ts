/**
 * Stands in for core/sanitize.ts in a really launched process: does what the message says.
 *
 *   Do: loop          (full mode)         Do-Plain: exit      (plain mode)
 */
import { hash } from 'node:crypto'
import { isMainThread } from 'node:worker_threads'
import type { SanitizeJob, SanitizeResult } from '../../../../core/job.ts'
import { compose } from '../../../../core/mime/compose.ts'
import { encodeUnstructured } from '../../../../core/mime/encode.ts'
import type { Sanitizing, SanitizeTools } from '../../../../core/sanitize.ts'
import { attack } from './attacks.ts'

const held: Buffer[] = []
const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

export function beginSanitize(job: SanitizeJob, tools: SanitizeTools): Sanitizing {
  const kept: Uint8Array[] = []
  let bytes = 0
  return {
    write(chunk) {
      if (bytes < 65_536) kept.push(chunk.slice())
      bytes += chunk.length
      if (Buffer.from(chunk.subarray(0, 400)).includes('Slow: yes')) busy(30)
    },
    async end() {
      const message = Buffer.concat(kept).toString('latin1')
      const field = (name: string) => new RegExp(`^${name}: ?(.*?)\\r?$`, 'm').exec(message)?.[1] ?? ''
      const text = await act(field(job.mode === 'plain' ? 'Do-Plain' : 'Do'), tools, job.groups[0]!.id)
      const body = message.slice(message.indexOf('\r\n\r\n') + 4).replace(/\r\n/g, '\n')
      return resultOf(job, {
        subject: field('Subject'),
        text: text ?? (bytes < 65_536 ? body : `${bytes} bytes`),
        lie: field('Lie'),
      })
    },
  }
}

async function act(what: string, tools: SanitizeTools, group: string): Promise<string | undefined> {
  const [verb = '', ...given] = what.split(' ')
  if (verb === 'loop') for (;;);
  if (verb === 'heap') growHeap()
  if (verb === 'buffers') growBuffers()
  if (verb === 'exit') process.exit(3)
  if (verb === 'throw') throw new Error('scripted')
  if (verb === 'sleep') await sleep(Number(given[0]))
  if (verb === 'busy') busy(Number(given[0]))
  if (verb === 'keep') held.push(Buffer.alloc(Number(given[0]) * 2 ** 20, 1))
  if (verb === 'never') await new Promise(() => {})
  if (verb === 'attack') return attack(given)
  if (verb === 'attack-in-thread') return isMainThread ? process.exit(3) : attack(given)
  if (verb === 'lookup') return (await Promise.all(given.map(name => lookup(tools, name)))).join('\n')
  if (verb === 'heavy') return (await Promise.all(given.map(type => rebuild(tools, group, type)))).join('\n')
  return undefined
}

async function lookup(tools: SanitizeTools, name: string): Promise<string> {
  return tools.lookupTxt(name).then(
    records => `${name} ${JSON.stringify(records)}`,
    error => `${name} ${error.code}`,
  )
}

async function rebuild(tools: SanitizeTools, group: string, detectedType: string): Promise<string> {
  const answer = await tools.disarmHeavy(
    { untrustedBytes: Buffer.from('abc'), untrustedName: 'a.txt', detectedType, declaredCharset: undefined, mode: 'disarm' },
    group,
  )
  if (answer.kind === 'rebuilt')
    return `${detectedType} rebuilt ${Buffer.from(answer.file.bytes).toString()} ${answer.file.extension}`
  return `${detectedType} ${answer.kind}${answer.kind === 'kept' ? ` ${answer.reason}` : ''}`
}

function busy(ms: number): void {
  const untilMs = performance.now() + ms
  while (performance.now() < untilMs);
}

/** Grows past the heap limit in a way that V8 answers by ending the whole process. */
function growHeap(): never {
  const map = new Map<number, number>()
  for (let i = 0; ; i++) map.set(i, i)
}

/** Outside V8's heap: no limit of a thread holds here. */
function growBuffers(): never {
  const kept: Buffer[] = []
  for (;;) {
    kept.push(Buffer.alloc(16 * 2 ** 20, 1))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
  }
}

export type Wish = { readonly subject: string; readonly text: string; readonly lie?: string }

/** A composed message per group; `lie` makes the manifest say something else. */
export function resultOf(job: SanitizeJob, { subject, text, lie }: Wish): SanitizeResult {
  const groups = job.groups.map(group => {
    const composed = compose({
      queueId: job.queueId,
      fields: [
        { name: 'Subject', value: encodeUnstructured(subject) },
        { name: 'Message-ID', value: '<a@b.example>' },
      ],
      subject,
      messageId: '<a@b.example>',
      text,
      iso2022Jp: undefined,
      files: [],
      seed: job.seed,
    })
    const manifest = lie === 'text' ? { ...composed.manifest, textSha256: hash('sha256', 'other') } : composed.manifest
    const queueId = (lie === 'queue' ? 'another' : manifest.queueId) as typeof manifest.queueId
    const report = {
      verdict: 'relay' as const,
      profile: group.policy.profile,
      policyVersion: group.policy.version,
      parts: [],
      findings: [],
    }
    return { id: group.id, message: composed.message, manifest: { ...manifest, queueId }, report }
  })
  return {
    verdict: { kind: 'relay' },
    groups,
    reversePathConfirmed: false,
    summary: { messageId: '', subject, from: job.mode, receivedCount: 0, loopMarks: [] },
  }
}
