/**
 * What kind of text bytes are, if they are text at all.
 *
 * Marks are searched at the start only, behind a byte order mark, blanks and XML or HTML comments: the way in which
 * a browser or an interpreter would find them. Scripts in disguise are worth more attention than exact prose.
 */
import type { Buffer } from 'node:buffer'

export type TextKind = { readonly type: string; readonly extension: string }

const PROBE_CHARS = 4096

const MARKS: readonly (readonly [RegExp, string, string])[] = [
  [/^#!/, 'application/x-shellscript', 'sh'],
  [/^<\?xml[^>]{0,200}>?\s*(?:<!--[\s\S]{0,500}?-->\s*)?<svg[\s>]|^<svg[\s>]/i, 'image/svg+xml', 'svg'],
  [/^<hta:|^<job[\s>]|^<package[\s>]|^<scriptlet[\s>]/i, 'application/hta', 'hta'],
  [/^<!doctype html|^<html[\s>]|^<head[\s>]|^<body[\s>]|^<script[\s>]|^<(?:div|table|iframe|meta|style|a|img|form)[\s>]/i, 'text/html', 'html'],
  [/^<\?php/i, 'application/x-php', 'php'],
  [/^<\?xml|^<!doctype/i, 'application/xml', 'xml'],
  [/^begin:vcalendar/i, 'text/calendar', 'ics'],
  [/^begin:vcard/i, 'text/vcard', 'vcf'],
  [/^-----BEGIN PGP MESSAGE-----/, 'application/pgp-encrypted', 'asc'],
  [/^\[InternetShortcut\]/i, 'application/x-mswinurl', 'url'],
  [/^Windows Registry Editor|^REGEDIT4/, 'application/x-ms-registry', 'reg'],
  [/^@?echo off|^@?setlocal/i, 'application/x-bat', 'bat'],
  [/^\s*(?:Option Explicit|On Error Resume Next|Set \w+ ?= ?(?:WScript\.)?CreateObject|Dim \w+)/i, 'text/vbscript', 'vbs'],
  [/^(?:var|let|const) \w+ ?= ?(?:new ActiveXObject|WScript)|^(?:WScript\.|new ActiveXObject)/, 'application/javascript', 'js'],
  [/^ISO-10303-21;/, 'application/p21', 'p21'],
  [/^ID;P/, 'application/x-sylk', 'slk'],
  [/^From [^\r\n]{1,200}\d{4}\r?\n/, 'application/mbox', 'mbox'],
  [/^(?:Received|Return-Path|From|Date|Subject|Message-ID|MIME-Version|Delivered-To|X-[A-Za-z-]+): [^\r\n]*\r?\n(?:[A-Za-z-]+: |[ \t])/i, 'message/rfc822', 'eml'],
]

/** Undefined when the bytes are no text in any charset of mail. `latin1` is the probe's text, octet by octet. */
export function textKind(head: Buffer): TextKind | undefined {
  const probe = head.subarray(0, PROBE_CHARS)
  if (!looksLikeText(probe)) return undefined
  const start = withoutLeadIn(decodeStart(probe))
  const mark = MARKS.find(([pattern]) => pattern.test(start))
  if (mark) return { type: mark[1], extension: mark[2] }
  if (/^\s*0\r?\n\s*SECTION\r?\n/.test(start)) return { type: 'image/vnd.dxf', extension: 'dxf' }
  if (/^[{[]/.test(start) && isJson(start)) return { type: 'application/json', extension: 'json' }
  return { type: 'text/plain', extension: 'txt' }
}

/** UTF-16 with a mark, or octets without controls other than those of text (ESC for ISO-2022-JP). */
function looksLikeText(probe: Buffer): boolean {
  if (hasUtf16Mark(probe)) return true
  return !/[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f]/.test(probe.toString('latin1'))
}

function hasUtf16Mark(probe: Buffer): boolean {
  return (probe[0] === 0xff && probe[1] === 0xfe) || (probe[0] === 0xfe && probe[1] === 0xff)
}

function decodeStart(probe: Buffer): string {
  if (!hasUtf16Mark(probe)) return probe.toString('latin1').replace(/^\xef\xbb\xbf/, '')
  return new TextDecoder(probe[0] === 0xff ? 'utf-16le' : 'utf-16be').decode(probe)
}

function withoutLeadIn(text: string): string {
  let rest = text.trimStart()
  for (let count = 0; count < 10 && rest.startsWith('<!--'); count++) {
    const end = rest.indexOf('-->')
    if (end < 0) break
    rest = rest.slice(end + 3).trimStart()
  }
  return rest
}

/** A plausible start is enough: a JSON file is text, and told apart from prose only for its name. */
function isJson(start: string): boolean {
  return /^\{\s*(?:"|\})|^\[\s*(?:[{["\d\]-]|true|false|null)/.test(start)
}
