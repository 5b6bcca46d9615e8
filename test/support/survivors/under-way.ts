/** Five entries at a time, in a Map and in ours: which of those that are over are still there? */
import { UnderWay } from '../../../core/under-way.ts'
import { Watch } from './watch.ts'

const watch = new Watch()
const map = new Map<number, object>()
const ours = new UnderWay<number, object>()

async function pass(from: number, count: number): Promise<void> {
  for (let id = from; id < from + count; id++) {
    const [inMap, inOurs] = [{ id }, { id }]
    map.set(id, inMap)
    ours.set(id, inOurs)
    watch.note('map', inMap)
    watch.note('ours', inOurs)
    map.delete(id - 5)
    ours.take(id - 5)
    // A WeakRef holds its object until the end of the turn.
    if (id % 10 === 0) await new Promise(resolve => setImmediate(resolve))
  }
}

await pass(0, 100)
await watch.begin()
await pass(100, 1000)
await watch.end()
