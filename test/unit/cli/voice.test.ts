/** The log and the alarms behind one pair of functions: changed over by a reload, put away by the day. */
import { existsSync, mkdtempSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Voice } from '../../../cli/voice.ts'
import { parseConfig } from '../../../config/load.ts'
import type { Config } from '../../../config/schema.ts'

let folder: string
let said: string
let voice: Voice | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sekisho-voice-'))
  said = ''
  vi.spyOn(process.stderr, 'write').mockImplementation(text => {
    said += String(text)
    return true
  })
})
afterEach(() => {
  vi.restoreAllMocks()
  voice?.close()
})

function config(text: string): Config {
  const loaded = parseConfig(text, { source: 'test', baseDir: folder, environment: {} })
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems))
  return loaded.config
}

const read = (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '')

test('another file and format after a reload, nothing lost, the functions the same', async () => {
  const [old, next] = [config('maillog: { path: a.log }'), config('maillog: { path: b.log, format: json }')]
  voice = new Voice(old)
  const { log } = voice
  log.event('stopped', '-', { reason: 'one' })
  await vi.waitUntil(() => read('a.log') !== '')
  voice.adopt(next, old)
  log.event('stopped', '-', { reason: 'two' })
  await vi.waitUntil(() => read('b.log') !== '')
  expect(read('a.log')).toMatch(/^\S+ - stopped reason=one\n$/)
  expect(JSON.parse(read('b.log'))).toMatchObject({ event: 'stopped', reason: 'two' })
})

test('yesterday is put away at the start, and today has a file of its own', async () => {
  writeFileSync(join(folder, 'mail.log'), 'yesterday\n')
  const then = new Date('2026-03-20T12:00:00+09:00')
  utimesSync(join(folder, 'mail.log'), then, then)
  voice = new Voice(config('maillog: { path: mail.log }'))
  voice.startUpkeep()
  await vi.waitUntil(() => /^yesterday/.test(read('mail.log.2026-03-20')) || existsSync(join(folder, 'mail.log.2026-03-20.gz')))
  voice.log.event('stopped', '-', { reason: 'today' })
  await vi.waitUntil(() => read('mail.log').includes('reason=today'))
})

test('with rotate off the file is left to others', async () => {
  writeFileSync(join(folder, 'mail.log'), 'yesterday\n')
  const then = new Date('2026-03-20T12:00:00+09:00')
  utimesSync(join(folder, 'mail.log'), then, then)
  voice = new Voice(config('maillog: { path: mail.log, rotate: false }'))
  voice.startUpkeep()
  voice.log.event('stopped', '-', { reason: 'today' })
  await vi.waitUntil(() => read('mail.log').includes('reason=today'))
  expect(read('mail.log')).toMatch(/^yesterday\n/)
})

test('a log that cannot be written is an alarm', async () => {
  writeFileSync(join(folder, 'file'), '')
  voice = new Voice(config('maillog: { path: file/mail.log }'))
  voice.log.event('stopped', '-', { reason: 'lost' })
  await vi.waitUntil(() => said.includes('alarm maillog: the mail log cannot be written'))
  // And nothing that is said afterwards stops the mail.
  voice.log.event('stopped', '-', { reason: 'lost' })
  await vi.waitUntil(() => (voice?.droppedLines ?? 0) > 0)
})

test('a heartbeat is a line', async () => {
  voice = new Voice(config('maillog: { path: mail.log }'))
  voice.beat({ ready: true, queue: 3, emergency: 'hold' })
  await vi.waitUntil(() => read('mail.log') !== '')
  expect(read('mail.log')).toMatch(/ - heartbeat ready=true queue=3 emergency=hold\n$/)
})
