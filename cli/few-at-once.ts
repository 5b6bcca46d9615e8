/**
 * Few questions at a time, the others wait here in the order in which they came. However many people press a button, the process that
 * is asked has a handful in work and goes on with mail in between.
 */
export type FewAtOnce = <T>(work: () => Promise<T>) => Promise<T>

export function fewAtOnce(most: number): FewAtOnce {
  const waiting: (() => void)[] = []
  let running = 0
  return async work => {
    if (running >= most) await new Promise<void>(go => waiting.push(go))
    else running++
    try {
      return await work()
    } finally {
      // The place passes on to who has waited longest.
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
