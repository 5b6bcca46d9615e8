import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { showable } from '../../../cli/config.ts'
import { type ConfigProblem, formatProblem, loadConfig, parseConfig } from '../../../config/load.ts'
import { exampleConfig } from '../../../config/reference.ts'
import type { Config } from '../../../config/schema.ts'
import { writeYaml } from '../../../config/yaml.ts'

const ORIGIN = { source: 'sekisho.yaml', baseDir: '/etc/sekisho', environment: {} }

function configOf(text: string, environment: Record<string, string> = {}): Config {
  const loaded = parseConfig(text, { ...ORIGIN, environment })
  if ('problems' in loaded) expect.fail(loaded.problems.map(formatProblem).join('\n'))
  return loaded.config
}

function problemsOf(text: string, environment: Record<string, string> = {}): readonly ConfigProblem[] {
  const loaded = parseConfig(text, { ...ORIGIN, environment })
  return 'problems' in loaded ? loaded.problems : []
}

describe('an empty configuration works', () => {
  const defaults = configOf('')

  test.each(['', '# only a comment', '{}', '---\n', 'null'])('%j is the defaults', text =>
    expect(configOf(text)).toEqual(defaults),
  )

  test('the example with every comment sign removed is the defaults', () =>
    expect(configOf(exampleConfig().replace(/^#((?: {2})*\w+:)/gm, '$1'))).toEqual(defaults))

  test('a section with nothing in it is no problem', () =>
    expect(configOf('smtp:\n  # port: 25\nsanitizer:\n  limits:\n')).toEqual(defaults))

  test('and the example as it stands', () => expect(configOf(exampleConfig())).toEqual(defaults))

  test('nothing listens beyond this host, originals never pass, mail is delivered into a folder', () => {
    expect(defaults.smtp.address).toBe('127.0.0.1')
    expect(defaults.admin.address).toBe('127.0.0.1')
    expect(defaults.routes).toEqual([
      {
        name: 'inward',
        domains: ['*'],
        direction: 'inward',
        nextHops: [{ kind: 'maildir', path: '/etc/sekisho/var/maildir' }],
        maxConnections: 16,
      },
    ])
    expect(defaults.dsn.toUnauthenticated).toBe(false)
  })

  test('the sanitizer has processes, whatever the host', () => {
    expect(defaults.sanitizer.lightProcesses).toBeGreaterThanOrEqual(2)
    expect(defaults.sanitizer.heavyProcesses).toBeGreaterThanOrEqual(1)
  })

  test('nobody can change it afterwards', () =>
    expect(() => Object.assign(defaults.smtp, { port: 1 })).toThrow(TypeError))
})

describe('what is written is used', () => {
  test.each([
    ['smtp: { maxMessageBytes: 10MiB }', (c: Config) => c.smtp.maxMessageBytes, 10 * 2 ** 20],
    ['smtp: { maxMessageBytes: 1048576 }', (c: Config) => c.smtp.maxMessageBytes, 2 ** 20],
    ['domains: [ Town.Example.JP, 日本語.jp ]', (c: Config) => c.domains, ['town.example.jp', 'xn--wgv71a119e.jp']],
    ['domains: [a.jp]', (c: Config) => c.ownDomains, ['a.jp']],
    [
      'smtp: { upstreams: [ 192.0.2.1, { network: "2001:db8::/32", authservIds: [mx.example] } ] }',
      (c: Config) => c.smtp.upstreams,
      [
        { network: '192.0.2.1/32', authservIds: [] },
        { network: '2001:db8::/32', authservIds: ['mx.example'] },
      ],
    ],
    ['policy: { extraHeaderFields: [X-Ticket-ID] }', (c: Config) => c.policy.extraHeaderFields, ['x-ticket-id']],
    ['dataDir: ../data', (c: Config) => [c.dataDir, c.controlSocket], ['/etc/data', '/etc/data/run/control.sock']],
    [
      'smtp: { tls: { certFile: c.pem, keyFile: /k.pem } }',
      (c: Config) => [c.smtp.tls.certFile, c.smtp.tls.keyFile],
      ['/etc/sekisho/c.pem', '/k.pem'],
    ],
    [
      'routes: [{ name: in, nextHops: [{ host: mail.lan, tls: required }, { maildir: spare }] }]',
      (c: Config) => c.routes[0]?.nextHops,
      [
        { kind: 'smtp', host: 'mail.lan', port: 25, tls: 'required', caFile: '', serverName: 'mail.lan' },
        { kind: 'maildir', path: '/etc/sekisho/spare' },
      ],
    ],
    ['maillog: { path: mail.log }', (c: Config) => c.maillog.path, '/etc/sekisho/mail.log'],
  ] as const)('%s', (text, value, want) => expect(value(configOf(text))).toEqual(want))

  test('what config show prints can be loaded again', () => {
    const config = configOf(
      'routes: [{ name: in, nextHops: [{ host: a.lan }, { maildir: m }] }]\npolicy: { subjectTag: "[外部] " }\nsmtp: { upstreams: [10.0.0.0/8] }',
    )
    expect(configOf(writeYaml(showable(config)))).toEqual(config)
  })
})

describe('each problem is told with its place', () => {
  test.each([
    ['hostnam: x', 'sekisho.yaml:1:1: hostnam: no such setting; did you mean hostname?'],
    ['smtp:\n  prot: 25', 'sekisho.yaml:2:3: smtp.prot: no such setting; did you mean port?'],
    ['smtp:\n  zzzzzzzzzz: 25', 'sekisho.yaml:2:3: smtp.zzzzzzzzzz: no such setting'],
    ['smtp:\n  port: abc', 'sekisho.yaml:2:3: smtp.port: must be a whole number from 0 to 65535'],
    ['smtp:\n  port: 1.5', 'sekisho.yaml:2:3: smtp.port: must be a whole number from 0 to 65535'],
    ['smtp: 3', 'sekisho.yaml:1:1: smtp: invalid value: expected object, received number'],
    ['smtp:\n  port: 1\n  port: 2', 'sekisho.yaml:3:3: this key is written twice'],
    [
      'smtp:\n  maxMessageBytes: 3 bytes',
      'sekisho.yaml:2:3: smtp.maxMessageBytes: must be a size from 64KiB to 1GiB, like 10485760 or 10MiB',
    ],
    [
      'smtp:\n  maxMessageBytes: 2GiB',
      'sekisho.yaml:2:3: smtp.maxMessageBytes: must be a size from 64KiB to 1GiB, like 10485760 or 10MiB',
    ],
    [
      'smtp:\n  upstreams:\n    - 10.0.0.0/8\n    - 10.0.0.0/33',
      "sekisho.yaml:4:7: smtp.upstreams[1].network: '10.0.0.0/33' is not an address or a network like 192.0.2.0/24",
    ],
    [
      'smtp:\n  upstreams:\n    - network: 10.0.0.1\n      authserv: x',
      'sekisho.yaml:4:7: smtp.upstreams[0].authserv: no such setting; did you mean authservIds?',
    ],
    ['policy:\n  extraHeaderFields: [X-Ticket, x_ticket]', 'sekisho.yaml:2:33: policy.extraHeaderFields[1]: must be the name of a header field: letters, digits and hyphens'],
    ['policy:\n  extraHeaderFields: [Subject]', 'sekisho.yaml:2:23: policy.extraHeaderFields[0]: is a field that composed messages have of their own, or never have'],
    ['policy:\n  extraHeaderFields: [Content-Language]', 'sekisho.yaml:2:23: policy.extraHeaderFields[0]: is a field that composed messages have of their own, or never have'],
    ['domains:\n  - exa mple', "sekisho.yaml:2:5: domains[0]: 'exa mple' is not a domain name"],
    ['contact: "a\\nb"', 'sekisho.yaml:1:1: contact: must be text on one line, of at most 1000 characters'],
    ['portalUrl: javascript:alert(1)', 'sekisho.yaml:1:1: portalUrl: must be an http:// or https:// address'],
    [
      'routes:\n  - name: a\n    nextHops:\n      - port: 25',
      'sekisho.yaml:4:9: routes[0].nextHops[0]: needs either host or maildir',
    ],
    [
      'policy:\n  rows:\n    - { id: x, then: pass, why: y }',
      'sekisho.yaml:3:16: policy.rows[0].then: must be one of text, disarm, raster, quarantine, reject',
    ],
    ['- a', 'sekisho.yaml:1:1: invalid value: expected object, received array'],
    ['a: [\nb', 'sekisho.yaml:2:1: Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ['a: !!js/function x', 'sekisho.yaml:1:4: Unresolved tag: tag:yaml.org,2002:js/function'],
  ])('%j', (text, want) => expect(problemsOf(text).map(formatProblem)).toContain(want))

  test('all of them at once, in the order of the file', () => {
    const lines = problemsOf('hostnam: x\nsmtp:\n  port: a\n  prot: 1\nadmin:\n  port: b\n').map(
      problem => problem.line,
    )
    expect(lines).toEqual([1, 3, 4, 6])
  })

  test('an alias bomb is a problem, not a hang', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((name, i) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[i]}`).join(',')}]`),
    ].join('\n')
    expect(problemsOf(bomb).map(problem => problem.problem)).toContain('too many aliases')
  })
})

describe('the environment overrides the file', () => {
  test.each([
    [{ SEKISHO_SMTP_PORT: '25' }, (c: Config) => c.smtp.port, 25],
    [{ SEKISHO_SMTP_MAX_MESSAGE_BYTES: '10MiB' }, (c: Config) => c.smtp.maxMessageBytes, 10 * 2 ** 20],
    [{ SEKISHO_HOSTNAME: '123' }, (c: Config) => c.hostname, '123'],
    [{ SEKISHO_DOMAINS: 'a.jp, b.jp' }, (c: Config) => c.domains, ['a.jp', 'b.jp']],
    [{ SEKISHO_DOMAINS: '["a.jp"]' }, (c: Config) => c.domains, ['a.jp']],
    [
      { SEKISHO_SMTP_UPSTREAMS: '10.0.0.0/8' },
      (c: Config) => c.smtp.upstreams,
      [{ network: '10.0.0.0/8', authservIds: [] }],
    ],
    [{ SEKISHO_SANITIZER_MEMORY_MIB: '256' }, (c: Config) => c.sanitizer.memoryMiB, 256],
    [{ SEKISHO_SMTP_ACCEPT_STRANGERS: 'false' }, (c: Config) => c.smtp.acceptStrangers, false],
    [
      { SEKISHO_ROUTES: '[{name: in, nextHops: [{maildir: /m}]}]' },
      (c: Config) => c.routes[0]?.nextHops,
      [{ kind: 'maildir', path: '/m' }],
    ],
  ] as const)('%j', (environment, value, want) =>
    expect(value(configOf('smtp: { port: 2526 }', environment))).toEqual(want),
  )

  test.each([
    [{ SEKISHO_SMTP_PROT: '25' }, 'SEKISHO_SMTP_PROT: no such setting; did you mean SEKISHO_SMTP_PORT?'],
    [{ SEKISHO_SMTP_PORT: 'x' }, 'SEKISHO_SMTP_PORT: smtp.port: must be a whole number from 0 to 65535'],
  ])('%j is refused', (environment, want) => expect(problemsOf('', environment).map(formatProblem)).toEqual([want]))

  test('other variables are nobody’s business', () =>
    expect(problemsOf('', { PATH: '/bin', SEKISHO_CONFIG: '/x' })).toEqual([]))

  test('a file that has text where a section belongs stays refused', () =>
    expect(problemsOf('smtp: x', { SEKISHO_SMTP_PORT: '25' })).toHaveLength(1))
})

describe('the file itself', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sekisho-config-'))

  test('one that is not there is a problem', () =>
    expect(loadConfig(join(dir, 'none.yaml'), {})).toMatchObject({
      problems: [{ problem: 'cannot be read (ENOENT)' }],
    }))

  test('one that is not UTF-8 is a problem', () => {
    writeFileSync(join(dir, 'sjis.yaml'), Buffer.from('contact: \x8f\xee\x95\xf1', 'latin1'))
    expect(loadConfig(join(dir, 'sjis.yaml'), {})).toMatchObject({ problems: [{ problem: 'is not UTF-8' }] })
  })

  test('relative paths count from its folder', () => {
    writeFileSync(join(dir, 'good.yaml'), 'dataDir: data')
    expect(loadConfig(join(dir, 'good.yaml'), {})).toMatchObject({ config: { dataDir: join(dir, 'data') } })
  })
})

test('whatever the text, there is a configuration or a problem, and no throw', () => {
  const yamlish = fc
    .array(
      fc.constantFrom(
        'smtp',
        ': ',
        '\n',
        '  ',
        '- ',
        '[',
        '{',
        '}',
        ']',
        '&a ',
        '*a',
        '!!x ',
        '"',
        "'",
        '1',
        'port',
        '__proto__',
        '<<',
        '? ',
        '|',
        '\t',
        '\0',
        '%',
      ),
      { maxLength: 30 },
    )
    .map(words => words.join(''))
  fc.assert(
    fc.property(yamlish, text => {
      const loaded = parseConfig(text, ORIGIN)
      return 'config' in loaded || loaded.problems.length > 0
    }),
    { numRuns: 300 },
  )
})
