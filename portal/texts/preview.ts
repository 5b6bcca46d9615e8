/** Words of the picture view. */
import type { Language } from '../http/route.ts'

const ja = {
  title: (name: string) => `画像プレビュー: ${name}`,
  about: 'ファイルそのものではなく、ページの絵を表示しています。WordやExcelなどは、書かれた文字だけを並べます。絵には、あなたの名前と時刻が入ります。',
  page: (page: number, pages: number) => `${page}／${pages}ページ`,
  alt: (name: string, page: number, pages: number) => `「${name}」の${page}／${pages}ページの絵。文字は、この下の「文字で読む」にあります。`,
  altNoText: (name: string, page: number, pages: number) => `「${name}」の${page}／${pages}ページの絵。読み取れる文字はありません。`,
  previous: '前のページ',
  next: '次のページ',
  goTo: '開くページ',
  go: '開く',
  text: '文字で読む',
  noText: 'このページには、読み取れる文字がありません。',
  locked: (name: string) => `「${name}」にはパスワードがかかっています。入力したパスワードは、表示しているあいだ（10分）だけ覚えておき、保存しません。`,
  show: '表示する',
  nav: 'ページの移動',
}

export type PreviewTexts = typeof ja

const en: PreviewTexts = {
  title: name => `Pictures of ${name}`,
  about: 'These are pictures of the pages, not the file itself. Of Word, Excel and the like only the words are shown. They carry your name and the time.',
  page: (page, pages) => `Page ${page} of ${pages}`,
  alt: (name, page, pages) => `Picture of page ${page} of ${pages} of "${name}". Its text is below, under "Read as text".`,
  altNoText: (name, page, pages) => `Picture of page ${page} of ${pages} of "${name}". It has no text that can be read.`,
  previous: 'Previous page',
  next: 'Next page',
  goTo: 'Page',
  go: 'Open',
  text: 'Read as text',
  noText: 'No text can be read on this page.',
  locked: name => `"${name}" is locked by a password. What you enter is remembered only while you look (10 minutes) and is not stored.`,
  show: 'Show',
  nav: 'Pages',
}

export function previewTexts(language: Language): PreviewTexts {
  return { ja, en }[language]
}
