/**
 * What else a person could run on the same files, and how long that takes.
 *
 *   node bench/disarm-peers.ts [rounds]
 *
 * Side by side in one run, by turns: the disarmer in a process that is warm, as the gateway keeps it, and once in a process of its
 * own (`cold`: start-up and loading included, as for the programs); LibreOffice converting to the same format, qpdf rewriting,
 * mat2 and exiftool removing metadata, pages to pictures and back (pdftoppm, img2pdf), 7-Zip unpacking and packing again. None of them
 * does the same: LibreOffice keeps macros and links, qpdf keeps scripts, mat2 and exiftool look at metadata only. Printed is the
 * processor's time, median of the rounds, which a busy machine lengthens least, one JSON line for each program. Programs that are not installed are left out.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CASES } from '../test/support/disarm-cases.ts'

const rounds = Number(process.argv[2] ?? 3)
const dir = mkdtempSync(join(tmpdir(), 'sekisho-peers-'))
const office = (target: string) => `soffice -env:UserInstallation=file://${dir}/profile --headless --convert-to ${target} --outdir ${dir}/out`
const mat2 = 'mat2 --unknown-members omit --inplace'

const PEERS: Readonly<Record<string, { readonly extension: string; readonly programs: Readonly<Record<string, string>> }>> = {
  'jpeg-12mp': { extension: 'jpg', programs: { exiftool: 'exiftool -q -overwrite_original -all= FILE', mat2: `${mat2} FILE`, ImageMagick: `convert FILE -strip ${dir}/out.jpg` } },
  'docx-1mb': { extension: 'docx', programs: { LibreOffice: `${office('docx')} FILE`, mat2: `${mat2} FILE` } },
  'xlsx-formulas': { extension: 'xlsx', programs: { LibreOffice: `${office('xlsx')} FILE`, mat2: `${mat2} FILE` } },
  'odt-1mb': { extension: 'odt', programs: { LibreOffice: `${office('odt')} FILE`, mat2: `${mat2} FILE` } },
  'rtf-1mb': { extension: 'rtf', programs: { LibreOffice: `${office('rtf')} FILE` } },
  xls: { extension: 'xls', programs: { LibreOffice: `${office('xlsx')} FILE` } },
  'pdf-10-pages': { extension: 'pdf', programs: { qpdf: `qpdf FILE ${dir}/out.pdf`, mat2: `${mat2} FILE`, 'pictures of pages': `pdftoppm -r 150 -jpeg FILE ${dir}/page && img2pdf ${dir}/page*.jpg -o ${dir}/pages.pdf` } },
  'zip-of-20-docx': { extension: 'zip', programs: { '7-Zip': `rm -rf ${dir}/z && 7zz x -o${dir}/z FILE && 7zz a ${dir}/z.zip ${dir}/z` } },
}

for (const [name, { extension, programs }] of Object.entries(PEERS)) {
  const bytes = await CASES[name]!.make()
  const file = join(dir, `file.${extension}`)
  tell(name, 'Sekisho, warm', warm(name))
  tell(name, 'Sekisho, cold', median(() => cpuOf(`"${process.execPath}" --no-warnings bench/disarm.ts ${name} 1`)))
  for (const [program, command] of Object.entries(programs)) {
    if (!isInstalled(command)) continue
    const ms = median(() => {
      writeFileSync(file, bytes)
      return cpuOf(command.replaceAll('FILE', file))
    })
    tell(name, program, ms)
  }
}
rmSync(dir, { recursive: true, force: true })

function tell(file: string, program: string, cpuMs: number): void {
  console.log(JSON.stringify({ case: file, program, cpuMs }))
}

function isInstalled(command: string): boolean {
  const program = command.startsWith('rm ') ? '7zz' : command.split(' ')[0]!
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
}

function warm(name: string): number {
  const line = execFileSync(process.execPath, ['--no-warnings', 'bench/disarm.ts', name, '15'], { encoding: 'utf8' })
  return Math.round((JSON.parse(line) as { cpuMs: number }).cpuMs)
}

function median(measure: () => number): number {
  const values = Array.from({ length: rounds }, measure).toSorted((a, b) => a - b)
  return values[Math.floor(rounds / 2)]!
}

/** User and system time of the command and all it starts, by the shell's own account. */
function cpuOf(command: string): number {
  const { stdout, stderr } = spawnSync('bash', ['-c', `(${command}) >/dev/null 2>&1 || echo failed >&2; times`], { encoding: 'utf8' })
  if (stderr.includes('failed')) return Number.NaN
  const children = stdout.trim().split('\n').at(-1)!
  return Math.round(1000 * [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds), 0))
}
