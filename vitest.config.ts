import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/unit/**/*.test.ts', 'test/property/**/*.test.ts', 'test/e2e/**/*.test.ts'],
    exclude: ['test/system/**', 'node_modules/**'],
    // Long for the growth tests, which measure again while the machine is busy.
    testTimeout: 90_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
  },
})
