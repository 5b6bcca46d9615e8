/**
 * The import rules of docs/architecture.md, enforced. A new edge is a change to these tables, and so to be argued for.
 */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'

/** Four floors, arrows only downward; the wings do not know each other, nor do store and workers. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: ['core'],
  config: ['config', 'core'],
  store: ['store', 'core'],
  workers: ['workers', 'core'],
  rpc: ['rpc'],
  rest: ['rest'],
  gateway: ['gateway', 'rpc', 'store', 'workers', 'core'],
  files: ['files', 'rest', 'workers', 'core'],
  portal: ['portal', 'rpc', 'rest', 'store', 'core'],
  vault: ['vault', 'rpc', 'store', 'workers', 'core'],
  loadtest: ['loadtest', 'core'],
  cli: ['cli', 'files', 'gateway', 'portal', 'vault', 'loadtest', 'rpc', 'rest', 'store', 'workers', 'core', 'config'],
}

/** The load tester judges the product, so of core/ it may use what writes mails and files, and nothing that reads them. */
const LOADTEST_CORE = ['core/mime/encode.ts', 'core/text/cp932-encode.ts', 'core/text/iso2022jp-encode.ts', 'core/disarm/zip-write.ts']

/** core/ is pure: no sockets, files, processes, threads or clocks. */
const CORE_BUILTINS = ['node:buffer', 'node:crypto', 'node:zlib']

/** Code and data that come with packages, read when they are loaded. */
const CORE_DISK_DOOR = 'core/disarm/package-file.ts'

/** Each package has one door (in each wing that needs it), so replacing it is a change to one file. */
const DOORS: Readonly<Record<string, string | readonly string[]>> = {
  'smtp-server': ['gateway/inbound/listener.ts', 'gateway/inbound/connection.ts', 'gateway/inbound/stream.ts'],
  nodemailer: 'gateway/outbound/canonical-connection.ts',
  piscina: 'workers/pool.ts',
  mailparser: '(the tests only, as an oracle)',
  mailauth: ['core/mime/authentication.ts', 'core/mime/signatures.ts'],
  'file-type': 'core/media/detect.ts',
  '@embedpdf/pdfium': 'core/disarm/pdf/engine.ts',
  parse5: 'core/text/html-tree.ts',
  '@zip.js/zip.js': 'core/disarm/zip.ts',
  '7z-wasm': 'core/disarm/archive/seven-zip.ts',
  saxes: 'core/disarm/xml.ts',
  'html-to-text': '(the tests only, as an oracle)',
  cfb: '(the tests only, as an oracle)',
  'ipaddr.js': 'gateway/inbound/clients.ts',
  'prom-client': 'gateway/metrics.ts',
  autocannon: 'loadtest/portal/http-load.ts',
  pino: 'gateway/maillog.ts',
  '@fastify/multipart': ['files/http/server.ts', 'portal/http/server.ts'],
  fastify: ['files/http/server.ts', 'portal/http/server.ts', ...['cookies', 'desk', 'reply', 'request'].map(name => `portal/http/${name}.ts`)],
  '@fastify/cookie': 'portal/http/server.ts',
  '@fastify/formbody': 'portal/http/server.ts',
  '@digital-go-jp/design-tokens': 'portal/http/assets.ts',
  otpauth: 'portal/sign-in/totp.ts',
  uqr: 'portal/http/qr.ts',
  '@simplewebauthn/server': 'portal/sign-in/webauthn.ts',
  'openid-client': 'portal/sign-in/oidc.ts',
  ldapts: 'portal/sign-in/ldap.ts',
  sharp: 'core/disarm/image/pixels.ts',
  'libheif-js': 'core/disarm/image/heic.ts',
}
/** The command line and the settings are written in these from end to end. */
const SPREAD: Readonly<Record<string, string>> = { commander: 'cli', zod: 'config', yaml: 'config' }

const files = globSync('{core,config,store,workers,gateway,files,portal,vault,rpc,rest,loadtest,cli}/**/*.ts').sort()

function importsOf(path: string): string[] {
  const source = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  return [...source.matchAll(/(?:\bfrom\s+|\bimport\s+|\bimport\s*\(\s*)'([^']+)'/g)].map(match => match[1]!)
}

function packageOf(specifier: string): string {
  return specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : specifier.split('/')[0]!
}

test('there is something to check', () => expect(files.length).toBeGreaterThan(50))

describe('every file keeps to the floors and doors', () => {
  test.each(files)('%s', path => {
    const floor = path.split('/')[0]!
    for (const specifier of importsOf(path)) {
      if (specifier.startsWith('.')) {
        expect(specifier, 'Node needs the extension').toMatch(/\.(ts|json)$/)
        expect(MAY_IMPORT[floor], `${path} → ${specifier}`).toContain(join(dirname(path), specifier).split('/')[0])
      } else if (specifier.startsWith('node:')) {
        if (floor === 'core' && path !== CORE_DISK_DOOR) expect(CORE_BUILTINS, `${path} → ${specifier}`).toContain(specifier)
      } else {
        const name = packageOf(specifier)
        if (SPREAD[name]) expect(floor, `${name} belongs to ${SPREAD[name]}/`).toBe(SPREAD[name])
        else expect([DOORS[name]].flat(), `only door to ${name}`).toContain(path)
      }
    }
  })
})

test('inside core, policy and disarm do not know each other', () => {
  for (const path of files.filter(each => /^core\/(policy|disarm)\//.test(each))) {
    const other = path.startsWith('core/policy/') ? 'core/disarm' : 'core/policy'
    for (const specifier of importsOf(path)) {
      if (specifier.startsWith('.')) expect(join(dirname(path), specifier)).not.toContain(other)
    }
  }
})

test('the verifier shares nothing with what it judges: neither composer, encoder nor reader, nor a package', () => {
  const used = (path: string) => importsOf(path).toSorted()
  expect(used('core/mime/composed-grammar.ts')).toEqual(['node:buffer'])
  expect(used('core/mime/verify.ts')).toEqual(['../job.ts', './composed-grammar.ts', 'node:crypto'])
  expect(readFileSync('core/mime/verify.ts', 'utf8')).toContain("import type { Manifest } from '../job.ts'")
})

test('the load tester knows only the writing side of core', () => {
  for (const path of files.filter(each => each.startsWith('loadtest/'))) {
    const used = importsOf(path).filter(each => each.startsWith('.')).map(each => join(dirname(path), each))
    for (const file of used.filter(each => each.startsWith('core/'))) expect(LOADTEST_CORE, `${path} → ${file}`).toContain(file)
  }
})

test('npm ci keeps every room without its types', () => {
  const listed = /^const ROOMS = \[(.*)\]$/m.exec(readFileSync('bin/strip-types.js', 'utf8'))![1]!
  expect(listed.split(', ')).toEqual(Object.keys(MAY_IMPORT).toSorted().map(room => `'${room}'`))
})
