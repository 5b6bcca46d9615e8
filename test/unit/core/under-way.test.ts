import { describe, expect, test } from 'vitest'
import { UnderWay } from '../../../core/under-way.ts'

function three(): UnderWay<number, { readonly name: string }> {
  const underWay = new UnderWay<number, { readonly name: string }>()
  for (const [id, name] of [[7, 'first'], [3, 'second'], [5, 'third']] as const) underWay.set(id, { name })
  return underWay
}

const namesOf = (underWay: UnderWay<number, { readonly name: string }>) => [...underWay.values()].map(({ name }) => name)

describe('what is under way', () => {
  test('stands in the order in which it began, whatever its keys', () => {
    expect([namesOf(three()), [...three().keys()], three().size]).toEqual([['first', 'second', 'third'], [7, 3, 5], 3])
  })

  test('is taken once', () => {
    const underWay = three()
    expect([underWay.take(3), underWay.take(3), underWay.get(3), underWay.size]).toEqual([{ name: 'second' }, undefined, undefined, 2])
    expect(namesOf(underWay)).toEqual(['first', 'third'])
  })

  test('is replaced under its key, at its place', () => {
    const underWay = three()
    underWay.set(3, { name: 'another' })
    expect([namesOf(underWay), underWay.size]).toEqual([['first', 'another', 'third'], 3])
  })

  test('may end and begin while it is gone over', () => {
    const underWay = three()
    const seen: string[] = []
    for (const { name } of underWay.values()) {
      seen.push(name)
      if (name === 'first') underWay.take(3)
      if (name === 'third') underWay.set(9, { name: 'late' })
    }
    expect(seen).toEqual(['first', 'third', 'late'])
  })
})
