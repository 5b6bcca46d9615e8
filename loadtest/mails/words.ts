/** What the generated mails are about: office Japanese, enough of it that no two templates are alike. */

export const PEOPLE = [
  '山田太郎',
  '佐藤花子',
  '鈴木一郎',
  '高橋美咲',
  '田中健',
  '渡辺陽子',
  '伊藤誠',
  '髙﨑恵',
] as const
export const SUBJECTS = [
  '会議資料の送付について',
  '見積書のご確認のお願い',
  '【重要】住民説明会の日程変更',
  '道路工事の工程表（第3回変更）',
  '調査票の提出について（依頼）',
  '令和8年度予算要求の件',
  '契約書案の送付',
  'ご訪問の御礼',
  '防災訓練の実施要領',
  'Re: 打合せ議事録の件',
] as const

const SENTENCES = [
  'いつもお世話になっております。',
  '標記の件につきまして、資料をお送りいたします。',
  'ご多忙のところ恐れ入りますが、ご確認をお願いいたします。',
  '先日の打合せでご指摘のあった箇所を修正しました。',
  '締切は来週の金曜日17時15分です。',
  '様式は前回と同じものをお使いください。',
  'ご不明な点がございましたら、担当までご連絡ください。',
  '工事期間中は、一部の区間が通行止めとなります。',
  '参加人数が確定しましたらお知らせください。',
  '添付の資料は、会議の当日に印刷したものもお配りします。',
  '住所の表記に誤りがありましたので、差し替えをお願いします。',
  '費用の内訳は、別紙のとおりです。',
  '電話番号は代表０１２３−４５−６７８９、内線１２３です。',
  '株式会社〇〇商事との契約更新の件もあわせてご相談させてください。',
  'よろしくお願いいたします。',
] as const

export type Chance = () => number

export function oneOf<T>(list: readonly T[], chance: Chance): T {
  return list[Math.floor(chance() * list.length)]!
}

/** Lines of text without line ends. */
export function paragraphs(lines: number, chance: Chance): string[] {
  return Array.from({ length: lines }, () =>
    Array.from({ length: 1 + Math.floor(chance() * 3) }, () => oneOf(SENTENCES, chance)).join(''),
  )
}

/** Most are short, few are long: what sizes of mails and files look like. */
export function skewed(smallest: number, typical: number, largest: number, chance: Chance): number {
  const normal = chance() + chance() + chance() + chance() - 2
  return Math.round(Math.min(largest, Math.max(smallest, typical * Math.exp(normal * 1.6))))
}
