/**
 * Which disarmer rebuilds which type. The only list: policy asks it what is possible, core/rebuild.ts to act.
 *
 * Code is loaded when it is first needed: the gateway knows the types without ever loading a parser, and the
 * light lane never loads what is heavy.
 */
import type { Disarmer } from './contract.ts'

export type Family = {
  readonly name: string
  /** Types it takes, as core/media/detect.ts names them. */
  readonly mediaTypes: readonly string[]
  /** Types of what it makes. */
  readonly makes: readonly string[]
  /** Light ones run where the message is read; the others in the heavy lane. */
  readonly lane: 'light' | 'heavy'
  /** Whether it can make pictures of pages (mode 'raster'). */
  readonly raster: boolean
  readonly load: () => Promise<Disarmer>
}

export type DisarmerTable = ReadonlyMap<string, Family>

const OOXML = 'application/vnd.openxmlformats-officedocument.'
const OOXML_KINDS = [
  'wordprocessingml.document',
  'wordprocessingml.template',
  'spreadsheetml.sheet',
  'spreadsheetml.template',
  'presentationml.presentation',
  'presentationml.template',
  'presentationml.slideshow',
]
const OOXML_MACRO_KINDS = [
  'word.document',
  'word.template',
  'excel.sheet',
  'excel.template',
  'powerpoint.presentation',
  'powerpoint.template',
  'powerpoint.slideshow',
]

/** Texts, sheets, slides and drawings, and templates of them. */
const ODF_TYPES = ['text', 'spreadsheet', 'presentation', 'graphics'].flatMap(family => [
  `application/vnd.oasis.opendocument.${family}`,
  `application/vnd.oasis.opendocument.${family}-template`,
])

export const FAMILIES: readonly Family[] = [
  {
    name: 'eml',
    mediaTypes: ['message/rfc822'],
    makes: ['application/x-eml'],
    lane: 'heavy',
    raster: false,
    load: async () => (await import('./mail/eml.ts')).emlDisarmer,
  },
  {
    name: 'archive',
    mediaTypes: [
      'application/zip',
      'application/x-7z-compressed',
      'application/vnd.rar',
      'application/x-lzh-compressed',
      'application/x-tar',
      'application/gzip',
      'application/x-bzip2',
      'application/x-xz',
      'application/zstd',
      'application/vnd.ms-cab-compressed',
      'application/x-iso9660-image',
      'application/mbox',
      'application/ms-tnef',
    ],
    makes: ['application/zip'],
    lane: 'heavy',
    raster: false,
    load: async () => {
      const { archiveDisarmer, readySevenZip } = await import('./archive/archive.ts')
      await readySevenZip()
      return archiveDisarmer
    },
  },
  {
    name: 'text',
    mediaTypes: ['text/plain'],
    makes: ['text/plain'],
    lane: 'light',
    raster: false,
    load: async () => (await import('./text.ts')).textDisarmer,
  },
  {
    name: 'csv',
    mediaTypes: ['text/csv', 'text/tab-separated-values'],
    makes: ['text/csv', 'text/tab-separated-values'],
    lane: 'light',
    raster: false,
    load: async () => (await import('./csv.ts')).csvDisarmer,
  },
  {
    name: 'image',
    mediaTypes: [
      'image/jpeg',
      'image/png',
      'image/gif',
      'image/webp',
      'image/tiff',
      'image/avif',
      'image/heic',
      'image/bmp',
      'image/x-icon',
    ],
    makes: ['image/jpeg', 'image/png', 'image/gif', 'image/webp', 'image/tiff', 'image/x-icon'],
    lane: 'heavy',
    raster: false,
    load: async () => (await import('./image/disarmer.ts')).imageDisarmer,
  },
  {
    name: 'svg',
    mediaTypes: ['image/svg+xml'],
    makes: ['image/png'],
    lane: 'heavy',
    raster: false,
    load: async () => (await import('./image/svg.ts')).svgDisarmer,
  },
  {
    name: 'json',
    mediaTypes: ['application/json'],
    makes: ['application/json', 'text/plain'],
    lane: 'light',
    raster: false,
    load: async () => (await import('./json.ts')).jsonDisarmer,
  },
  {
    name: 'xml',
    mediaTypes: ['application/xml'],
    makes: ['application/xml'],
    lane: 'heavy',
    raster: false,
    load: async () => (await import('./xml-file.ts')).xmlDisarmer,
  },
  {
    name: 'html',
    mediaTypes: ['text/html'],
    makes: ['text/html', 'text/plain'],
    lane: 'heavy',
    raster: false,
    load: async () => (await import('./html-file.ts')).htmlDisarmer,
  },
  {
    name: 'calendar',
    mediaTypes: ['text/calendar'],
    makes: ['text/calendar'],
    lane: 'heavy',
    raster: false,
    load: async () => (await import('./directory/calendar.ts')).calendarDisarmer,
  },
  {
    name: 'vcard',
    mediaTypes: ['text/vcard'],
    makes: ['text/vcard'],
    lane: 'heavy',
    raster: false,
    load: async () => (await import('./directory/vcard.ts')).vcardDisarmer,
  },
  {
    name: 'xls',
    mediaTypes: ['application/vnd.ms-excel'],
    makes: ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
    lane: 'heavy',
    raster: false,
    load: async () => (await import('./xls/disarm.ts')).xlsDisarmer,
  },
  {
    name: 'locked-office',
    mediaTypes: ['application/x-ooxml-encrypted'],
    makes: OOXML_KINDS.map(kind => `${OOXML}${kind}`),
    lane: 'heavy',
    raster: false,
    load: async () => (await import('./locked-office.ts')).lockedOfficeDisarmer,
  },
  {
    name: 'odf',
    mediaTypes: ODF_TYPES,
    makes: ODF_TYPES,
    lane: 'heavy',
    raster: false,
    load: async () => (await import('./odf/disarm.ts')).odfDisarmer,
  },
  {
    name: 'rtf',
    mediaTypes: ['application/rtf'],
    makes: ['application/rtf'],
    lane: 'heavy',
    raster: false,
    load: async () => (await import('./rtf/disarm.ts')).rtfDisarmer,
  },
  {
    name: 'doc',
    mediaTypes: ['application/msword'],
    makes: ['text/plain'],
    lane: 'heavy',
    raster: false,
    load: async () => (await import('./doc.ts')).docDisarmer,
  },
  {
    name: 'ppt',
    mediaTypes: ['application/vnd.ms-powerpoint'],
    makes: ['text/plain'],
    lane: 'heavy',
    raster: false,
    load: async () => (await import('./ppt.ts')).pptDisarmer,
  },
  {
    name: 'msg',
    mediaTypes: ['application/vnd.ms-outlook'],
    makes: ['application/x-eml'],
    lane: 'heavy',
    raster: false,
    load: async () => (await import('./msg/disarm.ts')).msgDisarmer,
  },
  {
    name: 'jtd',
    mediaTypes: ['application/x-js-taro'],
    makes: ['text/plain'],
    lane: 'heavy',
    raster: false,
    load: async () => {
      const { jtdDisarmer, readySevenZip } = await import('./jtd.ts')
      await readySevenZip()
      return jtdDisarmer
    },
  },
  {
    name: 'step',
    mediaTypes: ['application/p21', 'application/x-sfc'],
    makes: ['application/p21', 'application/x-sfc'],
    lane: 'heavy',
    raster: false,
    load: async () => (await import('./cad/step.ts')).stepDisarmer,
  },
  {
    name: 'dxf',
    mediaTypes: ['image/vnd.dxf'],
    makes: ['image/vnd.dxf'],
    lane: 'heavy',
    raster: false,
    load: async () => (await import('./cad/dxf.ts')).dxfDisarmer,
  },
  {
    name: 'pdf',
    mediaTypes: ['application/pdf'],
    makes: ['application/pdf'],
    lane: 'heavy',
    raster: true,
    load: async () => (await import('./pdf/pdf.ts')).loadPdf(),
  },
  {
    name: 'ooxml',
    mediaTypes: [...OOXML_KINDS.map(kind => `${OOXML}${kind}`), ...OOXML_MACRO_KINDS.map(kind => `application/vnd.ms-${kind}.macroenabled.12`)],
    makes: OOXML_KINDS.map(kind => `${OOXML}${kind}`),
    lane: 'heavy',
    raster: false,
    load: async () => (await import('./ooxml/ooxml.ts')).ooxmlDisarmer,
  },
]

export const DISARMERS: DisarmerTable = tableOf(FAMILIES)

export function tableOf(families: readonly Family[]): DisarmerTable {
  return new Map(families.flatMap(family => family.mediaTypes.map(type => [type, family] as const)))
}

/** Every type that a delivered file may have. */
export const MADE_TYPES: readonly string[] = [...new Set(['text/plain', ...FAMILIES.flatMap(family => family.makes)])]

/**
 * Loads all code of the heavy lane. Must run before capabilities are taken away: native code cannot be loaded
 * afterwards.
 */
export async function preloadHeavy(): Promise<void> {
  await Promise.all(FAMILIES.map(family => family.load()))
}

/** Looks at files, by the same disarmers: part of what a heavy process has in memory. */
export function loadPreview(): Promise<typeof import('../preview.ts')> {
  return import('../preview.ts')
}
