/**
 * How fast does HTML become text, beside html-to-text and beside stripping tags by a pattern (which is no conversion)?
 *
 *   node bench/html.ts [rounds]
 *
 * Japanese mail as it comes: a short mail out of Outlook, a newsletter of layout tables, one long plain text.
 * Rounds of all contenders are interleaved; the median of each is printed, one JSON line per input and contender,
 * after a line about the machine. Speeds count the UTF-8 octets of the markup.
 */
import { cpus } from 'node:os'
import { convert } from 'html-to-text'
import { htmlToText } from '../core/text/html.ts'

const ROUNDS = Number(process.argv[2] ?? 9)
const ROUND_MS = 200

const OUTLOOK = `<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta http-equiv=Content-Type content="text/html; charset=utf-8">
<style><!--
@font-face {font-family:"MS Gothic"; panose-1:2 11 6 9 7 2 5 8 2 4;}
p.MsoNormal, li.MsoNormal, div.MsoNormal {margin:0mm; font-size:10.5pt; font-family:"MS Gothic";}
a:link, span.MsoHyperlink {color:#0563C1; text-decoration:underline;}
.MsoChpDefault {mso-style-type:export-only;}
@page WordSection1 {size:612.0pt 792.0pt; margin:99.25pt 30.0mm 30.0mm 30.0mm;}
div.WordSection1 {page:WordSection1;}
--></style></head><body lang=JA link="#0563C1"><div class=WordSection1>
${'<p class=MsoNormal><span style=\'color:black\'>お世話になっております。情報政策課の山田です。</span><span lang=EN-US><o:p></o:p></span></p>\n'.repeat(12)}
<table border=1><tr><td>品名</td><td>数量</td></tr><tr><td>机</td><td>3</td></tr></table>
<p class=MsoNormal><a href="https://www.town.example.jp/info?id=3">お知らせのページ</a></p></div></body></html>`

const ARTICLE = `<table width="600" cellpadding=0 cellspacing=0 border=0><tr><td style="padding:10px 20px;font-size:14px;color:#333333;font-family:Meiryo">
<h2 style="font-size:18px">市民講座のご案内</h2><p>平素より市政にご協力いただき、誠にありがとうございます。次のとおり講座を開催します。</p>
<a href="https://example.jp/lecture/1?utm_source=mail&amp;utm_medium=news" style="color:#06c"><img src="https://img.example.jp/1.png" alt="申込み" width=200 height=40></a></td></tr></table>`

const INPUTS = {
  'outlook mail': OUTLOOK,
  newsletter: `<html><body><div style="display:none">プレヘッダー</div>${ARTICLE.repeat(150)}</body></html>`,
  'long text': `<p>${'これは長い本文です。改行のない文章が続きます。'.repeat(20_000)}</p>`,
}

const CONTENDERS = {
  sekisho: (html: string): number => htmlToText(html, { links: 'defang', language: 'ja', maxChars: 10_000_000 }).text.length,
  'html-to-text': (html: string): number => convert(html, { wordwrap: false }).length,
  'tags stripped by a pattern': (html: string): number => html.replace(/<[^>]*>/g, '').length,
}

/** Milliseconds for one conversion, over a round of about ROUND_MS. */
function timeOf(work: () => number): number {
  const start = performance.now()
  let runs = 0
  do {
    work()
    runs++
  } while (performance.now() - start < ROUND_MS)
  return (performance.now() - start) / runs
}

console.log(JSON.stringify({ node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, rounds: ROUNDS }))
for (const [input, html] of Object.entries(INPUTS)) {
  const bytes = Buffer.byteLength(html)
  const times = new Map<string, number[]>(Object.keys(CONTENDERS).map(name => [name, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(CONTENDERS)) times.get(name)!.push(timeOf(() => run(html)))
  }
  for (const [contender, all] of times) {
    const sorted = all.toSorted((a, b) => a - b)
    const median = sorted[Math.floor(sorted.length / 2)]!
    const round = (value: number): number => Math.round(value * 1000) / 1000
    console.log(JSON.stringify({ input, bytes, contender, medianMs: round(median), slowestMs: round(sorted.at(-1)!), MBps: round(bytes / median / 1000) }))
  }
}
