/** From settings to what is kept how long: the notice, the store and the class of each mail say the same. */
import { expect, test } from 'vitest'
import { retentionChooser } from '../../../cli/class-retention.ts'
import { policyChooser } from '../../../cli/recipient-policy.ts'
import { routeTable } from '../../../cli/wiring.ts'
import { loadConfig } from '../../../config/load.ts'
import { formatProblem } from '../../../config/load.ts'
import type { Classification } from '../../../core/classification.ts'
import type { Mailbox } from '../../../core/smtp/envelope.ts'

const MAIL = { headerFrom: 'a@sender.example', reversePath: 'a@sender.example', subject: 'x' }

function configWith(settings: Record<string, string>) {
  const loaded = loadConfig(undefined, { SEKISHO_DATA_DIR: '/tmp/none', ...settings })
  if ('problems' in loaded) throw new Error(loaded.problems.map(formatProblem).join())
  return loaded.config
}

test('a class with days of its own is kept by them, any other as the tenant says', () => {
  const choose = retentionChooser(configWith({ SEKISHO_PORTAL_REQUESTS_CLASS3_ORIGINAL_DAYS: '7', SEKISHO_PORTAL_REQUESTS_CLASS1_ORIGINAL_DAYS: '90' }))
  expect(([1, 2, 3, undefined] as const).map(each => choose('default', each, MAIL))).toEqual(['default/1', 'default', 'default/3', 'default'])
  expect(retentionChooser(configWith({}))('default', 3, MAIL)).toBe('default')
})

test('the notice names the day of the class', () => {
  const config = configWith({ SEKISHO_PORTAL_REQUESTS_CLASS3_ORIGINAL_DAYS: '7', SEKISHO_PORTAL_REQUESTS_DEFAULT_CLASS: '3', SEKISHO_LANGUAGE: 'en' })
  const receivedMs = Date.parse('2026-11-26T03:00:00Z')
  const dayOf = (classification: Classification | undefined) =>
    policyChooser(config, routeTable(config), () => classification)('sato@town.example.jp' as Mailbox).notice({ publicId: 'P', checkCode: '1', receivedMs, classification })
  expect(dayOf(3).keptUntil).toBe('3 December 2026')
  expect(dayOf(undefined).keptUntil).toBe('3 December 2026')
  expect(dayOf(2).keptUntil).toBe('26 December 2026')
  expect(dayOf(3).byClass).toBeUndefined()
})
