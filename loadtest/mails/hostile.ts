/**
 * Samples that must not arrive as they are. Harmless in themselves: where a real one has its payload these have a canary,
 * which the sink looks for.
 */
import { CANARIES } from '../look.ts'
import { MARK_PLACE } from '../mark.ts'
import { packedFile, type Piece } from '../template.ts'
import { letterPieces, textPart, topHeader } from './letter.ts'
import { docx, MEDIA_TYPES, noise, part, pdf } from './office-files.ts'
import { markedZip } from './pack.ts'
import type { Chance } from './words.ts'

const BOMB_BYTES = 30_000_000

export const HOSTILE: Readonly<Record<string, (chance: Chance) => Piece[]>> = {
  'hostile-macro': chance => attached(`${MARK_PLACE}_調査票.docm`, MEDIA_TYPES.docm, macroDocument(chance), chance),
  'hostile-program': chance =>
    attached(`${MARK_PLACE}_更新.exe`, 'application/octet-stream', packedFile(program(chance)), chance),
  'hostile-disguised': chance =>
    attached(`${MARK_PLACE}_請求書.pdf`, 'application/pdf', packedFile(program(chance)), chance),
  'hostile-script': chance =>
    attached(
      `${MARK_PLACE}_領収書.pdf.js`,
      'text/javascript',
      packedFile(Buffer.from(`var x = "${CANARIES.script}";\r\n`.repeat(40))),
      chance,
    ),
  'hostile-html-file': chance =>
    attached(
      `${MARK_PLACE}_配送状況.html`,
      'text/html',
      packedFile(
        Buffer.from(
          `<html><body onload="${CANARIES.script}()"><script>${CANARIES.script}</script><p>荷物</p></body></html>\r\n`,
        ),
      ),
      chance,
    ),
  'hostile-pdf-script': chance =>
    attached(
      `${MARK_PLACE}_案内.pdf`,
      'application/pdf',
      pdf(1, 3000, chance, `<</S/JavaScript/JS(app.alert\\('${CANARIES.script}'\\))>>`),
      chance,
    ),
  'hostile-nested-zip': chance => attached(`${MARK_PLACE}_一式.zip`, 'application/zip', nestedZip(chance), chance),
  'hostile-bomb': chance =>
    attached(
      `${MARK_PLACE}_写真.zip`,
      'application/zip',
      markedZip([part('photo.bmp', Buffer.alloc(BOMB_BYTES))]),
      chance,
    ),
  'hostile-mime': brokenMime,
}

function attached(name: string, mediaType: string, file: ReturnType<typeof packedFile>, chance: Chance): Piece[] {
  return letterPieces(
    { charset: 'utf-8', html: false, attachments: [{ name, mediaType, file }], typicalLines: 5 },
    chance,
  )
}

function program(chance: Chance): Buffer {
  const octets = noise(20_000, chance)
  octets.write('MZ\u0090\u0000\u0003', 'latin1')
  // Where the header says that the new header is, and that header.
  octets.writeUInt32LE(0x80, 0x3c)
  octets.write('PE\u0000\u0000', 0x80, 'latin1')
  octets.write(CANARIES.program, 0x400, 'latin1')
  return octets
}

function macroDocument(chance: Chance) {
  const project = Buffer.concat([
    Buffer.from('d0cf11e0a1b11ae1', 'hex'),
    noise(4000, chance),
    Buffer.from(CANARIES.macro),
  ])
  return docx(20, 0, chance, {
    files: [part('word/vbaProject.bin', project)],
    types: '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>',
    relationships:
      '<Relationship Id="rId9" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" Target="vbaProject.bin"/>',
    mainType: 'application/vnd.ms-word.document.macroEnabled.main+xml',
  })
}

function nestedZip(chance: Chance) {
  return markedZip([
    part('inner.zip', markedZip([part('setup.exe', program(chance)), part('readme.txt', MARK_PLACE)]).raw),
  ])
}

/** Two boundaries, a part in a part that never ends, base64 with other characters in it, no end. */
function brokenMime(chance: Chance): Piece[] {
  const head = `${topHeader(chance)}Content-Type: multipart/mixed; boundary="one"; boundary="two"\r\n\r\n`
  return [
    { text: Buffer.from(`${head}--one\r\n`) },
    ...textPart(`整理番号 ${MARK_PLACE}\r\n`, 'text/plain', 'utf-8'),
    {
      text: Buffer.from(
        `--one\r\nContent-Type: multipart/alternative; boundary="one"\r\n\r\n--two\r\nContent-Type: application/x-msdownload; name="a.exe"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!`,
      ),
    },
    { text: Buffer.from(`\r\n${program(chance).toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n--two\r\n`) },
  ]
}
