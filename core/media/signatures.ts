/**
 * Magic numbers that decide by themselves, longest first within a type family.
 *
 * Names are those that policy rows and reports use. Containers (ZIP, OLE2) and text are told apart further by
 * core/media/zip-kind.ts, ole-kind.ts and text-kind.ts. `textual` magic begins files that are text themselves; any
 * other that is printable counts only where the octets behind it are no text ("MZ" may begin a letter).
 * Sources: the formats' own specifications, and PRONOM for JWW and DocuWorks.
 */
import { Buffer } from 'node:buffer'

export type Signature = { readonly at: number; readonly magic: Buffer; readonly type: string; readonly extension: string; readonly textual: boolean }

const TEXTUAL = new Set(['application/pdf', 'application/rtf'])

const hex = (text: string) => Buffer.from(text, 'hex')
const ascii = (text: string) => Buffer.from(text, 'latin1')

function row(magic: Buffer, type: string, extension: string, at = 0): Signature {
  return { at, magic, type, extension, textual: TEXTUAL.has(type) }
}

export const SIGNATURES: readonly Signature[] = [
  row(ascii('%PDF-'), 'application/pdf', 'pdf'),
  row(hex('89504e470d0a1a0a'), 'image/png', 'png'),
  row(hex('ffd8ff'), 'image/jpeg', 'jpg'),
  row(ascii('GIF87a'), 'image/gif', 'gif'),
  row(ascii('GIF89a'), 'image/gif', 'gif'),
  row(hex('49492a00'), 'image/tiff', 'tif'),
  row(hex('4d4d002a'), 'image/tiff', 'tif'),
  row(ascii('WEBP'), 'image/webp', 'webp', 8),
  row(ascii('ftypavif'), 'image/avif', 'avif', 4),
  row(ascii('ftypavis'), 'image/avif', 'avif', 4),
  ...['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1'].map(brand => row(ascii(`ftyp${brand}`), 'image/heic', 'heic', 4)),
  row(hex('00000100'), 'image/x-icon', 'ico'),
  row(hex('d7cdc69a'), 'image/wmf', 'wmf'),
  row(ascii(' EMF'), 'image/emf', 'emf', 40),
  row(ascii('8BPS'), 'image/vnd.adobe.photoshop', 'psd'),
  row(ascii('{\\rtf'), 'application/rtf', 'rtf'),
  row(hex('789f3e22'), 'application/ms-tnef', 'dat'),
  row(hex('4c0000000114020000000000c000000000000046'), 'application/x-ms-shortcut', 'lnk'),
  row(hex('e4525c7b8cd8a74daeb15378d02996d3'), 'application/onenote', 'one'),
  row(ascii('MZ'), 'application/x-msdownload', 'exe'),
  row(hex('7f454c46'), 'application/x-elf', 'elf'),
  row(hex('cafebabe'), 'application/java-vm', 'class'),
  row(hex('feedface'), 'application/x-mach-binary', 'macho'),
  row(hex('feedfacf'), 'application/x-mach-binary', 'macho'),
  row(hex('cffaedfe'), 'application/x-mach-binary', 'macho'),
  row(hex('0061736d'), 'application/wasm', 'wasm'),
  row(hex('377abcaf271c'), 'application/x-7z-compressed', '7z'),
  row(ascii('Rar!\x1a\x07'), 'application/vnd.rar', 'rar'),
  row(ascii('-lh'), 'application/x-lzh-compressed', 'lzh', 2),
  row(ascii('-lz'), 'application/x-lzh-compressed', 'lzh', 2),
  row(ascii('MSCF'), 'application/vnd.ms-cab-compressed', 'cab'),
  row(hex('1f8b'), 'application/gzip', 'gz'),
  row(ascii('BZh'), 'application/x-bzip2', 'bz2'),
  row(hex('fd377a585a00'), 'application/x-xz', 'xz'),
  row(hex('28b52ffd'), 'application/zstd', 'zst'),
  row(ascii('ustar'), 'application/x-tar', 'tar', 257),
  row(ascii('CD001'), 'application/x-iso9660-image', 'iso', 32769),
  row(ascii('!<arch>\n'), 'application/x-unix-archive', 'ar'),
  row(ascii('ITSF'), 'application/vnd.ms-htmlhelp', 'chm'),
  row(ascii('conectix'), 'application/x-virtualbox-vhd', 'vhd'),
  row(ascii('vhdxfile'), 'application/x-virtualbox-vhdx', 'vhdx'),
  row(ascii('SQLite format 3\0'), 'application/vnd.sqlite3', 'sqlite'),
  row(ascii('JwwData.'), 'application/x-jww', 'jww'),
  row(hex('60c1c0'), 'application/vnd.fujifilm.fb.docuworks', 'xdw'),
  row(ascii('AC10'), 'image/vnd.dwg', 'dwg'),
  row(ascii('RIFF'), 'application/x-riff', 'riff'),
  row(ascii('ID3'), 'audio/mpeg', 'mp3'),
  row(ascii('OggS'), 'application/ogg', 'ogg'),
  row(ascii('fLaC'), 'audio/flac', 'flac'),
  row(ascii('ftyp'), 'video/mp4', 'mp4', 4),
  row(hex('1a45dfa3'), 'video/x-matroska', 'mkv'),
  row(hex('3026b2758e66cf11'), 'video/x-ms-asf', 'asf'),
  row(ascii('wOFF'), 'font/woff', 'woff'),
  row(ascii('%!PS'), 'application/postscript', 'ps'),
  row(hex('c5d0d3c6'), 'application/postscript', 'eps'),
  row(ascii('BM'), 'image/bmp', 'bmp'),
]

export function matchSignature(head: Buffer): Signature | undefined {
  // One octet rules out nearly all without a call into native code.
  return SIGNATURES.find(({ at, magic }) => head[at] === magic[0] && head.length >= at + magic.length && magic.compare(head, at, at + magic.length) === 0)
}
