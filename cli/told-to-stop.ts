/** For roles that only start and stop: resolves at a signal, at the supervisor's word, or when the supervisor is gone. */
export function toldToStop(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  if (process.connected) process.once('disconnect', () => resolve())
  process.on('message', told => {
    if (told === 'stop') resolve()
  })
  return promise
}
