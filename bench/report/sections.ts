/**
 * What docs/performance.md is made of: which benchmarks are run, and how their lines become tables and plots.
 * A section is a function of the lines that its runs printed, and of nothing else.
 */
import { hopBars, hopTable, peersBars, peersTable } from './hop.ts'
import { type Line, medians, num, table } from './markdown.ts'
import type { Bars } from './plots.ts'

export type Run = { readonly bench: string; readonly args: readonly string[] }
export type Section = {
  readonly id: string
  readonly title: string
  readonly runs: readonly Run[]
  readonly about: string
  readonly body: (lines: readonly Line[]) => string
  readonly plots?: (lines: readonly Line[]) => Readonly<Record<string, Bars>>
}

const hop = (...args: string[]): Run => ({ bench: 'hop', args })
const micro = (bench: string): Run => ({ bench, args: ['5'] })

export const SECTIONS: readonly Section[] = [
  {
    id: 'hop',
    title: 'The whole hop beside Postfix as a plain relay',
    runs: [
      hop('--seconds', '4', '--rounds', '8', '--classes', 'S,M', '--connections', '10,50'),
      hop('--seconds', '4', '--rounds', '1', '--classes', 'S,M', '--connections', '1,200'),
      hop('--seconds', '8', '--rounds', '1', '--classes', 'L', '--connections', '2', '--per-connection', '1', '--warm-up', '500'),
      hop('--seconds', '8', '--rounds', '1', '--classes', 'X', '--connections', '1', '--per-connection', '1', '--warm-up', '500'),
      hop('--seconds', '8', '--rounds', '3', '--classes', 'mix', '--connections', '50', '--per-connection', '50', '--warm-up', '3000'),
    ],
    about:
      'Source and sink are processes of their own on the same two cores; profile `text-only`, sealing, verifying and the durable store on. ' +
      'Postfix is a plain relay with stock limits that looks at nothing. Rates are mails at the sink by the time until the last of them arrived. ' +
      '"new": a connection per mail; "reused": 50 mails per connection. Ack is from the end of data to 250, hop from connecting to arrival at the sink. ' +
      'CPU and PSS (when the last mail was sent): all processes of the system. Medians, where there are several rounds.',
    body: hopTable,
    plots: lines => ({
      'hop-s': hopBars(lines, 'S', 'Mails of 5 KB'),
      'hop-m': hopBars(lines, 'M', 'Mails of 100 KB'),
    }),
  },
  {
    id: 'strangers',
    title: 'Signed mails of strangers',
    runs: [hop('--seconds', '4', '--rounds', '8', '--classes', 'signed', '--connections', '10,50', '--systems', 'stranger,postfix')],
    about: 'S mails with a DKIM signature from a client that is no listed upstream: SPF, DKIM and DMARC are checked, DNS is on loopback and cached. Postfix checks nothing.',
    body: hopTable,
  },
  {
    id: 'peers',
    title: 'Beside those that look at mail',
    runs: [
      hop('--seconds', '3', '--rounds', '5', '--classes', 'S,M', '--connections', '10,50', '--per-connection', '50', '--systems', 'sekisho,disarm,afternoon,haraka,mimedefang'),
      hop('--seconds', '3', '--rounds', '1', '--classes', 'S,M', '--connections', '10,50', '--per-connection', '50', '--systems', 'amavis', '--warm-up', '50'),
    ],
    about:
      'Each does less: MIMEDefang drops attachments and flattens HTML, amavisd-new (8 processes) checks names and types and changes nothing, Haraka (two ' +
      'workers, its own queue) relays, `afternoon` converts and drops but keeps nothing on disk. `disarm` is Sekisho with that profile. Configurations: `bench/peers/`.',
    body: peersTable,
    plots: lines => ({ peers: peersBars(lines) }),
  },
  {
    id: 'tail',
    title: 'Waiting for 250 at 70 % of the own limit',
    runs: [{ bench: 'tail', args: ['--seconds', '8', '--rounds', '3'] }],
    about: 'S mails, a connection each, begun at the times of a Poisson process whatever the system does; from the end of data to its reply, median of three runs.',
    body: lines =>
      table(
        ['system', 'mails/s', 'p50 ms', 'p99 ms', 'p99.9 ms'],
        medians(lines, () => true).map(line => [line['median'], num(line, 'perSecond'), num(line, 'ackP50Ms'), num(line, 'ackP99Ms'), num(line, 'ackP999Ms')]),
      ),
  },
  {
    id: 'flushes',
    title: 'Flushes of the disk',
    runs: [{ bench: 'flushes', args: ['--seconds', '4'] }],
    about: 'fsync, fdatasync and sync_file_range of all processes, counted by strace, for each S mail.',
    body: lines =>
      table(
        ['system', 'connections', 'mails', 'flushes per mail'],
        lines.filter(line => 'flushesPerMail' in line).map(line => [line['system'], line['connections'], line['mails'], num(line, 'flushesPerMail')]),
      ),
  },
  {
    id: 'memory',
    title: 'Memory',
    runs: [{ bench: 'memory', args: [] }],
    about:
      'Under load: 50 connections, 50 mails on each, PSS of all processes looked at twice a second, the largest of it, median of three rounds. ' +
      'By size: one message with an attachment of so many MB, profile `text-only`, the sum of the peaks of all processes (resident, so what they share counts in each).',
    body: lines =>
      [
        table(
          ['system', 'mails', 'peak, MiB (PSS)', 'each round', 'between mails'],
          lines.filter(line => 'peakPssMiB' in line).map(line => [line['peakOf'], line['mailClass'], line['peakPssMiB'], (line['peaks'] as readonly number[]).join(', '), line['idlePssMiB']]),
        ),
        table(
          ['attachment, MB', 'peak, MiB', 'seconds'],
          lines.filter(line => 'messageMB' in line).map(line => [line['messageMB'], line['peakMiB'], line['seconds']]),
        ),
      ].join('\n\n'),
  },
  {
    id: 'portal',
    title: 'Mail beside pages',
    runs: [{ bench: 'portal', args: ['--seconds', '8', '--rounds', '10', '--warm-up', '8000'] }],
    about:
      'S mails over 10 connections as fast as they are taken, over 100,000 stored mails, with and without 100 connections of browsers that ask for pages as fast as they are answered; ' +
      'browsers and all processes on the same cores, the browsers at the lowest priority. Portal, vault and their workers have a twenty-eighth of the weight of mail (`nice`). ' +
      'Wanted: mail falls by less than a tenth. Where other work is on the machine, rates of one round differ by more than that; then processor time tells.',
    body: lines =>
      [
        table(
          ['mail', 'mails/s', 'ack p50 ms', 'ack p99 ms', 'lost'],
          lines.filter(line => 'mails' in line).map(line => [line['mails'], line['perSecond'], line['ackP50Ms'], line['ackP99Ms'], line['lost']]),
        ),
        ...lines.filter(line => 'ratios' in line).map(line => `Median of the ratios of each round: **${num(line, 'ratio').toFixed(2)}** (${(line['ratios'] as readonly number[]).join(', ')}).`),
        ...lines.filter(line => 'shareOfPages' in line).map(line => `Of the processor time of all processes, those behind mail had ${(num(line, 'shareOfPages') * 100).toFixed(1)} % meanwhile; what is left for mail, by processor time: **${num(line, 'byProcessorTime').toFixed(2)}** of what it has alone.`),
        table(
          ['page', 'when', 'pages/s', 'p50 ms', 'p99 ms'],
          lines.filter(line => 'pages' in line).map(line => [line['pages'], line['when'], line['perSecond'], line['p50Ms'], line['p99Ms']]),
        ),
      ].join('\n\n'),
  },
  {
    id: 'pages',
    title: 'Server time of pages over a million messages',
    runs: [{ bench: 'pages', args: ['1000000'] }],
    about:
      'Every page and every question of the HTTP API, and searches that find nothing; the gateway is asked over its socket. Wanted: no page above 100 ms of processor time (`/quarantine.csv` is a file of 10,000 rows, which flows as it is made). The dearest:',
    body: lines => {
      const pages = lines.filter(line => 'cpuMs' in line)
      const above = pages.filter(line => num(line, 'cpuMs') > 100).map(line => `\`${line['page']}\``)
      return `${table(['page', 'CPU ms', 'median ms', 'p95 ms'], pages.slice(-20).toReversed().map(line => [line['page'], line['cpuMs'], line['medianMs'], line['p95Ms']]))}\n\nOf ${pages.length} pages above 100 ms: ${above.length === 0 ? 'none' : above.join(', ')}.`
    },
  },
  {
    id: 'reader',
    title: 'Reader',
    runs: [{ bench: 'reader', args: ['5'] }],
    about: 'Median of interleaved rounds; each with a consumer that only counts octets.',
    body: lines =>
      table(
        ['case', 'reader', 'unit', 'median', 'slowest', 'times mailparser'],
        lines.filter(line => 'timesMailparser' in line).map(line => [line['case'], line['contender'], line['unit'], line['median'], line['slowest'], line['timesMailparser']]),
      ),
  },
  {
    id: 'sanitize',
    title: 'Sanitize, one thread, the function alone',
    runs: [{ bench: 'sanitize', args: ['5'] }],
    about: 'Profile `text-only`, behind a listed upstream.',
    body: lines =>
      table(
        ['mail', 'octets', 'mails/s', 'slowest', 'ms per mail'],
        lines.filter(line => 'cpuMsPerMail' in line).map(line => [line['class'], line['messageBytes'], line['medianPerSecond'], line['slowestPerSecond'], line['cpuMsPerMail']]),
      ),
  },
  {
    id: 'steps',
    title: 'Small steps',
    runs: [micro('charsets'), micro('compose'), micro('seal'), micro('detect')],
    about: 'Interleaved rounds of 150 ms. Allocated: octets in the heap of V8 for each run.',
    body: lines =>
      table(
        ['case', 'by', 'octets', 'median µs', 'MB/s', 'allocated KiB', 'times our time'],
        lines.filter(line => 'timesOurTime' in line).map(line => [line['case'], line['contender'], line['bytes'], line['medianUs'], line['MBps'], line['allocatedKiB'], line['timesOurTime']]),
      ),
  },
  {
    id: 'html',
    title: 'HTML to text',
    runs: [micro('html')],
    about: 'Beside html-to-text, and beside stripping tags by a pattern, which is no conversion.',
    body: lines =>
      table(
        ['input', 'octets', 'by', 'median ms', 'slowest ms', 'MB/s'],
        lines.filter(line => 'input' in line).map(line => [line['input'], line['bytes'], line['contender'], line['medianMs'], line['slowestMs'], line['MBps']]),
      ),
  },
  {
    id: 'disarm',
    title: 'Formats',
    runs: [{ bench: 'disarm', args: [] }],
    about: 'The disarmer alone, one thread, a process for each format; CPU is that of the process, memory the peak above what it had before the first round.',
    body: lines =>
      table(
        ['case', 'MB in', 'median ms', 'slowest ms', 'CPU ms', 'MB/s', 'memory, MiB'],
        lines.filter(line => 'bytesOut' in line).map(line => [line['case'], num(line, 'bytes') / 1e6, line['medianMs'], line['slowestMs'], line['cpuMs'], line['MBps'], line['peakAboveMiB']]),
      ),
  },
  {
    id: 'disarm-peers',
    title: 'Formats, beside other programs',
    runs: [{ bench: 'disarm-peers', args: [] }],
    about:
      '*Warm*: in a process that has its code loaded, as the gateway keeps it. *Cold*: a process for the one file, start included. None of the others does the same: ' +
      'LibreOffice keeps macros and links, qpdf keeps scripts, mat2 and exiftool look at metadata only, 7-Zip at no member’s content; pictures of pages lose all text.',
    body: lines => table(['file', 'program', 'CPU ms'], lines.filter(line => 'program' in line).map(line => [line['case'], line['program'], line['cpuMs'] ?? '–'])),
  },
]
