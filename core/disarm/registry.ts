/**
 * Which disarmer rebuilds which type. The only list: policy asks it what is possible, sanitize() asks it to act.
 */
import type { Disarmer } from './contract.ts'
import { csvDisarmer } from './csv.ts'
import { textDisarmer } from './text.ts'

export type DisarmerTable = ReadonlyMap<string, Disarmer>

export const DISARMERS: DisarmerTable = new Map(
  [textDisarmer, csvDisarmer].flatMap(disarmer => disarmer.mediaTypes.map(type => [type, disarmer] as const)),
)
