/**
 * Five hundred damaged and poisoned files of each format that anything here rebuilds: every one is answered, none with its own octets,
 * and what is rebuilt names nothing of what was put in and is found clean when it is disarmed again. The long run is
 * test/campaign/mutants.ts. A format of the registry of which there is no good file to damage fails.
 */
import { describe, expect, test } from 'vitest'
import { DISARMERS } from '../../../core/disarm/registry.ts'
import { faultsOf } from '../../campaign/faults.ts'
import { mutant, randomOf } from '../../campaign/mutate.ts'
import { samplesOf } from '../../campaign/samples.ts'
import { disarmInput } from '../../support/disarm.ts'

const MUTANTS = 500
/** Templates and macro kinds go through the code of the format that they are kinds of, from another name of their type on. */
const OF_A_KIND = 40
const KIND = /template|macroenabled|slideshow$/
/** Disarming once more what came out costs as much again: of some. */
const ONE_AGAIN_OF = 4
const MOST_MS = 10_000

describe('mutants', () => {
  test.each([...DISARMERS.keys()])('%s', async type => {
    const samples = await samplesOf(type)
    expect(samples.length, 'good files of it').toBeGreaterThan(0)
    const disarmer = await DISARMERS.get(type)!.load()
    for (let round = 0; round < (KIND.test(type) ? OF_A_KIND : MUTANTS); round++) {
      const untrustedBytes = mutant(samples[round % samples.length]!, randomOf(round))
      const before = process.cpuUsage()
      const result = await disarmer.disarm(disarmInput(untrustedBytes, type))
      const { user, system } = process.cpuUsage(before)
      expect((user + system) / 1000, `round ${round}: ms of the processor`).toBeLessThan(MOST_MS)
      if (result.kind === 'cannot') continue
      expect(result.bytes.buffer === untrustedBytes.buffer, `round ${round}: the input came back`).toBe(false)
      if (round % ONE_AGAIN_OF === 0) expect(await faultsOf(result, untrustedBytes), `round ${round}`).toEqual([])
    }
  })
})
