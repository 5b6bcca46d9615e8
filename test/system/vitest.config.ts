/** The tests with real processes: one file after the other, since each measures what a whole machine does. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/system/**/*.test.ts'],
    fileParallelism: false,
    globalSetup: 'test/system/support/leftovers.ts',
    reporters: ['default'],
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
})
