import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { generatedFiles } from '../../cli/docs.ts'
import { allSettings } from '../../config/settings.ts'

const files = await generatedFiles()

describe('generated documents are what the code says; npm run docs writes them', () => {
  test.each([...files.keys()])('%s', path => {
    expect(readFileSync(path, 'utf8'), `${path} is stale: npm run docs`).toBe(files.get(path))
  })
})

test('every setting has words in both languages', () => {
  for (const { path, node } of allSettings()) {
    expect(node.description, path.join('.')).toBeTruthy()
    expect(node.descriptionJa, path.join('.')).toMatch(/[ぁ-んァ-ヶ一-龠]|STARTTLS/u)
  }
})

test('decisions are numbered in order, each once', () => {
  const numbers = [...readFileSync('docs/decisions.md', 'utf8').matchAll(/^## (\d+)\. /gm)].map(match => Number(match[1]))
  expect(numbers).toEqual(numbers.map((_, index) => index + 1))
})
