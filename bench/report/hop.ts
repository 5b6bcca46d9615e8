/** Cells of the hop benchmark, paired by what was sent: Sekisho's, whoever the sender was to it, and a peer's. */
import { type Line, medians, num, ratio, shown, table } from './markdown.ts'
import type { Bars } from './plots.ts'

type Pair = { readonly ours: Line; readonly theirs: Line }

const CELL = ['mailClass', 'connections', 'perConnection'] as const
/** What the peers are measured with, in the order of their targets. */
export const PEER_CELLS = ['S', 'M'].flatMap(mailClass => [10, 50].map(connections => ({ mailClass, connections, perConnection: 50 })))

/** The medians of a system in the cell of `cell`, which may be another system's line. */
export function medianOf(lines: readonly Line[], system: string, cell: Line): Line | undefined {
  return medians(lines, line => line['median'] === system && CELL.every(key => line[key] === cell[key]))[0]
}

/** By class of mail as they were run, then new connections before reused ones, then by their number. */
export function pairsOf(lines: readonly Line[]): Pair[] {
  const all = medians(lines, line => line['median'] === 'sekisho' || line['median'] === 'stranger')
  const classes = all.map(line => line['mailClass'])
  const places = (line: Line) => [classes.indexOf(line['mailClass']), num(line, 'perConnection'), num(line, 'connections')] as const
  const inOrder = (a: Line, b: Line) => places(a).map((place, i) => place - places(b)[i]!).find(step => step !== 0) ?? 0
  return all.toSorted(inOrder).flatMap(ours => {
    const theirs = medianOf(lines, 'postfix', ours)
    return theirs ? [{ ours, theirs }] : []
  })
}

function connectionsOf(line: Line): string {
  return line['perConnection'] === 1 ? 'new' : 'reused'
}

export function hopTable(lines: readonly Line[]): string {
  const both = ({ ours, theirs }: Pair, key: string) => `${shown(num(ours, key))} / ${shown(num(theirs, key))}`
  const three = (line: Line, kind: 'ack' | 'hop') => ['P50', 'P99', 'P999'].map(each => shown(num(line, `${kind}${each}Ms`))).join(' / ')
  const rows = pairsOf(lines).map(pair => {
    const { ours, theirs } = pair
    return [
      ours['mailClass'],
      ours['connections'],
      connectionsOf(ours),
      both(pair, 'perSecond'),
      ratio(num(ours, 'perSecond'), num(theirs, 'perSecond')),
      both(pair, 'megabytesPerSecond'),
      three(ours, 'ack'),
      three(theirs, 'ack'),
      three(ours, 'hop'),
      three(theirs, 'hop'),
      both(pair, 'cpuSecondsPer1000'),
      both(pair, 'pssMiB'),
    ]
  })
  const head = ['mail', 'connections', '', 'mails/s, ours / Postfix', 'ratio', 'MB/s', 'ack ms p50 / 99 / 99.9', 'Postfix', 'hop ms p50 / 99 / 99.9', 'Postfix', 'CPU s per 1,000', 'PSS MiB']
  const faults = ['lost', 'duplicates', 'errors'].map(key => medians(lines, () => true).reduce((sum, line) => sum + num(line, key), 0))
  return `${table(head, rows)}\n\nLost, doubled and refused mails over all cells: ${faults.join(', ')}.`
}

export function hopBars(lines: readonly Line[], mailClass: string, title: string): Bars {
  return {
    title,
    unit: 'mails/s at the sink',
    series: ['Sekisho', 'Postfix'],
    groups: pairsOf(lines)
      .filter(({ ours }) => ours['mailClass'] === mailClass)
      .map(({ ours, theirs }) => ({ name: `${shown(ours['connections'])} ${connectionsOf(ours)}`, values: [num(ours, 'perSecond'), num(theirs, 'perSecond')] })),
  }
}

export function peersTable(lines: readonly Line[]): string {
  const rows = medians(lines, () => true).map(line => {
    const times = ratio(num(medianOf(lines, 'sekisho', line), 'perSecond'), num(line, 'perSecond'))
    return [line['mailClass'], line['connections'], line['median'], num(line, 'perSecond'), times, num(line, 'ackP99Ms'), num(line, 'hopP99Ms'), num(line, 'cpuSecondsPer1000'), num(line, 'pssMiB'), num(line, 'lost')]
  })
  return table(['mail', 'connections', 'system', 'mails/s', 'Sekisho by this', 'ack p99 ms', 'hop p99 ms', 'CPU s per 1,000', 'PSS MiB', 'lost'], rows)
}

export function peersBars(lines: readonly Line[]): Bars {
  const names = new Set(medians(lines, () => true).map(line => String(line['median'])))
  return {
    title: 'Mails a second by size and number of connections (reused)',
    unit: 'mails/s',
    series: ['5 KB, 10', '5 KB, 50', '100 KB, 10', '100 KB, 50'],
    groups: [...names].map(name => ({
      name,
      values: PEER_CELLS.map(cell => {
        const line = medianOf(lines, name, cell)
        return line ? num(line, 'perSecond') : Number.NaN
      }),
    })),
  }
}
