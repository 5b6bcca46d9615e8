import { existsSync, rmSync, readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'

/**
 * Compares bytes with a golden file, exactly: no newline or charset normalization, which is what we are testing.
 * GOLDEN=accept rewrites the file instead. A mismatch leaves `<path>.got` beside it.
 */
export function expectGolden(path: string, got: Uint8Array): void {
  if (process.env['GOLDEN'] === 'accept') return writeFileSync(path, got)
  const want = existsSync(path) ? readFileSync(path) : undefined
  if (want && Buffer.compare(want, got) === 0) return rmSync(`${path}.got`, { force: true })
  writeFileSync(`${path}.got`, got)
  expect.fail(want ? `${path} differs, see ${path}.got` : `${path} is missing; run GOLDEN=accept npm test`)
}
