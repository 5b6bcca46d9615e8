/**
 * The box around LibreOffice, first with programs that do what they should not, then with LibreOffice itself. What is let
 * loose here stands for a document that has taken it over.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { mailClient } from '../../cli/mail-client.ts'
import { vaultClient } from '../../cli/vault-client.ts'
import { startLauncher, type Launcher } from '../../workers/launcher.ts'
import { type OpenOffice, openOffice } from '../../workers/office.ts'
import { findOffice } from '../../workers/office-wall.ts'
import { findWall } from '../../workers/wall.ts'
import { mailWith, Served } from '../support/served.ts'

const CODE_ROOT = join(import.meta.dirname, '../..')
const FIXTURES = join(CODE_ROOT, 'test/fixtures/disarm')
const MIB = 2 ** 20

type Room = { readonly office: OpenOffice; readonly launcher: Launcher; readonly folder: string; readonly deaths: string[] }
let room: Room | undefined

afterEach(async () => {
  await room?.launcher.close()
  await room?.office.close()
  if (room) rmSync(room.folder, { recursive: true })
  room = undefined
})

async function open(program: string | ((folder: string) => string), { memoryMiB = 512, drawWithinMs = 20_000 } = {}): Promise<Room> {
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-office-'))
  mkdirSync(join(folder, 'empty'))
  const deaths: string[] = []
  const socketPath = join(folder, 'office.sock')
  const office = await openOffice({ socketPath, ready: 1, most: 2, startWithinMs: 20_000, drawWithinMs, outputBytes: 16 * MIB, onDeath: ({ cause }) => deaths.push(cause) })
  const found = await findWall('bubblewrap', process.execPath)
  expect(found.wall).toMatchObject({ kind: 'bubblewrap' })
  const launcher = await startLauncher({
    socketPath,
    counts: { light: 0, heavy: 0, suspect: 0, verifier: 0 },
    heavyThreads: 1,
    memoryMiB,
    nodePath: process.execPath,
    codeRoot: CODE_ROOT,
    emptyDir: join(folder, 'empty'),
    wall: found.wall,
    dataDir: folder,
    office: { program: typeof program === 'string' ? program : program(folder), scratchBytes: 64 * MIB, mostSeconds: 60, outputBytes: 16 * MIB },
  })
  await expect.poll(() => office.available, { timeout: 15_000 }).toBe(true)
  room = { office, launcher, folder, deaths }
  return room
}

/** A program that makes its profile like the real one, and then runs `script` with $FILE and $OUT. */
function fake(script: string): (folder: string) => string {
  return folder => {
    const path = join(folder, 'fake/program/soffice.bin')
    mkdirSync(join(folder, 'fake/program'), { recursive: true })
    writeFileSync(path, `#!/bin/sh\nfor FILE; do :; done\n[ "$FILE" = --terminate_after_init ] && exit 0\nOUT=/tmp/out/document.pdf\n${script}\n`)
    chmodSync(path, 0o755)
    return path
  }
}

const draw = ({ office }: Room, text = 'a document') => office.draw({ bytes: Buffer.from(text), extension: 'docx' })
const processesNamed = (mark: string) =>
  readdirSync('/proc').filter(pid => /^\d+$/.test(pid) && (() => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(mark)
    } catch {
      return false
    }
  })())

describe('a program in the box', () => {
  test('gets the file and hands over its PDF; the next file gets another box', async () => {
    const here = await open(fake('{ printf %%PDF-; cat "$FILE"; ls /tmp/in /tmp/out; echo left >/tmp/left; ls /tmp; } >"$OUT"'))
    for (const text of ['one', 'two']) {
      const pdf = Buffer.from((await draw(here, text)) ?? []).toString()
      expect(pdf).toContain(`%PDF-${text}`)
      expect(pdf.match(/left/g)).toHaveLength(1)
    }
    expect(here.deaths).toEqual([])
  })

  test.for<[string, string]>([
    ['makes nothing', 'exit 0'],
    ['makes something else', 'echo "<html>" >"$OUT"'],
    ['makes too much', 'printf %%PDF- >"$OUT"; head -c 20000000 /dev/zero >>"$OUT"'],
    ['fills its disk', 'head -c 200000000 /dev/zero >/tmp/full; [ -s "$OUT" ] || exit 1'],
    ['crashes', 'kill -SEGV $$'],
  ])('that %s gives no picture, and the next file one', async ([, script]) => {
    const here = await open(fake(`if grep -q good "$FILE"; then printf %%PDF-good >"$OUT"; exit; fi\n${script}`))
    expect(await draw(here)).toBeUndefined()
    expect(Buffer.from((await draw(here, 'good')) ?? []).toString()).toBe('%PDF-good')
  })

  test('that hangs is killed with everything that it started', async () => {
    const here = await open(fake('setsid sleep 98761 & sleep 98761'), { drawWithinMs: 1_500 })
    expect(await draw(here)).toBeUndefined()
    await expect.poll(() => processesNamed('sleep\u000098761').length, { timeout: 5_000 }).toBe(0)
    await expect.poll(() => here.deaths, { timeout: 5_000 }).toEqual(['deadline'])
  })

  test('that takes too much memory, in many processes, is killed with all of them', async () => {
    const hog = "setsid sh -c 'x=$(head -c 90000000 /dev/zero | tr \"\\\\0\" x); sleep 98762' &"
    const here = await open(fake(`${hog}\n${hog}\n${hog}\n${hog}\nsleep 98762`), { memoryMiB: 300 })
    expect(await draw(here)).toBeUndefined()
    await expect.poll(() => processesNamed('sleep\u000098762').length, { timeout: 5_000 }).toBe(0)
    await expect.poll(() => here.deaths, { timeout: 5_000 }).toEqual(['memory'])
  })

  test('reaches neither network, nor our files, nor the host; and writes only in its scratch folder', async () => {
    let contacts = 0
    const server = createServer(socket => {
      contacts++
      socket.destroy()
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const tries = [
      `(exec 3<>/dev/tcp/127.0.0.1/${port}) 2>/dev/null && say network`,
      'touch /usr/written 2>/dev/null && say usr',
      'touch /written 2>/dev/null && say root',
      `touch "$(dirname "$0")/written" 2>/dev/null && say program`,
      `ls ${CODE_ROOT}/store 2>/dev/null | grep -q . && say code`,
      `ls ${CODE_ROOT}/var /root /home /var/mail /run 2>/dev/null | grep -q . && say folders`,
      '[ -e /etc/passwd ] && say etc',
      `[ -S "$(dirname "$0")/../../office.sock" ] && say socket`,
      'ps=$(ls /proc | grep -c "^[0-9]"); [ "$ps" -lt 20 ] || say processes',
      '[ -e /proc/$$/fd/3 ] && say descriptor',
      'mount -t tmpfs x /tmp 2>/dev/null && say mount',
      'env | grep -qi sekisho && say environment',
    ]
    const script = `cat >/tmp/tries <<'END'\nsay() { echo "REACHED $1"; }\n${tries.join('\n')}\necho done\nEND\n{ printf %%PDF-; bash /tmp/tries "$0"; } >"$OUT" 2>&1`
    process.env['SEKISHO_SECRET'] = 'not for the box'
    const here = await open(fake(script.replaceAll('$(dirname "$0")', '$(dirname "$1")')))
    const said = Buffer.from((await draw(here)) ?? []).toString()
    server.close()
    expect(said).toContain('done')
    expect(said).not.toContain('REACHED')
    expect(contacts).toBe(0)
    expect(existsSync(join(here.folder, 'fake/program/written'))).toBe(false)
  })
})

describe('LibreOffice', () => {
  test.for(['ooxml/writer.docx', 'ooxml/openpyxl.xlsx', 'ooxml/impress.pptx', 'odf/doc.odt', 'rtf/doc.rtf', 'legacy/doc.doc', 'legacy/pres.ppt'])('makes a PDF of %s', async path => {
    const program = findOffice('')
    expect(program).toBeDefined()
    const here = await open(program!)
    const pdf = await here.office.draw({ bytes: readFileSync(join(FIXTURES, path)), extension: path.replace(/.*\./, '') })
    expect(Buffer.from(pdf ?? []).toString('latin1', 0, 5)).toBe('%PDF-')
    expect(here.deaths).toEqual([])
  })
})

describe('through serve', () => {
  const served = new Served({ SEKISHO_VAULT_OFFICE_USE: 'auto' })
  const by = { actor: 'user:tanaka', tenant: 'default', address: '192.0.2.10' }
  afterAll(async () => {
    await served.stop()
    served.remove()
  })

  test('a page of words at once, and the page as it looks as soon as it is drawn', async () => {
    await served.start()
    const type = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
    expect(await served.send(mailWith('仕様書', '送ります。', [{ name: '仕様書.docx', type, bytes: readFileSync(join(FIXTURES, 'ooxml/writer.docx')) }]))).toMatch(/^250 /)
    await vi.waitUntil(() => served.delivered().length === 1, { timeout: 20_000 })
    const mail = mailClient(join(served.data, 'run/control.sock'))
    const { rows } = await mail.list({ tenant: 'default', mailboxes: ['staff@town.example.jp'], limit: 10 })
    const message = (await mail.message(rows[0]!.publicId))!
    const part = { publicId: message.publicId, partId: message.report.parts.find(({ name }) => name === '仕様書.docx')!.id, member: [] }
    const vault = vaultClient(join(served.data, 'run/vault/vault.sock'))
    await vi.waitUntil(async () => (await vault.preview(part, { page: 1, mark: 'm' }, by)).kind === 'page', { timeout: 30_000 })
    const patient = await vault.preview(part, { page: 1, mark: 'm', patient: true }, by)
    expect(patient).toMatchObject({ kind: 'page', drawn: 'page', page: 1 })
    expect('text' in patient && patient.text).toContain('対象')
  })
})
