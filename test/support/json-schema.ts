/**
 * Whether a value is what a schema of our OpenAPI documents says, strictly: what the schema does not name is a mistake, too.
 * Knows the words that rest/openapi.ts writes and no others.
 */
type Schema = Readonly<Record<string, unknown>>

const KNOWN = new Set(['type', 'description', 'format', 'enum', 'items', 'properties', 'required', 'anyOf', '$ref', 'minimum', 'maximum', 'maxLength'])

/** Mistakes, each with its path; empty when it fits. */
export function schemaMistakes(value: unknown, schema: Schema, schemas: Readonly<Record<string, Schema>>, path = '$'): string[] {
  const unknown = Object.keys(schema).filter(word => !KNOWN.has(word))
  if (unknown.length > 0) return [`${path}: the schema says ${unknown.join(', ')}`]
  const name = schema['$ref'] as string | undefined
  if (name !== undefined) {
    const target = schemas[name.replace('#/components/schemas/', '')]
    return target ? schemaMistakes(value, target, schemas, path) : [`${path}: no schema ${name}`]
  }
  const choices = schema['anyOf'] as readonly Schema[] | undefined
  if (choices) return choices.some(each => schemaMistakes(value, each, schemas, path).length === 0) ? [] : [`${path}: ${JSON.stringify(value)} fits none`]
  const allowed = schema['enum'] as readonly unknown[] | undefined
  if (allowed && !allowed.includes(value)) return [`${path}: ${JSON.stringify(value)} is not one of ${allowed.join(', ')}`]
  if (schema['format'] === 'date-time' && !(typeof value === 'string' && new Date(value).toISOString() === value)) return [`${path}: ${JSON.stringify(value)} is no time`]
  return typed(value, schema, schemas, path)
}

function typed(value: unknown, schema: Schema, schemas: Readonly<Record<string, Schema>>, path: string): string[] {
  const wrong = [`${path}: ${JSON.stringify(value)} is no ${String(schema['type'])}`]
  switch (schema['type']) {
    case 'null':
      return value === null ? [] : wrong
    case 'string':
    case 'boolean':
      return typeof value === schema['type'] ? [] : wrong
    case 'integer':
      return Number.isSafeInteger(value) && (schema['minimum'] === undefined || (value as number) >= (schema['minimum'] as number)) ? [] : wrong
    case 'array':
      return Array.isArray(value) ? value.flatMap((each, index) => schemaMistakes(each, schema['items'] as Schema, schemas, `${path}[${index}]`)) : wrong
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? members(value as Schema, schema, schemas, path) : wrong
    default:
      return [`${path}: no type`]
  }
}

function members(value: Schema, schema: Schema, schemas: Readonly<Record<string, Schema>>, path: string): string[] {
  const properties = schema['properties'] as Readonly<Record<string, Schema>> | undefined
  if (!properties) return []
  const missing = (schema['required'] as readonly string[]).filter(name => !Object.hasOwn(value, name)).map(name => `${path}.${name} is missing`)
  const more = Object.entries(value).flatMap(([name, each]) => (Object.hasOwn(properties, name) ? schemaMistakes(each, properties[name]!, schemas, `${path}.${name}`) : [`${path}.${name} is not in the schema`]))
  return [...missing, ...more]
}
