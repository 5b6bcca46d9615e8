import { mkdtempSync, readFileSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EVENTS } from '../../../gateway/maillog-events.ts'
import { angled, createMailLog, type MailLogFormat, openLogSink } from '../../../gateway/maillog.ts'

type Described = { readonly fields: object; readonly optional?: object }

function logged(format: MailLogFormat, write: (log: ReturnType<typeof createMailLog>) => void): string {
  let text = ''
  write(
    createMailLog({
      format,
      write: line => {
        text += line
      },
      now: () => new Date('2026-03-01T09:30:00Z'),
    }),
  )
  return text
}

describe('a text line is time, id, event and fields', () => {
  test.each([
    [
      'plain values',
      (log: ReturnType<typeof createMailLog>) =>
        log.event('received', '4gK2pQ7x', {
          from: angled('a@x.example'),
          to: 2,
          bytes: 48213,
          client: '192.0.2.7',
          upstream: true,
        }),
      '2026-03-01T09:30:00.000Z 4gK2pQ7x received from=<a@x.example> to=2 bytes=48213 client=192.0.2.7 upstream=true\n',
    ],
    [
      'the null reverse-path, and a field left out',
      (log: ReturnType<typeof createMailLog>) =>
        log.event('received', 'q', { from: angled(null), to: 1, bytes: 0, client: '::1', helo: undefined }),
      '2026-03-01T09:30:00.000Z q received from=<> to=1 bytes=0 client=::1\n',
    ],
    [
      'lists, Japanese and quoting',
      (log: ReturnType<typeof createMailLog>) =>
        log.event('part', 'q', {
          part: '1.2',
          type: 'application/zip',
          outcome: 'quarantined',
          name: '見積 "A".zip',
          findings: ['media.polyglot', 'line.nul'],
        }),
      '2026-03-01T09:30:00.000Z q part part=1.2 type=application/zip outcome=quarantined name="見積 \\"A\\".zip" findings=media.polyglot,line.nul\n',
    ],
    [
      'an empty value',
      (log: ReturnType<typeof createMailLog>) => log.event('alarm', '', { kind: 'x', text: '' }),
      '2026-03-01T09:30:00.000Z - alarm kind=x text=""\n',
    ],
    [
      'line ends, escape sequences and direction overrides',
      (log: ReturnType<typeof createMailLog>) =>
        log.event('alarm', 'q\nq', { kind: 'a\r\nb', text: '\u001b[31m\u202egpj' }),
      '2026-03-01T09:30:00.000Z qq alarm kind="a\\u000d\\u000ab" text="\\u001b[31m\\u202egpj"\n',
    ],
  ])('%s', (_, write, want) => expect(logged('text', write)).toBe(want))
})

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('\r', '\n', '"', '\\', ' ', '=', 'to', '\u2028', '\u202e', '\ud800'), { maxLength: 12 })
    .map(parts => parts.join('')),
)

describe('whatever a client says', () => {
  test('a text event is one printable line, and its value ends where it ends', () =>
    fc.assert(
      fc.property(hostile, hostile, (name, reason) => {
        const line = logged('text', log =>
          log.event('part', 'q', { part: '1', type: 't', outcome: 'o', name, reason, bytes: 7 }),
        )
        expect(line.slice(0, -1)).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
        expect(line).toMatch(
          /^\S+ q part part=1 type=t outcome=o name=(?:[^\s"\\=]+|"(?:[^"\\]|\\.)*") reason=(?:[^\s"\\=]+|"(?:[^"\\]|\\.)*") bytes=7\n$/u,
        )
      }),
    ))

  test('a JSON event is one line that reads back as what was said', () =>
    fc.assert(
      fc.property(hostile, text => {
        const line = logged('json', log => log.event('alarm', 'q', { kind: 'k', text }))
        expect(line.slice(0, -1)).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
        expect(JSON.parse(line)).toEqual({ time: '2026-03-01T09:30:00.000Z', event: 'alarm', id: 'q', kind: 'k', text })
      }),
    ))

  test('a long value is cut', () =>
    expect(logged('text', log => log.event('alarm', 'q', { kind: 'k', text: 'x'.repeat(5000) })).length).toBeLessThan(
      1100,
    ))
})

test('no field can take the place of time, event or id in a JSON line', () => {
  for (const event of Object.values<Described>(EVENTS)) {
    expect(Object.keys({ ...event.fields, ...event.optional })).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(?:time|event|id)$/)]),
    )
  }
})

test('a file gets all lines in order, before and after it is moved away', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'sekisho-log-')), 'sub', 'mail.log')
  const errors: Error[] = []
  const sink = openLogSink(path, error => errors.push(error))
  for (let i = 0; i < 1000; i++) sink.write(`${i}\n`)
  await sleep(100)
  sink.flush()
  renameSync(path, `${path}.1`)
  sink.reopen()
  await sleep(100)
  sink.write('after\n')
  await sleep(100)
  sink.flush()
  expect(readFileSync(`${path}.1`, 'utf8')).toBe(Array.from({ length: 1000 }, (_, i) => `${i}\n`).join(''))
  expect(readFileSync(path, 'utf8')).toBe('after\n')
  expect({ errors, dropped: sink.droppedLines }).toEqual({ errors: [], dropped: 0 })
})
