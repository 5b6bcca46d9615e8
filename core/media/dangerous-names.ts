/**
 * Extensions whose files run, install, or make a program act when a person opens them: kept back whatever their content,
 * by the first row of every shipped profile, and never released.
 *
 * Source: the union of what Outlook and Outlook on the web block (Microsoft's published Level 1 and OWA lists), what
 * rspamd's mime_types module scores as bad, and additions that universities publish for their mail servers; without the
 * documents, data and containers among them, which are judged by what they hold. A name is judged by its last extension,
 * after trailing dots, spaces and invisible characters are gone (filename.ts).
 */
import { lastExtension } from './filename.ts'

const OUTLOOK =
  'ade adp app appref-ms asp aspx asx bas bat cdxml cer chm cmd cnt com cpl crt csh der diagcab exe fxp gadget grp hlp hpj ' +
  'hta htc inf ins isp its jar jnlp js jse ksh lnk mad maf mag mam maq mar mas mat mau mav maw mcf mda mdb mde mdt mdw mdz ' +
  'mht mhtml msc msh msh1 msh1xml msh2 msh2xml mshxml msi msp mst msu ops osd pcd pif pl plg prf prg printerexport ps1 ' +
  'ps1xml ps2 ps2xml psc1 psc2 psd1 psdm1 pssc pst py pyc pyo pyw pyz pyzw reg scf scr sct shb shs sys theme tmp udl url vb ' +
  'vbe vbp vbs vhd vhdx vsmacros vsw webpnp website ws wsb wsc wsf wsh xbap xll xnk'

const RSPAMD =
  'ace arj cab cue dll dqy htm html iqy iso lib library-ms nsh oqy rdp rqy search-ms sfx shtm shtml slk txz vss vst vxd wim zpaq'

const OTHERS =
  'apk application appx bgi deb dex elf img job kext library macho msix ppa ppam rev uif ' +
  'appxbundle appinstaller appcontent-ms msixbundle settingcontent-ms searchconnector-ms contact themepack xlam wll ocx drv efi ' +
  'one psm1 rpm run sh swf vbscript mjs'

/**
 * On those lists, and not here: what is rebuilt or opened by content (web pages, archives, disk images), and what a person
 * may have a reason to ask for (Access databases, certificates, mail stores, Visio templates). Without a disarmer they are
 * kept back all the same, as types that nothing rebuilds.
 */
const JUDGED_BY_CONTENT =
  'ace arj cab cue img iso rev txz uif wim zpaq ' + 'htm html mht mhtml shtm shtml ' + 'cer crt der mdb pst tmp vss vst'

const judgedByContent = new Set(JUDGED_BY_CONTENT.split(' '))

/** In lower case, without a dot, sorted. */
export const DANGEROUS_EXTENSIONS: readonly string[] = [...new Set([OUTLOOK, RSPAMD, OTHERS].join(' ').split(' '))]
  .filter(extension => !judgedByContent.has(extension))
  .sort()

/** The same by content, as detect.ts names it. */
export const DANGEROUS_TYPES = [
  'application/hta',
  'application/java-archive',
  'application/java-vm',
  'application/javascript',
  'application/vnd.android.package-archive',
  'application/vnd.ms-excel.addin.macroenabled.12',
  'application/vnd.ms-htmlhelp',
  'application/wasm',
  'application/x-bat',
  'application/x-elf',
  'application/x-mach-binary',
  'application/x-ms-registry',
  'application/x-ms-shortcut',
  'application/x-msdownload',
  'application/x-mswinurl',
  'application/x-php',
  'application/x-shellscript',
  'application/x-virtualbox-vhd',
  'application/x-virtualbox-vhdx',
  'text/vbscript',
  'text/x-script',
] as const

const extensions: ReadonlySet<string> = new Set(DANGEROUS_EXTENSIONS)
const types: ReadonlySet<string> = new Set(DANGEROUS_TYPES)

/** Whether opening such a file would run something: it is never given out. */
export function isProgram(untrustedName: string, detectedType: string): boolean {
  return extensions.has(lastExtension(untrustedName)) || types.has(detectedType)
}
