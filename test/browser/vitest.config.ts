/** The tests in a real browser: part of `npm run test:system`; alone: `npx vitest run --config test/browser/vitest.config.ts`. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: { include: ['test/browser/**/*.test.ts'], fileParallelism: false, globalSetup: 'test/system/support/leftovers.ts', testTimeout: 120_000, hookTimeout: 60_000 },
})
