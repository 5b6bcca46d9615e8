/**
 * Office packages damaged and poisoned below their checksums: what is rebuilt names nothing of what was put in, and is found clean
 * when it is disarmed again. The long run is test/campaign/mutants.ts.
 */
import { expect, test } from 'vitest'
import { DISARMERS } from '../../../../core/disarm/registry.ts'
import { faultsOf } from '../../../campaign/faults.ts'
import { mutant, randomOf } from '../../../campaign/mutate.ts'
import { samplesOf } from '../../../campaign/samples.ts'
import { disarmInput } from '../../../support/disarm.ts'

const MUTANTS = 12
const OOXML = 'application/vnd.openxmlformats-officedocument.'
const ODF = 'application/vnd.oasis.opendocument.'

test.each([`${OOXML}wordprocessingml.document`, `${OOXML}spreadsheetml.sheet`, `${OOXML}presentationml.presentation`, `${ODF}text`, `${ODF}spreadsheet`, `${ODF}presentation`])('%s', async type => {
  const samples = await samplesOf(type)
  const disarmer = await DISARMERS.get(type)!.load()
  let rebuilt = 0
  for (let round = 0; round < MUTANTS; round++) {
    const untrustedBytes = mutant(samples[round % samples.length]!, randomOf(round))
    const result = await disarmer.disarm(disarmInput(untrustedBytes, type))
    if (result.kind === 'cannot') continue
    rebuilt++
    expect(await faultsOf(result, untrustedBytes), `round ${round}`).toEqual([])
  }
  expect(rebuilt).toBeGreaterThan(0)
}, 120_000)
