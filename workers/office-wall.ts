/**
 * The box in which LibreOffice draws: a wall of its own, narrower than any other program of this kind would get.
 *
 *   read-only   the system's programs and libraries, fonts, LibreOffice's own settings
 *   writable    /tmp, in memory, of a fixed size, gone with the box
 *   nothing     of the network, of the host's processes, of our data, of other descriptors
 *
 * Only bubblewrap can build it: where that is missing, LibreOffice is not used. Killing the box kills whatever was started in it.
 */
import { existsSync } from 'node:fs'
import { OWN_NAMESPACES, type Wall } from './wall.ts'

export type OfficeBox = {
  /** Node and what it is linked with. */
  readonly nodePath: string
  /** Our own code. */
  readonly readable: readonly string[]
  /** Where LibreOffice is installed. */
  readonly program: string
  readonly scratchBytes: number
  /** Of processor time, for each process in the box. */
  readonly mostSeconds: number
}

export const SCRATCH = '/tmp'
const SYSTEM = ['/usr', '/lib', '/lib64', '/lib32', '/bin', '/etc/fonts', '/etc/libreoffice', '/etc/alternatives', '/etc/ld.so.cache', '/var/lib/libreoffice', '/var/cache/fontconfig']
/** No core dumps; behind all that people wait for; what neither lane nor launcher would notice ends by itself. `$$` is the number that the outside knows the box by. */
const LIMITED = 'seconds=$1; shift; ulimit -c 0 && ulimit -t "$seconds" && exec nice -n 10 "$@" "$$"'

const PLACES = [
  '/usr/lib/libreoffice/program/soffice.bin',
  '/usr/lib64/libreoffice/program/soffice.bin',
  '/usr/local/lib/libreoffice/program/soffice.bin',
  '/opt/libreoffice/program/soffice.bin',
]

/** The program itself, not the script before it: that would start more than is needed. Undefined where none is installed. */
export function findOffice(setting: string): string | undefined {
  return (setting === '' ? PLACES : [setting]).find(path => existsSync(path))
}

export function inOfficeBox({ bwrap, libraries }: Extract<Wall, { kind: 'bubblewrap' }>, box: OfficeBox, command: readonly string[]): string[] {
  const inSystem = (path: string) => SYSTEM.some(folder => path === folder || path.startsWith(`${folder}/`))
  const seen = [...libraries, box.nodePath, installedIn(box.program), ...box.readable].filter(path => !inSystem(path))
  const walled = [
    bwrap,
    ...OWN_NAMESPACES,
    ...['--die-with-parent', '--cap-drop', 'ALL', '--clearenv'],
    ...SYSTEM.flatMap(path => ['--ro-bind-try', path, path]),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...['--size', String(box.scratchBytes), '--tmpfs', SCRATCH],
    ...seen.flatMap(path => ['--ro-bind', path, path]),
    ...['--chdir', SCRATCH, '--remount-ro', '/'],
    '--',
    ...command,
  ]
  return ['/bin/sh', '-c', LIMITED, 'sh', String(box.mostSeconds), ...walled]
}

/** …/program/soffice.bin */
function installedIn(program: string): string {
  return program.replace(/\/program\/[^/]*$/, '')
}
