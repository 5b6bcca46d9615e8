/** The mails of the demonstration: 300 of an office's weeks, every one with sender, date and subject of its own. */
import { encodePhrase, encodeUnstructured } from '../core/mime/encode.ts'
import { generateMails, KIND_NAMES } from '../loadtest/mails/kinds.ts'
import { letterPieces, textPart, topHeader } from '../loadtest/mails/letter.ts'
import { docx, part } from '../loadtest/mails/office-files.ts'
import { encryptedZip } from '../loadtest/mails/pack.ts'
import { type Chance, oneOf, SUBJECTS } from '../loadtest/mails/words.ts'
import { randomFrom } from '../loadtest/random.ts'
import { composeTemplate, octetsOf, packedFile, type Template } from '../loadtest/template.ts'
import { DEMO_MAILBOXES } from './demo-people.ts'

/** `octets` as after DATA, without the last dot; some are of eight bits. */
export type DemoMail = { readonly from: string; readonly to: readonly string[]; readonly octets: Buffer }

const SENDERS = [
  ['株式会社あおば設計 高田', 'takada@aoba-sekkei.example'],
  ['みどり建設 積算部', 'sekisan@midori-kensetsu.example'],
  ['県庁 市町村課', 'shichoson@pref.example.jp'],
  ['総務省 調査担当', 'chosa@soumu.example.go.jp'],
  ['○○システム サポート', 'support@system.example'],
  ['住民 青木', 'aoki.yuko@mail.example'],
  ['商工会 事務局', 'jimu@shokokai.example'],
  ['配送センター', 'delivery@parcel.example'],
] as const

const SEED = 20_260_406
const PASSWORD = 'Aoba#2026keiyaku'
const DAY_MS = 86_400_000
/** Weights by kind; what is not named comes as often as 1. */
const OFTEN: Readonly<Record<string, number>> = { 'text-utf-8': 5, 'text-iso-2022-jp': 3, html: 5, docx: 4, xlsx: 4, pdf: 4, 'zip-encrypted': 4, 'hostile-macro': 3, large: 0 }

/** Every so often a locked file, and its password in a mail of its own from the same sender. */
const LOCKED_EVERY = 15

export function demoMails(count: number, nowMs: number): DemoMail[] {
  const chance = randomFrom(SEED)
  const mix = Object.fromEntries(KIND_NAMES.map(kind => [kind, OFTEN[kind] ?? 1] as const).filter(([, weight]) => weight > 0))
  const { templates, weights } = generateMails(mix, SEED, 3)
  const locked = lockedPair(chance)
  return Array.from({ length: count }, (_, index) => {
    const place = index % LOCKED_EVERY
    if (place < 2) return addressed(octetsOf(locked[place]!, markOf(index)), { index, chance: randomFrom(index - place), atMs: nowMs - (count - index) * (14 * DAY_MS) / count })
    const template = templates[weighted(weights, chance)]!
    return addressed(octetsOf(template, markOf(index)), { index, chance, atMs: nowMs - (count - index) * (14 * DAY_MS) / count })
  })
}

function markOf(index: number): string {
  return `DEMO-R8-TOWN-${String(index + 1).padStart(8, '0')}`
}

/** Both with the same `chance` get the same sender and recipients. */
function lockedPair(chance: Chance): readonly [Template, Template] {
  const file = packedFile(encryptedZip(part('契約書案.docx', docx(40, 0, chance).raw), PASSWORD, chance))
  const attachments = [{ name: '契約書案.zip', mediaType: 'application/zip', file }]
  const told = `先ほどお送りしたファイルのパスワードをお知らせします。\r\n\r\nパスワード：${PASSWORD}\r\n\r\nよろしくお願いいたします。\r\n`
  return [
    composeTemplate('locked', letterPieces({ charset: 'utf-8', html: false, attachments, typicalLines: 6 }, chance)),
    composeTemplate('password', [{ text: Buffer.from(topHeader(chance)) }, ...textPart(told, 'text/plain', 'utf-8')]),
  ]
}

/** The generated header has one sender and one day: each mail here has its own. */
function addressed(octets: Buffer, { index, chance, atMs }: { readonly index: number; readonly chance: Chance; readonly atMs: number }): DemoMail {
  const [name, from] = oneOf(SENDERS, chance)
  const to = [oneOf(DEMO_MAILBOXES, chance), ...(chance() < 0.2 ? [oneOf(DEMO_MAILBOXES, chance)] : [])]
  const end = octets.indexOf('\r\n\r\n')
  const fields: Readonly<Record<string, string>> = {
    From: `${encodePhrase(name)} <${from}>`,
    To: [...new Set(to)].map(mailbox => `<${mailbox}>`).join(', '),
    Subject: encodeUnstructured(`${oneOf(SUBJECTS, chance)}（R8-${index + 1}）`),
    Date: new Date(atMs).toUTCString().replace('GMT', '+0000'),
  }
  const header = octets.toString('latin1', 0, end).replace(/^(From|To|Subject|Date): (?:[^\r]|\r\n[ \t])*$/gm, (_line, field: string) => `${field}: ${fields[field]}`)
  return { from, to: [...new Set(to)], octets: Buffer.concat([Buffer.from(header, 'latin1'), octets.subarray(end)]) }
}

function weighted(weights: readonly number[], chance: Chance): number {
  let left = chance() * weights.reduce((sum, weight) => sum + weight, 0)
  const index = weights.findIndex(weight => (left -= weight) < 0)
  return Math.max(0, index)
}
