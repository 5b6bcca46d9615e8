/**
 * Damaged and hostile files by the thousand: `node test/campaign/mutants.ts TYPE COUNT [SEED]`.
 *
 * Takes good files of the type, changes each by chance (mutate.ts) and disarms it. Ends with 1 when a disarmer throws, hands back
 * its input, takes more of the processor's time than allowed, finds something to remove in its own output, or lets through what was put in as a
 * canary. The seed is printed: a run can be repeated, and `ROUND` in the environment runs one round alone and keeps its file.
 */
import { writeFileSync } from 'node:fs'
import type { Disarmed } from '../../core/disarm/contract.ts'
import { DISARMERS } from '../../core/disarm/registry.ts'
import { disarmInput } from '../support/disarm.ts'
import { faultsOf } from './faults.ts'
import { mutant, randomOf } from './mutate.ts'
import { samplesOf } from './samples.ts'

const MOST_MS = 10_000
const [type = '', count = '500', seed = '1'] = process.argv.slice(2)
const onlyRound = process.env['ROUND'] === undefined ? undefined : Number(process.env['ROUND'])
const family = DISARMERS.get(type)
if (!family) {
  process.stderr.write(`usage: node test/campaign/mutants.ts TYPE COUNT [SEED]\nTYPE is one of: ${[...DISARMERS.keys()].join(' ')}\n`)
  process.exit(2)
}

const samples = await samplesOf(type)
if (samples.length === 0) throw new Error(`no fixture is ${type}`)
const disarmer = await family.load()
const outcomes = new Map<string, number>()
const faults: string[] = []
let slowestMs = 0
for (let round = onlyRound ?? 0; round < (onlyRound === undefined ? Number(count) : onlyRound + 1); round++) {
  const untrustedBytes = mutant(samples[round % samples.length]!, randomOf(Number(seed) * 1_000_003 + round))
  if (onlyRound !== undefined) writeFileSync('/tmp/mutant.in', untrustedBytes)
  const before = process.cpuUsage()
  let result: Disarmed
  try {
    result = await disarmer.disarm(disarmInput(untrustedBytes, type))
  } catch (error) {
    faults.push(`${round}: throws ${String(error)}`)
    continue
  }
  const { user, system } = process.cpuUsage(before)
  const ms = (user + system) / 1000
  slowestMs = Math.max(slowestMs, ms)
  if (ms > MOST_MS) faults.push(`${round}: ${Math.round(ms)} ms`)
  const outcome = result.kind === 'rebuilt' ? 'rebuilt' : result.reason
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  if (result.kind === 'rebuilt' && onlyRound !== undefined) writeFileSync('/tmp/mutant.out', result.bytes)
  if (result.kind === 'rebuilt') faults.push(...(await faultsOf(result, untrustedBytes)).map(fault => `${round}: ${fault}`))
}
console.log(JSON.stringify({ type, seed, samples: samples.length, ...Object.fromEntries(outcomes), slowestMs: Math.round(slowestMs), faults: faults.length }))
for (const fault of faults.slice(0, 50)) console.log(`  round ${fault}`)
process.exitCode = faults.length > 0 ? 1 : 0
