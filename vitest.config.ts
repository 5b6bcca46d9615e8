/**
 * `npm test`. Most files share processes, and what those have loaded: starting one for each file and loading everything there again
 * was a sixth of all work. Files that put something in a module's place, or start processes, stay alone.
 */
import { defineConfig } from 'vitest/config'

const TOGETHER = [
  ...['config', 'gateway', 'portal', 'store', 'vault'].map(room => `test/unit/${room}/**/*.test.ts`),
  // That one replaces a module.
  'test/unit/core/**/!(svg-fonts).test.ts',
]

const common = {
  // Long for the growth tests, which measure again while the machine is busy.
  testTimeout: 90_000,
  hookTimeout: 30_000,
}

// What stands behind mail would stand behind the tests as well, which take every processor there is.
process.env['SEKISHO_NICENESS'] = '0'

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { test: { ...common, name: 'together', include: TOGETHER, isolate: false } },
      { test: { ...common, name: 'alone', include: ['test/unit/**/*.test.ts', 'test/property/**/*.test.ts', 'test/e2e/**/*.test.ts'], exclude: TOGETHER } },
    ],
  },
})
