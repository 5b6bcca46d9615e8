/**
 * Damaged files by the thousand: `node test/campaign/mutants.ts TYPE COUNT [SEED]`.
 *
 * Takes the fixtures that are of the type, flips, cuts, doubles and inserts octets, and disarms each. Ends with 1 when
 * a disarmer throws, hands back its input, or takes longer than allowed. The seed is printed: a run can be repeated.
 */
import { globSync, readFileSync } from 'node:fs'
import { DISARMERS } from '../../core/disarm/registry.ts'
import { detect } from '../../core/media/detect.ts'
import { disarmInput } from '../support/disarm.ts'

const MOST_MS = 10_000
const [type = '', count = '500', seed = '1'] = process.argv.slice(2)
const family = DISARMERS.get(type)
if (!family) {
  process.stderr.write(`usage: node test/campaign/mutants.ts TYPE COUNT [SEED]\nTYPE is one of: ${[...DISARMERS.keys()].join(' ')}\n`)
  process.exit(2)
}

let state = Number(seed) || 1
function below(limit: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 2 ** 32) * limit)
}

function mutant(bytes: Uint8Array): Uint8Array {
  let changed = Buffer.from(bytes)
  for (let change = below(4) + 1; change > 0 && changed.length > 0; change--) {
    const at = below(changed.length)
    const way = below(4)
    if (way === 0) for (let i = 0; i <= below(20); i++) changed[below(changed.length)] = below(256)
    else if (way === 1) changed = changed.subarray(0, at)
    else if (way === 2) changed = Buffer.concat([changed.subarray(0, at), changed.subarray(below(changed.length))])
    else changed = Buffer.concat([changed.subarray(0, at), Buffer.alloc(below(9), below(256)), changed.subarray(at)])
  }
  return new Uint8Array(changed)
}

async function fixtures(): Promise<Uint8Array[]> {
  const found: Uint8Array[] = []
  for (const path of globSync('test/fixtures/disarm/**/*.*').sort()) {
    const bytes = new Uint8Array(readFileSync(path))
    const { type: detected } = await detect(bytes, { size: bytes.length, name: path, claimedType: '' })
    if (detected === type) found.push(bytes)
  }
  return found
}

const samples = await fixtures()
if (samples.length === 0) throw new Error(`no fixture is ${type}`)
const disarmer = await family.load()
const outcomes = new Map<string, number>()
let slowestMs = 0
for (let round = 0; round < Number(count); round++) {
  const untrustedBytes = mutant(samples[round % samples.length]!)
  const start = performance.now()
  const result = await disarmer.disarm(disarmInput(untrustedBytes, type))
  slowestMs = Math.max(slowestMs, performance.now() - start)
  const outcome = result.kind === 'rebuilt' ? 'rebuilt' : result.reason
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  if (result.kind === 'rebuilt' && result.bytes.buffer === untrustedBytes.buffer) throw new Error(`round ${round}: the input came back`)
  if (slowestMs > MOST_MS) throw new Error(`round ${round}: ${slowestMs} ms`)
}
console.log(JSON.stringify({ type, seed, samples: samples.length, ...Object.fromEntries(outcomes), slowestMs: Math.round(slowestMs) }))
