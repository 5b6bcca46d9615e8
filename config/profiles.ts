/**
 * The profiles that ship, as tables: what is done with each kind of content.
 *
 *   text-only   メールテキスト化: text of the mail only, every attachment stays out
 *   disarm      ファイル無害化: files are rebuilt where we can, the rest stays out (the default)
 *   raster      画像化: as disarm; pages become pictures where a disarmer for that exists
 *
 * Rows are read from the top and the first that matches decides; no match is quarantine. What is
 * dangerous or locked stands before everything, own rows of an organisation included: it keeps
 * its own reason, and the one that allows the least, whatever a later row would say.
 */
import { DISARMERS, FAMILIES } from '../core/disarm/registry.ts'
import { DANGEROUS_EXTENSIONS, DANGEROUS_TYPES } from '../core/media/dangerous-names.ts'
import type { REASONS } from '../core/text/reasons.ts'
import type { PolicyRow, ProfileName } from '../core/policy/model.ts'

export type ReasonKey = keyof typeof REASONS
type ShippedRow = PolicyRow & { readonly reason: ReasonKey | '' }

const DANGEROUS_ROWS: readonly ShippedRow[] = [
  {
    id: 'dangerous-extension',
    when: { extension: DANGEROUS_EXTENSIONS },
    then: 'quarantine',
    reason: 'dangerous-type',
    why: 'opening such a file runs it',
  },
  {
    id: 'dangerous-type',
    when: { detected: DANGEROUS_TYPES },
    then: 'quarantine',
    reason: 'dangerous-type',
    why: 'a program, whatever its name',
  },
]

/** Before `encrypted`: whether the password is everybody's is known only when it was tried, where files are rebuilt. */
const EVERYBODYS_PASSWORD: ShippedRow = {
  id: 'everybodys-password',
  when: { encrypted: true, detected: ['application/x-ooxml-encrypted', 'application/vnd.ms-excel'] },
  then: 'disarm',
  reason: '',
  why: 'Excel opens a workbook with its default password without asking; any other stays locked',
}

const ENCRYPTED: ShippedRow = {
  id: 'encrypted',
  when: { encrypted: true },
  then: 'quarantine',
  reason: 'encrypted',
  why: 'what cannot be read cannot be rebuilt',
}

const REBUILDABLE: ShippedRow = {
  id: 'rebuildable',
  when: { detected: [...DISARMERS.keys()] },
  then: 'disarm',
  reason: '',
  why: 'read, understood and written anew (docs/disarm.md)',
}

const PAGES: ShippedRow = {
  id: 'pages',
  when: { detected: FAMILIES.filter(family => family.raster).flatMap(family => family.mediaTypes) },
  then: 'raster',
  reason: '',
  why: 'only a picture of each page crosses',
}

/** Logos, icons of social networks and tracking pixels are smaller; screenshots and photographs are larger. */
const ORNAMENT_BYTES = 4096

/** A picture in the text is an ornament or the content itself: that one is a file like any other. */
const INLINE_ROWS: readonly ShippedRow[] = [
  {
    id: 'inline-picture',
    when: {
      detected: [...DISARMERS.keys()].filter(type => type.startsWith('image/')),
      role: ['inline'],
      largerThanBytes: ORNAMENT_BYTES,
    },
    then: 'disarm',
    reason: '',
    why: 'a picture of that size in the text is content and comes as a file',
  },
  {
    id: 'inline-image',
    when: { detected: ['image/*'], role: ['inline'] },
    then: 'quarantine',
    reason: 'inline-image',
    why: 'an ornament: the text says that it is there',
  },
]

/** Formats of Japanese offices that nothing here rebuilds: the notice calls them by their names. */
const NAMED_FORMATS: readonly ShippedRow[] = (
  [
    ['hanako', 'application/x-js-hanako'],
    ['docuworks', 'application/vnd.fujifilm.fb.docuworks'],
    ['jww', 'application/x-jww'],
    ['dwg', 'image/vnd.dwg'],
  ] as const
).map(([name, type]) => ({
  id: `format-${name}`,
  when: { detected: [type] },
  then: 'quarantine',
  reason: `format-${name}`,
  why: 'a format without a public description',
}))

const LAST_ROWS: readonly ShippedRow[] = [
  ...NAMED_FORMATS,
  {
    id: 'unknown-type',
    when: { detected: ['application/octet-stream'] },
    then: 'quarantine',
    reason: 'unknown-type',
    why: 'nobody can say what it is',
  },
  {
    id: 'no-disarmer',
    when: {},
    then: 'quarantine',
    reason: 'cannot-disarm',
    why: 'deny by default: nothing here rebuilds this type',
  },
]

const TEXT_ONLY: readonly ShippedRow[] = [
  {
    id: 'text-only',
    when: {},
    then: 'quarantine',
    reason: 'attachment-policy',
    why: 'this profile lets no attachment in',
  },
]

type Profile = { readonly first: readonly ShippedRow[]; readonly rest: readonly ShippedRow[] }

/** Own rows of an organisation stand between `first` and `rest`. */
export const SHIPPED_PROFILES: Readonly<Record<ProfileName, Profile>> = {
  'text-only': { first: [...DANGEROUS_ROWS, ENCRYPTED], rest: TEXT_ONLY },
  disarm: { first: [...DANGEROUS_ROWS, EVERYBODYS_PASSWORD, ENCRYPTED], rest: [...INLINE_ROWS, REBUILDABLE, ...LAST_ROWS] },
  raster: { first: [...DANGEROUS_ROWS, EVERYBODYS_PASSWORD, ENCRYPTED], rest: [PAGES, ...INLINE_ROWS, REBUILDABLE, ...LAST_ROWS] },
}
