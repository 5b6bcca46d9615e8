/**
 * Inside the box of office-wall.ts: one rebuilt Office file comes, LibreOffice makes a PDF of it, the PDF goes, the box ends.
 *
 *   ready ── [profile made] ──▶ hello │ draw ──▶ /tmp/in/document.docx ── soffice ──▶ /tmp/out/document.pdf ──▶ drawn
 *
 * It stands ready with a profile of LibreOffice's made, which costs half of the time that a page takes. What runs here besides
 * is as hostile as the file may be: whoever reads the answer takes it for a claim.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { OfficeSettings } from './child-command.ts'
import { endNow, openLine, PID_OUTSIDE } from './child-line.ts'
import { SCRATCH } from './office-wall.ts'
import { FRAME, json, packet, parsePacket, PROTOCOL_VERSION } from './protocol.ts'

const settings = JSON.parse(process.argv[2] ?? '{}') as OfficeSettings
const [inbox, outbox] = ['in', 'out'].map(name => join(SCRATCH, name)) as [string, string]
const RESULT = join(outbox, 'document.pdf')
/** After its first start with a new profile it asks to be started again. */
const START_AGAIN = 81
const ARGUMENTS = [`-env:UserInstallation=file://${SCRATCH}/profile`, '--headless', '--norestore', '--nologo', '--nolockcheck', '--nodefault', '--nofirststartwizard']

const line = openLine((type, id, payload) => {
  if (type === FRAME.draw) void draw(id, payload)
})

async function draw(id: number, payload: Buffer): Promise<void> {
  const { meta, octets } = parsePacket(payload)
  const extension = String((meta as { extension?: unknown }).extension)
  if (!/^[a-z]{3,4}$/.test(extension)) return endNow(false)
  const file = join(inbox, `document.${extension}`)
  writeFileSync(file, octets)
  const code = await office(['--convert-to', 'pdf', '--outdir', outbox, file])
  const pdf = resultWithin(settings.outputBytes)
  line.send(FRAME.drawn, id, ...(pdf ? packet({ kind: 'drawn' }, pdf) : packet({ kind: 'cannot', why: `exit ${code}` })))
}

function resultWithin(mostBytes: number): Uint8Array | undefined {
  try {
    return statSync(RESULT).size <= mostBytes ? readFileSync(RESULT) : undefined
  } catch {
    return undefined
  }
}

async function office(given: readonly string[]): Promise<number> {
  const code = await once(given)
  return code === START_AGAIN ? once(given) : code
}

function once(given: readonly string[]): Promise<number> {
  return new Promise(resolve => {
    const child = spawn(settings.program, [...ARGUMENTS, ...given], { stdio: 'ignore', cwd: SCRATCH, env: { HOME: SCRATCH, LANG: 'C.UTF-8', PATH: '/usr/bin:/bin' } })
    child.on('error', () => resolve(127))
    child.on('exit', code => resolve(code ?? 128))
  })
}

for (const folder of [inbox, outbox]) mkdirSync(folder)
office(['--terminate_after_init']).then(
  code => (code === 0 ? line.send(FRAME.hello, 0, json({ role: 'office', lane: 'office', pid: PID_OUTSIDE, version: PROTOCOL_VERSION })) : endNow(false)),
  () => endNow(false),
)
