/** Reasons of the rows that are shipped (config/profiles.ts); an operator's own stand as they were written. */
import { html, type SafeHtml } from '../http/html.ts'
import type { Language } from '../http/route.ts'

const ja: Readonly<Record<string, string>> = {
  'opening such a file runs it': '開くと実行されるファイル',
  'a program, whatever its name': '名前にかかわらずプログラム',
  'Excel opens a workbook with its default password without asking; any other stays locked': 'Excelが標準のパスワードで自動的に開くブック。ほかのパスワードなら閉じたまま',
  'what cannot be read cannot be rebuilt': '読めないものは作り直せない',
  'read, understood and written anew (docs/disarm.md)': '中身を読み取り、新しく書き直す（docs/disarm.md）',
  'only a picture of each page crosses': '各ページの絵だけを渡す',
  'a picture of that size in the text is content and comes as a file': '本文の中の大きな画像は内容なので、ファイルとして渡す',
  'an ornament: the text says that it is there': '飾りの画像。あることだけを本文に書く',
  'a format without a public description': '仕様が公開されていない形式',
  'nobody can say what it is': '何のファイルか分からない',
  'deny by default: nothing here rebuilds this type': '作り直せない種類は渡さない',
  'this profile lets no attachment in': 'このポリシーでは添付を渡さない',
}

export function policyReason(why: string, language: Language): SafeHtml {
  if (language === 'ja' && Object.hasOwn(ja, why)) return html`${ja[why]!}`
  return html`<span${language === 'ja' && /^[\x20-\x7e]*$/.test(why) && html` lang="en"`}>${why}</span>`
}
