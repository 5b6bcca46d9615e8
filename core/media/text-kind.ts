/**
 * What kind of text bytes are, if they are text at all.
 *
 * Marks are searched at the start only, behind a byte order mark, blanks and XML or HTML comments: the way in which
 * a browser or an interpreter would find them. Scripts in disguise are worth more attention than exact prose.
 */
import { type Buffer, isAscii, isUtf8 } from 'node:buffer'

export type TextKind = { readonly type: string; readonly extension: string }

const PROBE_BYTES = 4096

const MARKS: readonly (readonly [RegExp, string, string])[] = [
  [/^#!/, 'application/x-shellscript', 'sh'],
  [/^<svg[\s>]/i, 'image/svg+xml', 'svg'],
  [/^<hta:|^<job[\s>]|^<package[\s>]|^<scriptlet[\s>]|^<component[\s>]/i, 'application/hta', 'hta'],
  [/^<(?:html|head|body|script|div|table|iframe|meta|style|a|img|form|title|link|font|center|br|p|h1|object|embed|base)[\s>/]/i, 'text/html', 'html'],
  [/^<\?php/i, 'application/x-php', 'php'],
  [/^<%/, 'application/x-asp', 'asp'],
  [/^\{\\rt/, 'application/rtf', 'rtf'],
  [/^%!PS/, 'application/postscript', 'ps'],
  [/^begin:vcalendar/i, 'text/calendar', 'ics'],
  [/^begin:vcard/i, 'text/vcard', 'vcf'],
  [/^-----BEGIN PGP MESSAGE-----/, 'application/pgp-encrypted', 'asc'],
  [/^-----BEGIN PGP (?:SIGNATURE|PUBLIC KEY BLOCK)-----/, 'application/pgp-keys', 'asc'],
  [/^-----BEGIN (?:PKCS7|CMS)-----/, 'application/pkcs7-mime', 'p7m'],
  [/^\[(?:InternetShortcut|DEFAULT)\]/i, 'application/x-mswinurl', 'url'],
  [/^WEB\r?\n1\r?\n/, 'application/x-iqy', 'iqy'],
  [/^Windows Registry Editor|^REGEDIT4/, 'application/x-ms-registry', 'reg'],
  [/^(?:@?echo off|@?setlocal|@echo )/i, 'application/x-bat', 'bat'],
  [/^(?:Option Explicit|On Error Resume Next|Set \w+ ?= ?(?:WScript\.)?CreateObject|Dim \w+)/i, 'text/vbscript', 'vbs'],
  [/^(?:var|let|const) \w+ ?= ?(?:new ActiveXObject|WScript)|^(?:WScript\.|new ActiveXObject)|^try ?\{/, 'application/javascript', 'js'],
  [/^(?:\$\w+ ?= ?(?:New-Object|\[)|IEX[ (]|Invoke-Expression|param ?\(|powershell(?:\.exe)? )/i, 'application/x-powershell', 'ps1'],
  [/^ISO-10303-21;/, 'application/p21', 'p21'],
  [/^ID;P/, 'application/x-sylk', 'slk'],
  [/^From [^\r\n]{1,200}\d{4}\r?\n/, 'application/mbox', 'mbox'],
  [/^(?:Received|Return-Path|From|Date|Subject|Message-ID|MIME-Version|Delivered-To|Content-Type|X-[A-Za-z-]{1,60}): [^\r\n]*\r?\n(?:[A-Za-z-]{1,60}: |[ \t])/i, 'message/rfc822', 'eml'],
  [/^0\r?\n[ \t]*SECTION\r?\n/, 'image/vnd.dxf', 'dxf'],
  [/^999\r?\n[^\r\n]{0,200}\r?\n[ \t]*0\r?\n[ \t]*SECTION\r?\n/, 'image/vnd.dxf', 'dxf'],
  [/^\{\s*(?:"|\})|^\[\s*(?:[{["\d\]-]|true|false|null)/, 'application/json', 'json'],
]

/** Undefined when the bytes are no text in any charset of mail. */
export function textKind(head: Buffer): TextKind | undefined {
  if (!isText(head)) return undefined
  const start = decodeStart(head.subarray(0, PROBE_BYTES))
  return markedKind(start) ?? { type: 'text/plain', extension: 'txt' }
}

function markedKind(text: string): TextKind | undefined {
  const start = withoutComments(text)
  const declared = /^<(?:\?xml|!doctype)/i.test(start)
  const mark = MARKS.find(([pattern]) => pattern.test(declared ? withoutDeclarations(start) : start))
  if (mark) return { type: mark[1], extension: mark[2] }
  if (!declared) return undefined
  return /^<!doctype\s+html/i.test(start) ? { type: 'text/html', extension: 'html' } : { type: 'application/xml', extension: 'xml' }
}

/** Controls that text has none of; ESC belongs to ISO-2022, form feed and SO/SI to old printers' and mailers' text. */
const CONTROLS = /[\x00-\x06\x10-\x1a\x1c-\x1f\x7f]/
/** Text of one Latin charset has few letters beyond ASCII; noise has many. */
const MAX_HIGH_SHARE = 0.3

/** True when the octets, all that are given, are characters in UTF-8 or 16, a Japanese charset, or mostly ASCII. */
export function isText(bytes: Buffer): boolean {
  if (hasUtf16Mark(bytes)) return decodes(bytes.subarray(2), bytes[0] === 0xff ? 'utf-16le' : 'utf-16be')
  if (CONTROLS.test(bytes.toString('latin1'))) return false
  if (isAscii(bytes) || isUtf8(withoutCutCharacter(bytes))) return true
  if (decodes(bytes, 'shift_jis') || decodes(bytes, 'euc-jp')) return true
  let high = 0
  for (const octet of bytes.subarray(0, PROBE_BYTES)) if (octet >= 0x80) high++
  return high / Math.min(bytes.length, PROBE_BYTES) <= MAX_HIGH_SHARE
}

/** At most three octets of a character that the end of the probe cut. */
function withoutCutCharacter(bytes: Buffer): Buffer {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const octet = bytes[bytes.length - back]!
    if (octet >= 0xc0) return bytes.subarray(0, bytes.length - back)
    if (octet < 0x80) break
  }
  return bytes
}

function decodes(bytes: Buffer, charset: string): boolean {
  try {
    const text = new TextDecoder(charset, { fatal: true }).decode(bytes, { stream: true })
    return !CONTROLS.test(text)
  } catch {
    return false
  }
}

function hasUtf16Mark(bytes: Buffer): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
}

function decodeStart(probe: Buffer): string {
  if (!hasUtf16Mark(probe)) return probe.toString('latin1').replace(/^\xef\xbb\xbf/, '')
  return new TextDecoder(probe[0] === 0xff ? 'utf-16le' : 'utf-16be').decode(probe)
}

function withoutComments(text: string): string {
  let rest = text.trimStart()
  for (let count = 0; count < 20 && rest.startsWith('<!--'); count++) {
    const end = rest.indexOf('-->')
    if (end < 0) break
    rest = rest.slice(end + 3).trimStart()
  }
  return rest
}

/** Behind `<?xml …?>`, other instructions, DOCTYPE and comments: the root element says what a document is. */
function withoutDeclarations(text: string): string {
  let rest = text
  for (let count = 0; count < 20 && /^<[?!]/.test(rest); count++) {
    const end = rest.indexOf('>')
    if (end < 0) break
    rest = withoutComments(rest.slice(end + 1))
  }
  return rest
}
