/** The service units as systemd reads them: nothing unknown in them, exposure low, users and folders agree with each other. */
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { CHILD_ROLES } from '../../cli/role-keeper.ts'

const SHIPPED = join(import.meta.dirname, '../../config/systemd')
const UNITS = readdirSync(SHIPPED).filter(name => name.endsWith('.service'))
/** Of ten: the mail-facing ones need the network, LibreOffice needs namespaces for its boxes. */
const MOST_EXPOSED: Readonly<Record<string, number>> = { 'sekisho-office.service': 2.5 }

const root = mkdtempSync(join(tmpdir(), 'sekisho-units-'))
afterAll(() => rmSync(root, { recursive: true }))

/** With a program that exists: the unit's own stands where it will be installed. */
for (const name of UNITS) writeFileSync(join(root, name), readFileSync(join(SHIPPED, name), 'utf8').replaceAll('/opt/sekisho/bin/sekisho.js', '/bin/true'))

test('every role has its unit', () => {
  for (const role of [...CHILD_ROLES, 'workers', 'office']) expect(readFileSync(join(SHIPPED, `sekisho-${role}.service`), 'utf8')).toMatch(new RegExp(`^ExecStart=.* serve --role ${role} `, 'm'))
})

test.for(UNITS)('%s is understood by systemd', name => {
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', join(root, name)], { encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
})

test.for(UNITS)('%s leaves little open', name => {
  const said = spawnSync('systemd-analyze', ['security', '--offline=yes', '--no-pager', join(root, name)], { encoding: 'utf8' }).stdout
  expect(Number(/exposure level for .*: ([\d.]+)/.exec(said)?.[1]), said.slice(-200)).toBeLessThanOrEqual(MOST_EXPOSED[name] ?? 2)
})

test('users and folders are made by systemd’s own tools, and units name no others', () => {
  for (const folder of ['etc', 'var/lib']) mkdirSync(join(root, folder), { recursive: true })
  for (const kind of ['sysusers', 'tmpfiles']) {
    mkdirSync(join(root, `usr/lib/${kind}.d`), { recursive: true })
    copyFileSync(join(SHIPPED, `sekisho.${kind}`), join(root, `usr/lib/${kind}.d/sekisho.conf`))
  }
  execFileSync('systemd-sysusers', [`--root=${root}`])
  const users = readFileSync(join(root, 'etc/passwd'), 'utf8')
  for (const name of UNITS) {
    const user = /^User=(.*)$/m.exec(readFileSync(join(SHIPPED, name), 'utf8'))![1]!
    if (user !== 'sekisho') expect(users).toContain(`${user}:`)
  }
  execFileSync('systemd-tmpfiles', [`--root=${root}`, '--create'])
  const made = execFileSync('find', [join(root, 'var/lib/sekisho'), '-mindepth', '1', '-printf', '%P %m\n'], { encoding: 'utf8' }).trim().split('\n')
  expect(made).toHaveLength(18 - 1)
  expect(made).toContain('run/mail-work 2750')
  expect(made).toContain('vault/identities 700')
})
