/**
 * The schema as a flat list of settings with their dotted paths: what the reference page, the example
 * file, the environment overrides and "did you mean" are made from.
 */
import { toJsonSchema } from './kinds.ts'
import { CONFIG_SCHEMA } from './schema.ts'

/** A node of the JSON Schema, as far as we use it. */
export type SchemaNode = {
  readonly type?: string
  readonly description?: string
  readonly descriptionJa?: string
  readonly default?: unknown
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly smallest?: string
  readonly largest?: string
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly items?: SchemaNode
  readonly required?: readonly string[]
  readonly anyOf?: readonly SchemaNode[]
  readonly additionalProperties?: SchemaNode | boolean
}

export type Setting = { readonly path: readonly string[]; readonly node: SchemaNode; readonly isSection: boolean }

let schemaOnce: SchemaNode | undefined

export function configJsonSchema(): SchemaNode {
  schemaOnce ??= {
    $id: 'https://sekisho.invalid/config.schema.json',
    title: 'Sekisho',
    ...toJsonSchema(CONFIG_SCHEMA),
  } as SchemaNode
  return schemaOnce
}

/** Every section and setting, in the order of the schema. Entries of lists are not gone into. */
export function allSettings(node: SchemaNode = configJsonSchema(), path: readonly string[] = []): Setting[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const here = { path: [...path, key], node: child, isSection: child.properties !== undefined }
    return here.isSection ? [here, ...allSettings(child, here.path)] : [here]
  })
}

/** The schema of what stands at `path` of a written file, list indices included. */
export function schemaAt(path: readonly (string | number)[]): SchemaNode | undefined {
  return path.reduce<SchemaNode | undefined>((node, key) => {
    if (node === undefined) return undefined
    if (typeof key === 'number') return mappingOf(node.items)
    const named = node.properties?.[key]
    return named ?? (typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined)
  }, configJsonSchema())
}

/** An entry with a short form is text or a mapping: the mapping has the keys. */
export function mappingOf(node: SchemaNode | undefined): SchemaNode | undefined {
  return node?.anyOf?.find(member => member.properties !== undefined) ?? node
}
