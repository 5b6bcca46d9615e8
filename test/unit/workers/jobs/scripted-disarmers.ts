/** Stands in for core/disarm/registry.ts: files that do what their type says. */
import type { Disarmed, DisarmInput } from '../../../../core/disarm/contract.ts'
import { type DisarmerTable, tableOf } from '../../../../core/disarm/registry.ts'

const REBUILT = { kind: 'rebuilt', mediaType: 'text/plain', extension: 'txt', removed: [], findings: [] } as const

const ACTIONS: Record<string, (input: DisarmInput) => Disarmed | Promise<Disarmed>> = {
  'test/upper': ({ untrustedBytes }) => ({
    ...REBUILT,
    bytes: Buffer.from(Buffer.from(untrustedBytes).toString().toUpperCase()),
  }),
  'test/malformed': () => ({ kind: 'cannot', reason: 'malformed' }),
  'test/exit': () => process.exit(4),
  'test/loop': () => {
    for (;;);
  },
  /** A file by itself does what its first word says. */
  'text/plain': input => ACTIONS[`test/${Buffer.from(input.untrustedBytes).toString().split(/\s/)[0]}`]!(input),
}

export const DISARMERS: DisarmerTable = tableOf(
  Object.entries(ACTIONS).map(([type, disarm]) => ({
    name: type,
    mediaTypes: [type],
    makes: ['text/plain'],
    lane: 'heavy',
    raster: false,
    load: async () => ({ table: [], disarm }),
  })),
)

export async function preloadHeavy(): Promise<void> {}
