/** What every page of ours has in common: one file, no script, no font or picture from elsewhere. */
import { escaped } from './plots.ts'
import type { Lang } from './words.ts'

const STYLE = `
:root{color-scheme:light;--ink:#1a1a1c;--soft:#595959;--line:#d0d0d4}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1.5rem 1rem 4rem;color:var(--ink);background:#fff;line-height:1.6;
 font-family:"Noto Sans JP","Noto Sans CJK JP","Hiragino Sans","Yu Gothic UI",Meiryo,"BIZ UDPGothic",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.6rem;margin:0 0 .25rem}h2{font-size:1.2rem;margin:2.2rem 0 .5rem;border-bottom:2px solid var(--line)}h3{font-size:1rem;margin:1.2rem 0 .3rem}
p{margin:.4rem 0}.soft{color:var(--soft);font-size:.9rem}
.verdict{display:inline-block;padding:.2rem 1rem;border-radius:.3rem;font-weight:bold;color:#fff;background:#15803d}.verdict.bad{background:#b91c1c}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.6rem;margin:1rem 0}
.card{border:1px solid var(--line);border-radius:.4rem;padding:.5rem .8rem}.card b{display:block;font-size:1.25rem}.card span{color:var(--soft);font-size:.85rem}
.card.bad{border-color:#b91c1c;background:#fef2f2}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;overflow-wrap:normal}
td:first-child:not(.number){min-width:8.5em}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}td.long{overflow-wrap:anywhere}
.bad-text{color:#b91c1c;font-weight:bold}.good-text{color:#15803d}
.warning{border:2px solid #b45309;background:#fffbeb;padding:.5rem 1rem;border-radius:.3rem}
svg{display:block;width:100%;height:auto;margin:.5rem 0}svg text{font-size:12px;fill:var(--ink)}svg .tick,svg .label{fill:var(--soft)}
figure{margin:.5rem 0}figcaption{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;font-size:.88rem}.unit{color:var(--soft)}
.key{display:inline-flex;align-items:center;gap:.4rem}.key svg{width:2rem;margin:0}
.bars{list-style:none;padding:0}.bars li{margin:.6rem 0}.bars svg{height:.8rem;margin:.15rem 0}
svg .grid{stroke:var(--line);fill:none}svg .line{fill:none;stroke-width:2}
@media(max-width:36rem){svg text{font-size:18px}svg .tick{font-size:16px}}
@media print{body{max-width:none;padding:0}h2{break-after:avoid}svg,table,.card{break-inside:avoid}}
`

export function page(lang: Lang, title: string, body: readonly string[]): string {
  return `<!doctype html>
<html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title><style>${STYLE}</style></head>
<body>
${body.filter(each => each !== '').join('\n')}
</body></html>
`
}

export type Cell = { readonly text: string; readonly number?: boolean; readonly tone?: 'bad' | 'good' }

export function htmlTable(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const numeric = head.map((_, i) => rows.length > 0 && rows.every(row => row[i]?.number === true))
  const headCells = head.map((each, i) => `<th scope="col"${numeric[i] ? ' class="number"' : ''}>${escaped(each)}</th>`)
  const bodyRows = rows.map(row => `<tr>${row.map(cellHtml).join('')}</tr>`)
  return `<div class="scroll"><table><thead><tr>${headCells.join('')}</tr></thead><tbody>${bodyRows.join('')}</tbody></table></div>`
}

export function text(value: string, tone?: Cell['tone']): Cell {
  return tone === undefined ? { text: value } : { text: value, tone }
}

export function number(value: string | number): Cell {
  return { text: String(value), number: true }
}

export function card(label: string, value: string, isBad = false): string {
  return `<div class="card${isBad ? ' bad' : ''}"><span>${escaped(label)}</span><b>${escaped(value)}</b></div>`
}

function cellHtml({ text: value, number: isNumber, tone }: Cell): string {
  const name = isNumber ? 'number' : value.length > 30 ? 'long' : ''
  const inner = tone === undefined ? escaped(value) : `<span class="${tone}-text">${escaped(value)}</span>`
  return `<td${name === '' ? '' : ` class="${name}"`}>${inner}</td>`
}
