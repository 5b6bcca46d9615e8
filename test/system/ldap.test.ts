/** Passwords of a real OpenLDAP (slapd of our own, in a folder of its own): TLS, groups, escapes, and a directory that is down. */
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LdapDirectory, type LdapSettings } from '../../portal/sign-in/ldap.ts'

const PORT = 28_389
const TLS_PORT = 28_636
const BASE = 'dc=town,dc=example,dc=jp'
const ADMIN = `cn=admin,${BASE}`

let folder: string
let stop: () => void
let settings: LdapSettings

const PEOPLE = `dn: ${BASE}
objectClass: dcObject
objectClass: organization
o: town
dc: town

dn: uid=sato,${BASE}
objectClass: inetOrgPerson
uid: sato
cn: Sato
sn: Sato
userPassword: 朝顔と三毛猫
employeeType: cn=staff,${BASE}
employeeType: CN=Admins, ${BASE}

dn: uid=su*zuki,${BASE}
objectClass: inetOrgPerson
uid: su*zuki
cn: Suzuki
sn: Suzuki
userPassword: suzuki-password

dn: uid=twin,${BASE}
objectClass: inetOrgPerson
uid: twin
uid: sato2
cn: Twin
sn: Twin
userPassword: twin-password

dn: cn=other,${BASE}
objectClass: inetOrgPerson
uid: sato2
cn: other
sn: Twin
userPassword: twin-password
`

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sekisho-ldap-'))
  mkdirSync(join(folder, 'db'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.2', '-keyout', key, '-out', cert], { stdio: 'ignore' })
  chmodSync(key, 0o600)
  writeFileSync(join(folder, 'slapd.conf'), [
    ...['core', 'cosine', 'inetorgperson'].map(name => `include /etc/ldap/schema/${name}.schema`),
    ...['modulepath /usr/lib/ldap', 'moduleload back_mdb', `pidfile ${folder}/pid`, `TLSCertificateFile ${cert}`, `TLSCertificateKeyFile ${key}`, 'database mdb', `suffix "${BASE}"`],
    ...[`rootdn "${ADMIN}"`, 'rootpw secret', `directory ${folder}/db`, 'access to attrs=userPassword by anonymous auth by * none', 'access to * by dn.exact="' + ADMIN + '" read by * none'],
  ].join('\n') + '\n')
  const slapd = spawn('slapd', ['-d', '0', '-f', join(folder, 'slapd.conf'), '-h', `ldap://127.0.0.1:${PORT} ldap://127.0.0.2:${PORT} ldap://127.0.0.3:${PORT} ldaps://localhost:${TLS_PORT}`], { stdio: 'ignore' })
  stop = () => slapd.kill()
  const people = join(folder, 'people.ldif')
  writeFileSync(people, PEOPLE)
  for (let tries = 0; ; tries++) {
    try {
      execFileSync('ldapadd', ['-x', '-H', `ldap://127.0.0.1:${PORT}`, '-D', ADMIN, '-w', 'secret', '-f', people], { stdio: 'pipe' })
      break
    } catch (error) {
      if (tries > 40) throw error
      await delay(250)
    }
  }
  settings = { tenant: 'default', url: `ldaps://localhost:${TLS_PORT}`, ca: readFileSync(cert, 'utf8'), bindDn: ADMIN, bindPassword: 'secret', baseDn: BASE, userFilter: '(uid={login})', groupAttribute: 'employeeType', groupRoles: [] }
})

afterAll(() => {
  stop()
  rmSync(folder, { recursive: true })
})

const check = (login: string, password: string, more: Partial<LdapSettings> = {}) => new LdapDirectory({ ...settings, ...more }).check(login, password)

test('the right password, by LDAPS', async () => expect(await check('sato', '朝顔と三毛猫')).toEqual({ kind: 'right', roles: undefined }))

describe('StartTLS, wherever it is not this host', () => {
  test('opens', async () => expect((await check('sato', '朝顔と三毛猫', { url: `ldap://127.0.0.2:${PORT}` })).kind).toBe('right'))
  test('not with a certificate for another name, nor one that is not trusted', async () => {
    expect((await check('sato', '朝顔と三毛猫', { url: `ldap://127.0.0.3:${PORT}` })).kind).toBe('unavailable')
    expect((await check('sato', '朝顔と三毛猫', { url: `ldap://127.0.0.2:${PORT}`, ca: '' })).kind).toBe('unavailable')
  })
})

describe('wrong', () => {
  test.each([
    ['password', 'sato', 'nonsense'],
    ['empty password, an anonymous bind that would succeed', 'sato', ''],
    ['login', 'nobody', '朝顔と三毛猫'],
    ['a pattern in place of a login', 's*', '朝顔と三毛猫'],
    ['a filter in place of a login', 'sato)(uid=*', '朝顔と三毛猫'],
    ['two people of one login', 'sato2', 'twin-password'],
  ])('%s', async (_, login, password) => expect(await check(login, password)).toEqual({ kind: 'wrong' }))
})

test('a login with a character of filters in it is found as it is', async () => expect((await check('su*zuki', 'suzuki-password')).kind).toBe('right'))

test('groups say the roles', async () => {
  const groupRoles = [{ group: `cn=admins,${BASE}`, role: 'administrator' }, { group: `cn=staff,${BASE}`, role: 'staff' }, { group: `cn=audit,${BASE}`, role: 'auditor' }] as const
  expect(await check('sato', '朝顔と三毛猫', { groupRoles })).toEqual({ kind: 'right', roles: ['administrator', 'staff'] })
  expect(await check('su*zuki', 'suzuki-password', { groupRoles })).toEqual({ kind: 'right', roles: [] })
})

test.each([
  ['its certificate is not trusted', { ca: '' }],
  ['nobody listens', { url: 'ldaps://localhost:1' }],
  ['the searching account is refused', { bindPassword: 'nonsense' }],
] as const)('unavailable, and not wrong: %s', async (_, more) => expect(await check('sato', '朝顔と三毛猫', more)).toMatchObject({ kind: 'unavailable' }))
