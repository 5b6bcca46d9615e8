/** The targets of the design, and what the results say of each. A row whose benchmark was not run says so. */
import { medianOf, PEER_CELLS, pairsOf } from './hop.ts'
import { type Line, medians, num, table } from './markdown.ts'

export type Results = Readonly<Record<string, { readonly lines: readonly Line[] }>>

type Target = { readonly what: string; readonly against: string; readonly wanted: string; readonly measure: (results: Results) => Verdict }
type Verdict = { readonly said: string; readonly isMet: boolean }

const atLeast = (values: readonly number[], least: readonly number[]): Verdict => ({
  said: values.map((value, index) => (value >= least[index]! ? value.toFixed(2) : `**${value.toFixed(2)}**`)).join('; '),
  isMet: values.every((value, index) => value >= least[index]!),
})
const atMost = (value: number, most: number): Verdict => ({ said: value.toFixed(2), isMet: value <= most })

function hopRatio(results: Results, cell: { readonly mailClass: string; readonly connections: number; readonly perConnection: number }, section = 'hop', key = 'perSecond'): number {
  const pair = pairsOf(results[section]!.lines).find(({ ours }) => Object.entries(cell).every(([name, value]) => ours[name] === value))
  return num(pair?.ours, key) / num(pair?.theirs, key)
}

function peerRatios(results: Results, peer: string): number[] {
  const { lines } = results['peers']!
  const [ours, theirs] = ['sekisho', peer].map(system => PEER_CELLS.map(cell => num(medianOf(lines, system, cell), 'perSecond'))) as [number[], number[]]
  return ours.map((rate, index) => rate / theirs[index]!)
}

function readerTimes(results: Results, name: string): number {
  return num(results['reader']!.lines.find(line => line['contender'] === 'sekisho' && String(line['case']).startsWith(name)), 'timesMailparser')
}

const cellsOf = (mailClass: string) => [10, 50].flatMap(connections => [1, 50].map(perConnection => ({ mailClass, connections, perConnection })))

export const TARGETS: readonly Target[] = [
  { what: 'S mails a second, 10 connections new; reused; 50 new; reused', against: 'Postfix plain relay', wanted: '1.3; 1.7; 1.3; 1.7', measure: results => atLeast(cellsOf('S').map(cell => hopRatio(results, cell)), [1.3, 1.7, 1.3, 1.7]) },
  { what: 'the same, signed mails of strangers, checked', against: 'Postfix plain relay', wanted: '0.9', measure: results => atLeast(cellsOf('signed').map(cell => hopRatio(results, cell, 'strangers')), [0.9, 0.9, 0.9, 0.9]) },
  { what: 'M mails a second, the same cells', against: 'Postfix plain relay', wanted: '1.0', measure: results => atLeast(cellsOf('M').map(cell => hopRatio(results, cell)), [1, 1, 1, 1]) },
  { what: 'L and X, MB a second', against: 'Postfix plain relay', wanted: '1.0', measure: results => atLeast([hopRatio(results, { mailClass: 'L', connections: 2, perConnection: 1 }), hopRatio(results, { mailClass: 'X', connections: 1, perConnection: 1 })], [1, 1]) },
  { what: 'S mails a second, 10 connections reused; 50; M, 10; 50', against: 'Postfix with MIMEDefang', wanted: '5', measure: results => atLeast(peerRatios(results, 'mimedefang'), [5, 5, 5, 5]) },
  { what: 'the same', against: 'amavisd-new, 8 processes', wanted: '10', measure: results => atLeast(peerRatios(results, 'amavis'), [10, 10, 10, 10]) },
  { what: 'the same', against: 'Haraka with its own queue', wanted: '2', measure: results => atLeast(peerRatios(results, 'haraka'), [2, 2, 2, 2]) },
  { what: 'CPU for an S mail, 50 connections, reused', against: 'Postfix plain relay', wanted: 'at most 0.75', measure: results => atMost(hopRatio(results, { mailClass: 'S', connections: 50, perConnection: 50 }, 'hop', 'cpuSecondsPer1000'), 0.75) },
  { what: 'p99 from end of data to 250, S, at 70 % of the own limit', against: 'Postfix at 70 % of its own', wanted: 'at most 1', measure: results => atMost(num(tailOf(results, 'sekisho'), 'ackP99Ms') / num(tailOf(results, 'postfix'), 'ackP99Ms'), 1) },
  { what: 'flushes of the disk for an S mail, 50 connections', against: '', wanted: 'at most 0.3', measure: results => atMost(num(results['flushes']!.lines.find(line => line['system'] === 'sekisho' && line['connections'] === 50), 'flushesPerMail'), 0.3) },
  { what: 'growth of the peak of all processes from a message of 10 MB to one of 1 GB, MiB', against: '', wanted: 'at most 64', measure: results => atMost(num(results['memory']!.lines.find(line => 'growthMiB' in line), 'growthMiB'), 64) },
  { what: 'peak memory (PSS) of all processes, mix, 50 connections, MiB', against: '', wanted: 'at most 400', measure: results => atMost(num(results['memory']!.lines.find(line => line['peakOf'] === 'sekisho' && line['mailClass'] === 'mix'), 'peakPssMiB'), 400) },
  { what: 'reader, small mails; large attachment', against: 'mailparser', wanted: '12; 4', measure: results => atLeast([readerTimes(results, 'small'), readerTimes(results, 'attachment')], [12, 4]) },
]

function tailOf(results: Results, system: string): Line | undefined {
  return medians(results['tail']!.lines, line => line['median'] === system)[0]
}

export function targetsTable(results: Results): string {
  const rows = TARGETS.map(({ what, against, wanted, measure }) => {
    const verdict = tried(measure, results)
    return [what, against, wanted, verdict?.said ?? 'not measured', verdict ? (verdict.isMet ? 'met' : '**missed**') : '']
  })
  return table(['what', 'beside', 'wanted', 'measured', ''], rows)
}

function tried(measure: Target['measure'], results: Results): Verdict | undefined {
  try {
    return measure(results)
  } catch {
    return undefined
  }
}
