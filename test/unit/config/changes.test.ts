/** What a reload takes over, and what keeps its old value until a restart. */
import { describe, expect, test } from 'vitest'
import { compareConfigs } from '../../../config/changes.ts'
import { parseConfig } from '../../../config/load.ts'
import type { Config } from '../../../config/schema.ts'
import { allSettings } from '../../../config/settings.ts'

function config(text: string): Config {
  const loaded = parseConfig(text, { source: 'test', baseDir: '/srv', environment: {} })
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems))
  return loaded.config
}

const OLD = config('domains: [a.example]\n')

test('nothing changed is nothing changed', () => {
  const { changed, needRestart, inForce } = compareConfigs(OLD, config('domains: [a.example]\n'))
  expect([changed, needRestart]).toEqual([[], []])
  expect(inForce).toEqual(OLD)
})

test('domains, limits, routes, texts and tenants are taken over', () => {
  const next = config(`
domains: [a.example, b.example]
contact: 内線123
smtp: { maxMessageBytes: 10MiB }
routes: [{ name: inward, nextHops: [{ host: mail.a.example }] }]
tenants: [{ id: east, domains: [east.example] }]
`)
  const { changed, needRestart, inForce } = compareConfigs(OLD, next)
  expect(changed).toEqual(['domains', 'ownDomains', 'contact', 'smtp.maxMessageBytes', 'tenants', 'routes'])
  expect(needRestart).toEqual([])
  expect(inForce).toEqual(next)
})

test('an open port and started processes keep their old values, everything else is new', () => {
  const next = config(`
domains: [b.example]
smtp: { port: 25, maxRecipients: 700 }
sanitizer: { lightProcesses: 9 }
sandbox: { wall: none }
`)
  const { changed, needRestart, inForce } = compareConfigs(OLD, next)
  expect(needRestart).toEqual(['smtp.port', 'sanitizer.lightProcesses', 'sandbox.wall'])
  expect(changed).toEqual(['domains', 'ownDomains', 'smtp.port', 'smtp.maxRecipients', 'sanitizer.lightProcesses', 'sandbox.wall'])
  expect(inForce.smtp).toMatchObject({ port: OLD.smtp.port, maxRecipients: 700 })
  expect(inForce.sanitizer.lightProcesses).toBe(OLD.sanitizer.lightProcesses)
  expect(inForce.domains).toEqual(['b.example'])
})

describe('STARTTLS', () => {
  const withTls = (name: string) => config(`smtp: { tls: { certFile: ${name}.pem, keyFile: ${name}.key } }\n`)

  test('from none to some needs a restart', () => {
    const { needRestart, inForce } = compareConfigs(config(''), withTls('one'))
    expect(needRestart).toEqual(['smtp.tls.certFile', 'smtp.tls.keyFile'])
    expect(inForce.smtp.tls.certFile).toBe('')
  })

  test('by other files does not', () => {
    const { needRestart, inForce } = compareConfigs(withTls('one'), withTls('two'))
    expect(needRestart).toEqual([])
    expect(inForce.smtp.tls.certFile).toBe('/srv/two.pem')
  })
})

test('every setting that needs a restart exists', () => {
  const differing = JSON.parse(JSON.stringify(OLD), (_key, value) => (typeof value === 'number' ? value + 1 : value)) as Config
  const { needRestart } = compareConfigs(OLD, differing)
  const names = allSettings().map(({ path }) => path.join('.'))
  expect(needRestart.length).toBeGreaterThan(8)
  expect(names).toEqual(expect.arrayContaining([...needRestart]))
})
