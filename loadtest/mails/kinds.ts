/**
 * Kinds of mails, and the mixes of them that have a name.
 *
 * Each kind is generated in several variants of different size and wording; a run chooses by weight. The same seed gives
 * the same mails. The weights of `office` are a guess at an office's day, to be replaced by one's own (`--mix`, `--eml`).
 */
import { CANARIES } from '../look.ts'
import { MARK_PLACE } from '../mark.ts'
import { randomFrom } from '../random.ts'
import { composeTemplate, packedFile, type Piece, type Template } from '../template.ts'
import type { Charset } from './charsets.ts'
import { HOSTILE } from './hostile.ts'
import { type Attachment, letterPieces } from './letter.ts'
import { docx, MEDIA_TYPES, noise, part, pdf, png, xlsx } from './office-files.ts'
import { encryptedZip, markedZip } from './pack.ts'
import { type Chance, skewed } from './words.ts'

const VARIANTS = 6
const MB = 1_000_000

type Compose = (chance: Chance) => Piece[]

const KINDS: Readonly<Record<string, Compose>> = {
  'text-utf-8': chance => text('utf-8', false, chance),
  'text-iso-2022-jp': chance => text('iso-2022-jp', false, chance),
  'text-shift_jis': chance => text('shift_jis', false, chance),
  'text-euc-jp': chance => text('euc-jp', false, chance),
  html: chance => text('utf-8', true, chance),
  'html-iso-2022-jp': chance => text('iso-2022-jp', true, chance),
  docx: chance => withFiles([word(chance)], chance),
  xlsx: chance => withFiles([sheet(chance)], chance),
  pdf: chance => withFiles([document(skewed(20_000, 200_000, 4 * MB, chance), chance)], chance),
  png: chance => withFiles([picture(skewed(10_000, 150_000, 3 * MB, chance), chance)], chance),
  zip: chance => withFiles([packed(chance)], chance),
  'zip-encrypted': chance => withFiles([locked(chance)], chance),
  'ten-files': chance =>
    withFiles(
      Array.from({ length: 10 }, (_, i) => [word, sheet, packed][i % 3]!(chance)),
      chance,
    ),
  large: chance => withFiles([document(10 * MB, chance)], chance),
  ...HOSTILE,
}

export const KIND_NAMES: readonly string[] = Object.keys(KINDS)

const TEXTS = {
  'text-utf-8': 30,
  'text-iso-2022-jp': 14,
  'text-shift_jis': 2,
  'text-euc-jp': 1,
  html: 22,
  'html-iso-2022-jp': 4,
}
const HOSTILE_EVENLY = Object.fromEntries(Object.keys(HOSTILE).map(name => [name, 1]))

export const MIXES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  office: {
    ...TEXTS,
    docx: 6,
    xlsx: 6,
    pdf: 8,
    png: 2,
    zip: 1.5,
    'zip-encrypted': 1.5,
    'ten-files': 0.5,
    ...Object.fromEntries(Object.keys(HOSTILE).map(name => [name, 0.2])),
  },
  text: TEXTS,
  files: { docx: 6, xlsx: 6, pdf: 8, png: 2, zip: 2, 'zip-encrypted': 1, 'ten-files': 1 },
  large: { large: 1 },
  hostile: HOSTILE_EVENLY,
}

export type MailSet = { readonly templates: readonly Template[]; readonly weights: readonly number[] }

export function generateMails(mix: Readonly<Record<string, number>>, seed: number, variantsOfEach = VARIANTS): MailSet {
  const templates: Template[] = []
  const weights: number[] = []
  for (const [name, weight] of Object.entries(mix)) {
    const compose = KINDS[name]
    if (!compose) throw new Error(`no kind of mail is called ${name}: ${KIND_NAMES.join(', ')}`)
    const chance = randomFrom(seed ^ hashOf(name))
    const variants = name === 'large' ? 1 : variantsOfEach
    for (let i = 0; i < variants; i++) {
      templates.push(composeTemplate(name, compose(chance)))
      weights.push(weight / variants)
    }
  }
  return { templates, weights }
}

function hashOf(name: string): number {
  return Array.from(name).reduce((hash, character) => (Math.imul(hash, 31) + character.codePointAt(0)!) | 0, 7)
}

function text(charset: Charset, html: boolean, chance: Chance): Piece[] {
  return letterPieces({ charset, html, attachments: [], typicalLines: 14 }, chance)
}

function withFiles(attachments: readonly Attachment[], chance: Chance): Piece[] {
  return letterPieces({ charset: 'utf-8', html: false, attachments, typicalLines: 8 }, chance)
}

function word(chance: Chance): Attachment {
  return {
    name: `${MARK_PLACE}_会議資料.docx`,
    mediaType: MEDIA_TYPES.docx,
    file: docx(skewed(10, 60, 600, chance), chance() < 0.4 ? skewed(5000, 60_000, MB, chance) : 0, chance),
  }
}

function sheet(chance: Chance): Attachment {
  return {
    name: `${MARK_PLACE}_調査票.xlsx`,
    mediaType: MEDIA_TYPES.xlsx,
    file: xlsx(skewed(20, 200, 5000, chance), chance),
  }
}

function document(bytes: number, chance: Chance): Attachment {
  return {
    name: `${MARK_PLACE}_図面.pdf`,
    mediaType: 'application/pdf',
    file: pdf(1 + Math.floor(chance() * 5), bytes, chance),
  }
}

function picture(bytes: number, chance: Chance): Attachment {
  return { name: `${MARK_PLACE}_写真.png`, mediaType: 'image/png', file: packedFile(png(bytes, chance)) }
}

function packed(chance: Chance): Attachment {
  const file = markedZip([
    part('資料/会議資料.docx', docx(30, 0, chance).raw),
    part('資料/一覧.csv', `番号,氏名\r\n${MARK_PLACE},山田\r\n`),
  ])
  return { name: `${MARK_PLACE}_資料一式.zip`, mediaType: 'application/zip', file }
}

/** What is in it nobody can see without the password, so it may not arrive as it is. */
function locked(chance: Chance): Attachment {
  const secret = part(
    'secret.txt',
    Buffer.concat([Buffer.from(CANARIES.program), noise(skewed(2000, 30_000, 500_000, chance), chance)]),
  )
  return {
    name: `${MARK_PLACE}_見積書.zip`,
    mediaType: 'application/zip',
    file: packedFile(encryptedZip(secret, 'Sekisho-2026', chance)),
  }
}
