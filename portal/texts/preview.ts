/** Words of the picture view. */
import type { Language } from '../http/route.ts'
import type { PageView } from '../ports.ts'

const ja = {
  title: (name: string) => `画像プレビュー: ${name}`,
  about: 'ファイルそのものではなく、ページの絵を表示しています。絵には、あなたの名前と時刻が入ります。',
  drawn: {
    page: '',
    words: 'この絵は、書かれた文字だけを並べたものです。見た目（配置、図、写真）は、もとのファイルと違います。',
    'words-for-now': '見た目どおりの絵を準備しています。それまで、書かれた文字だけを並べます。',
    sketch: 'この絵は、図面の線と文字だけを簡単に描いたものです。寸法線、塗りつぶし、線の太さと色は出ません。',
    summary: 'この形式の図面や形は、ここでは描けません。ファイルの説明（作成者、日時、形式など）だけを並べます。',
  } as Readonly<Record<PageView['drawn'], string>>,
  wait: '見た目どおりに表示する',
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
  about: 'These are pictures of the pages, not the file itself. They carry your name and the time.',
  drawn: {
    page: '',
    words: 'This picture has the words only. Layout, figures and photographs are not as in the file.',
    'words-for-now': 'The page as it looks is being drawn. Until then its words are shown.',
    sketch: 'This picture is a sketch: the lines and texts of the drawing, without dimensions, hatches, line widths and colours.',
    summary: 'Drawings and bodies of this kind cannot be drawn here. What the file says about itself is listed: who made it, when, its format.',
  },
  wait: 'Show the page as it looks',
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
