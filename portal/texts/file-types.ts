/** What kinds of files are called by people who do not know media types. */
import { DANGEROUS_TYPES } from '../../core/media/dangerous-names.ts'
import type { Language } from '../http/route.ts'

type Name = { readonly ja: string; readonly en: string }

const OOXML = 'application/vnd.openxmlformats-officedocument.'
const ODF = 'application/vnd.oasis.opendocument.'

/** First match by beginning decides. */
const NAMES: readonly (readonly [beginning: string, name: Name])[] = [
  ['application/pdf', { ja: 'PDF文書', en: 'PDF document' }],
  [`${OOXML}wordprocessingml`, { ja: 'Wordの文書', en: 'Word document' }],
  [`${OOXML}spreadsheetml`, { ja: 'Excelの表', en: 'Excel sheet' }],
  [`${OOXML}presentationml`, { ja: 'PowerPointの資料', en: 'PowerPoint slides' }],
  ['application/vnd.ms-word.', { ja: 'Wordの文書（マクロ付き）', en: 'Word document with macros' }],
  ['application/vnd.ms-excel.', { ja: 'Excelの表（マクロ付き）', en: 'Excel sheet with macros' }],
  ['application/vnd.ms-powerpoint.', { ja: 'PowerPointの資料（マクロ付き）', en: 'PowerPoint slides with macros' }],
  ['application/vnd.ms-excel', { ja: 'Excelの表（古い形式）', en: 'Excel sheet (old format)' }],
  ['application/msword', { ja: 'Wordの文書（古い形式）', en: 'Word document (old format)' }],
  ['application/vnd.ms-powerpoint', { ja: 'PowerPointの資料（古い形式）', en: 'PowerPoint slides (old format)' }],
  ['application/x-ooxml-encrypted', { ja: 'パスワード付きのOffice文書', en: 'Office document with a password' }],
  [`${ODF}text`, { ja: 'OpenDocumentの文書', en: 'OpenDocument text' }],
  [`${ODF}spreadsheet`, { ja: 'OpenDocumentの表', en: 'OpenDocument sheet' }],
  [`${ODF}presentation`, { ja: 'OpenDocumentの資料', en: 'OpenDocument slides' }],
  [`${ODF}graphics`, { ja: 'OpenDocumentの図', en: 'OpenDocument drawing' }],
  ['application/rtf', { ja: 'リッチテキスト文書', en: 'rich text document' }],
  ['application/x-js-taro', { ja: '一太郎の文書', en: 'Ichitaro document' }],
  ['application/x-js-hanako', { ja: '花子の図面', en: 'Hanako drawing' }],
  ['application/vnd.fujifilm.fb.docuworks', { ja: 'DocuWorksの文書', en: 'DocuWorks document' }],
  ['application/x-jww', { ja: 'Jw_cadの図面', en: 'Jw_cad drawing' }],
  ['image/vnd.dwg', { ja: 'CAD図面（DWG）', en: 'CAD drawing (DWG)' }],
  ['image/vnd.dxf', { ja: 'CAD図面（DXF）', en: 'CAD drawing (DXF)' }],
  ['application/p21', { ja: 'CAD図面', en: 'CAD drawing' }],
  ['application/x-sfc', { ja: 'CAD図面', en: 'CAD drawing' }],
  ['image/', { ja: '画像', en: 'picture' }],
  ['audio/', { ja: '音声', en: 'sound' }],
  ['video/', { ja: '動画', en: 'video' }],
  ['application/zip', { ja: '圧縮ファイル（ZIP）', en: 'ZIP archive' }],
  ['application/x-7z-compressed', { ja: '圧縮ファイル（7z）', en: '7z archive' }],
  ['application/vnd.rar', { ja: '圧縮ファイル（RAR）', en: 'RAR archive' }],
  ['application/x-lzh-compressed', { ja: '圧縮ファイル（LZH）', en: 'LZH archive' }],
  ['application/x-iso9660-image', { ja: 'ディスクの写し', en: 'disk image' }],
  ['application/x-tar', { ja: '圧縮ファイル', en: 'archive' }],
  ['application/gzip', { ja: '圧縮ファイル', en: 'archive' }],
  ['application/x-bzip2', { ja: '圧縮ファイル', en: 'archive' }],
  ['application/x-xz', { ja: '圧縮ファイル', en: 'archive' }],
  ['application/zstd', { ja: '圧縮ファイル', en: 'archive' }],
  ['application/vnd.ms-cab-compressed', { ja: '圧縮ファイル', en: 'archive' }],
  ['message/rfc822', { ja: 'メール', en: 'mail' }],
  ['application/x-eml', { ja: 'メール', en: 'mail' }],
  ['application/vnd.ms-outlook', { ja: 'Outlookのメール', en: 'Outlook mail' }],
  ['application/ms-tnef', { ja: 'Outlookの添付まとめ（winmail.dat）', en: 'Outlook bundle (winmail.dat)' }],
  ['application/mbox', { ja: 'メールのまとまり', en: 'mailbox' }],
  ['text/calendar', { ja: '予定', en: 'calendar entry' }],
  ['text/vcard', { ja: '連絡先', en: 'contact' }],
  ['text/csv', { ja: 'CSVの表', en: 'CSV sheet' }],
  ['text/tab-separated-values', { ja: '表', en: 'sheet' }],
  ['text/html', { ja: 'Webページ', en: 'web page' }],
  ['text/plain', { ja: '文章', en: 'text' }],
  ['application/json', { ja: 'データ（JSON）', en: 'data (JSON)' }],
  ['application/xml', { ja: 'データ（XML）', en: 'data (XML)' }],
  ['application/pkcs7', { ja: '電子署名または暗号化メール', en: 'signature or encrypted mail' }],
  ['application/pgp', { ja: '電子署名または暗号化メール', en: 'signature or encrypted mail' }],
  ['multipart/', { ja: 'メールのまとまり', en: 'mail parts' }],
]

const PROGRAM: Name = { ja: 'プログラムなど危険な種類のファイル', en: 'program or another dangerous type' }
const UNKNOWN: Name = { ja: '種類の分からないファイル', en: 'file of unknown kind' }

/** `reason`: of the report; what was stopped as a program is called one. */
export function fileTypeText(mediaType: string, language: Language, reason?: string): string {
  if (reason === 'dangerous-type' || (DANGEROUS_TYPES as readonly string[]).includes(mediaType)) return PROGRAM[language]
  const found = NAMES.find(([beginning]) => mediaType.startsWith(beginning))
  return (found?.[1] ?? UNKNOWN)[language]
}
