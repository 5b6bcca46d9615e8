/**
 * The kinds a setting can have: whole number, bytes, text, switch, choice, list, network, domain, section.
 * The sections in config/*.ts read as tables built from these.
 *
 * Every kind takes its words in English and Japanese and a default that is safe, so that an empty
 * file is a working configuration. Names of settings end in their unit; sizes may be written `50MiB`.
 */
import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { z } from 'zod'

export type Schema = z.ZodType
export type Output<S extends z.ZodType> = z.output<S>

/** What a setting does, for people: English in `en`, Japanese in `ja`. */
export type Words = { readonly en: string; readonly ja: string }
type Range = { readonly min: number; readonly max: number }

const words = ({ en, ja }: Words) => ({ description: en, descriptionJa: ja })

/** A group of settings, written as a mapping. Left out, it has all its defaults; unknown keys are refused. */
export function section<S extends z.ZodRawShape>(about: Words, shape: S) {
  return z
    .strictObject(shape)
    .prefault({} as z.input<z.ZodObject<S>>)
    .meta(words(about))
}

/** One entry of a list of mappings, where some keys may be required. */
export function entry<S extends z.ZodRawShape>(shape: S) {
  return z.strictObject(shape)
}

export function integer(about: Words & Range & { readonly default: number }) {
  return wholeNumber(about).default(about.default).meta(words(about))
}

export function wholeNumber({ min, max }: Range) {
  const error = `must be a whole number from ${min} to ${max}`
  return z.int({ error }).min(min, { error }).max(max, { error })
}

const SIZE = /^(\d{1,12}) ?(KiB|MiB|GiB|TiB)$/
const UNITS: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 }

/** A size: a number of bytes, or a number with KiB, MiB, GiB or TiB. The value is bytes. */
export function bytes(about: Words & Range & { readonly default: string }) {
  const error = `must be a size from ${formatBytes(about.min)} to ${formatBytes(about.max)}, like 10485760 or 10MiB`
  return z
    .union([z.int(), z.string().regex(SIZE, { error })], { error })
    .transform((written, context) => {
      const value = typeof written === 'number' ? written : parseSize(written)
      if (value < about.min || value > about.max) context.addIssue({ code: 'custom', message: error })
      return value
    })
    .prefault(about.default)
    .meta({ ...words(about), smallest: formatBytes(about.min), largest: formatBytes(about.max) })
}

function parseSize(text: string): number {
  const [, digits, unit] = SIZE.exec(text) ?? []
  return Number(digits) * (UNITS[unit ?? ''] ?? Number.NaN)
}

/** The shortest exact way to write a size: 52428800 → '50MiB'. */
export function formatBytes(value: number): string {
  const unit = Object.entries(UNITS).findLast(([, size]) => value >= size && value % size === 0)
  return unit ? `${value / unit[1]}${unit[0]}` : String(value)
}

export function flag(about: Words & { readonly default: boolean }) {
  return truth().default(about.default).meta(words(about))
}

/** Free text on one line. */
export function text(about: Words & { readonly default: string }) {
  return line().default(about.default).meta(words(about))
}

export function lines() {
  return z.array(line(), { error: 'must be a list' })
}

export function line() {
  const error = 'must be text on one line, of at most 1000 characters'
  return z
    .string({ error })
    .max(1000, { error })
    .regex(/^[^\p{Cc}]*$/u, { error })
}

/** An identifier that goes into file names, keys and log lines. */
export function identifier() {
  return z
    .string({ error: 'must be a name' })
    .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, { error: 'must be a name of a-z, 0-9 and -, at most 40 characters' })
}

/** One word of a closed list. */
export function word<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, { error: `must be one of ${values.join(', ')}` })
}

export function choice<const T extends readonly [string, ...string[]]>(
  values: T,
  about: Words & { readonly default: NoInfer<T[number]> },
) {
  return word(values)
    .default(about.default as never)
    .meta(words(about))
}

export function truth() {
  return z.boolean({ error: 'must be true or false' })
}

/** Says what a value is for; without it the key is refused. */
export function required<S extends z.ZodType>(schema: S, about: Words) {
  return schema.meta(words(about))
}

/** A key that may be left out: the wider setting holds, or the condition is not asked. */
export function optional<S extends z.ZodType>(schema: S, about: Words) {
  return schema.optional().meta(words(about))
}

export function list<S extends z.ZodType>(
  item: S,
  about: Words & { readonly default: z.input<S>[]; readonly max?: number },
) {
  const max = about.max ?? 10_000
  return z
    .array(item, { error: 'must be a list' })
    .max(max, { error: `must have at most ${max} entries` })
    .prefault(about.default)
    .meta(words(about))
}

/** A mapping from free names to values. */
export function mapping<S extends z.ZodType>(value: S, about: Words) {
  return z.record(z.string().min(1), value).prefault({}).meta(words(about))
}

/** A DNS name, lower-cased and as A-labels (RFC 5890). */
export function domain() {
  return z.string({ error: 'must be a domain name' }).transform((written, context) => {
    const name = asDomain(written)
    if (name === undefined) context.addIssue({ code: 'custom', message: `'${written}' is not a domain name` })
    return name ?? ''
  })
}

/** A DNS name, `*.name` for every name below it, or `*` for whatever nothing else names. */
export function domainPattern() {
  return z.string({ error: 'must be a domain name' }).transform((written, context) => {
    if (written === '*') return '*'
    const name = asDomain(written.replace(/^\*\./, ''))
    if (name === undefined)
      context.addIssue({ code: 'custom', message: `'${written}' is not a domain name, *.name or *` })
    return written.startsWith('*.') ? `*.${name ?? ''}` : (name ?? '')
  })
}

const DOMAIN = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/

function asDomain(written: string): string | undefined {
  const name = domainToASCII(written.trim())
  return DOMAIN.test(name) ? name : undefined
}

/** `local-part@domain`, compared without regard to case. */
export function mailbox() {
  return z.string({ error: 'must be a mail address' }).transform((written, context) => {
    const at = written.lastIndexOf('@')
    const name = asDomain(written.slice(at + 1))
    if (at < 1 || name === undefined)
      context.addIssue({ code: 'custom', message: `'${written}' is not a mail address` })
    return `${written.slice(0, at).toLowerCase()}@${name ?? ''}`
  })
}

/** `08:30` */
export function clockTime(about: Words & { readonly default: string }) {
  const error = 'must be a time like 08:30'
  return z.string({ error }).regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, { error }).default(about.default).meta(words(about))
}

/** `2027-06-15`, a day that exists. */
export function day() {
  const error = 'must be a day like 2027-06-15'
  return z.iso.date({ error })
}

/** An IP address or a network in CIDR notation (RFC 4632); the value always has its prefix length. */
export function network() {
  return z.string({ error: 'must be an address or a network like 192.0.2.0/24' }).transform((written, context) => {
    const network = asNetwork(written)
    if (network === undefined)
      context.addIssue({ code: 'custom', message: `'${written}' is not an address or a network like 192.0.2.0/24` })
    return network ?? ''
  })
}

function asNetwork(written: string): string | undefined {
  const [address = '', prefix, ...rest] = written.trim().split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0 || address.includes('%')) return undefined
  const bits = family === 4 ? 32 : 128
  if (prefix === undefined) return `${address}/${bits}`
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits ? `${address}/${Number(prefix)}` : undefined
}

/** An http or https address, or nothing. */
export function webAddress(about: Words) {
  const error = 'must be an http:// or https:// address'
  return line()
    .refine(written => written === '' || (URL.canParse(written) && /^https?:\/\//.test(written)), { error })
    .default('')
    .meta(words(about))
}

/** `udp://host:port` or `tcp://host:port`, or nothing. */
export function syslogAddress(about: Words) {
  const error = 'must be like udp://host:514 or tcp://host:601'
  return line()
    .refine(written => written === '' || /^(?:udp|tcp):\/\/(?:[\w.-]+|\[[\da-f:.]+\]):\d{1,5}$/i.test(written), { error })
    .default('')
    .meta(words(about))
}

/** Where records of the audit chain are handed over; TLS too, since it may lie further away. */
export function collectorAddress(about: Words) {
  const error = 'must be like tls://host:6514, tcp://host:601 or udp://host:514'
  return line()
    .refine(written => written === '' || /^(?:udp|tcp|tls):\/\/(?:[\w.-]+|\[[\da-f:.]+\]):\d{1,5}$/i.test(written), { error })
    .default('')
    .meta(words(about))
}

/** Adds a rule that needs several keys of one mapping; `problem` says what is wrong, or nothing. */
export function ruled<S extends z.ZodType>(schema: S, problem: (value: z.output<S>) => string | undefined) {
  return schema.superRefine((value, context) => {
    const message = problem(value)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })
}

/** Lets an entry be written as just the text of its main key: `192.0.2.1` for `{ network: 192.0.2.1 }`. */
export function shortForm<S extends z.ZodType>(key: string, schema: S) {
  return z.preprocess(written => (typeof written === 'string' ? { [key]: written } : written), schema)
}

/** Turns a mapping, once valid, into the shape the house works with. */
export function shaped<S extends z.ZodType, T>(schema: S, shape: (value: z.output<S>) => T) {
  return schema.transform(shape)
}

export type SettingIssue = {
  readonly path: readonly (string | number)[]
  /** Keys of the mapping at `path` that no setting has. */
  readonly unknownKeys: readonly string[]
  readonly problem: string
}

export function validate<S extends z.ZodType>(
  schema: S,
  value: unknown,
): { readonly value: z.output<S> } | { readonly issues: readonly SettingIssue[] } {
  const result = schema.safeParse(value)
  return result.success ? { value: result.data } : { issues: result.error.issues.flatMap(flatten) }
}

function flatten(issue: z.core.$ZodIssue): SettingIssue[] {
  const path = issue.path.map(key => (typeof key === 'symbol' ? String(key) : key))
  if (issue.code === 'unrecognized_keys') return [{ path, unknownKeys: issue.keys, problem: 'no such setting' }]
  return [{ path, unknownKeys: [], problem: issue.message.replace(/^Invalid input: /, 'invalid value: ') }]
}

/** JSON Schema (draft 2020-12) of what may be written in the file, descriptions and defaults included. */
export function toJsonSchema(schema: z.ZodType): Record<string, unknown> {
  return z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-2020-12',
    unrepresentable: 'any',
    reused: 'inline',
    override: showShortForm,
  })
}

/** zod cannot see through a short form: say that it is text or the mapping behind it. */
function showShortForm({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodTypes
  jsonSchema: z.core.JSONSchema.BaseSchema
}): void {
  const { def } = zodSchema._zod
  if (def.type !== 'pipe' || (def.in as z.core.$ZodTypes)._zod.def.type !== 'transform') return
  const { $schema: _, ...long } = toJsonSchema(def.out as z.ZodType)
  jsonSchema.anyOf = [{ type: 'string' }, long]
}
