/**
 * Where systems are measured side by side: a folder on one disk, a sender and a sink, and turns that they take.
 * Whatever happens, all that was started is stopped and the folder goes.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { startSender, startSink } from '../../loadtest/children.ts'
import { type Cell, type Load, type Measured, measure } from './measure.ts'
import { startSystem, type System } from './systems.ts'

export type Yard = {
  readonly load: Load
  readonly folder: string
  /** `settings` are for Sekisho only. */
  start(name: string, settings?: object): Promise<System>
}

export async function inYard(work: (yard: Yard) => Promise<void>, parent = tmpdir()): Promise<void> {
  const folder = mkdtempSync(join(resolve(parent), 'sekisho-bench-'))
  // Postfix works in it as a user of its own.
  chmodSync(folder, 0o755)
  const load: Load = { source: startSender(), sink: await startSink({ host: '127.0.0.1', port: 0, look: 'id' }) }
  const systems: System[] = []
  const start = async (name: string, settings: object = {}) => {
    const system = await startSystem(name, { folder: join(folder, String(systems.length)), sinkPort: load.sink.port, settings })
    systems.push(system)
    return system
  }
  try {
    await work({ load, folder, start })
  } finally {
    // One that is gone already must not keep the others from being stopped.
    const ends = await Promise.allSettled(systems.map(system => system.stop()))
    for (const end of ends) if (end.status === 'rejected') console.error(String(end.reason))
    load.source.end()
    load.sink.end()
    rmSync(folder, { recursive: true, force: true })
  }
}

type Turns = { readonly rounds: number; readonly load: Load; readonly cellFor: (system: System) => Cell }

/**
 * Each round begins with the next one, so that other load on the machine hits all alike, and of four or more each comes after another
 * one than in the round before: some leave the machine slower than others do. One JSON line for each run.
 */
export async function takeTurns(systems: readonly System[], { rounds, load, cellFor }: Turns): Promise<ReadonlyMap<System, Measured[]>> {
  const runs = new Map<System, Measured[]>(systems.map(system => [system, []]))
  for (let turn = 0; turn < rounds; turn++) {
    for (const system of inTurn(systems, turn)) {
      const measured = await measure(system, cellFor(system), load)
      runs.get(system)!.push(measured)
      console.log(JSON.stringify({ round: turn, system: system.name, ...cellFor(system), ...measured }))
    }
  }
  return runs
}

/**
 * From the outside in (0, 1, n-1, 2, n-2 …), and each turn one further: within n turns of an even number nobody has the same one before
 * himself twice, and nobody runs twice in a row but in a pair (E. J. Williams, Experimental designs balanced for the estimation of residual effects of treatments, 1949).
 */
function inTurn(systems: readonly System[], turn: number): readonly System[] {
  const count = systems.length
  const place = (i: number) => (i % 2 === 1 ? (i + 1) / 2 : count - i / 2)
  return systems.map((_, i) => systems[(place(i) + turn) % count]!)
}
