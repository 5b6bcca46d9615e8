/**
 * LDIF of a directory, as far as mail goes: further addresses of an entry are aliases of its mail address, members of a
 * group are what its address leads to. Entries without a mail address say nothing here. Standards: RFC 2849.
 */
import type { Book, BookEntry } from './address-book.ts'
import { checkMailbox } from './people.ts'

const LARGEST_BYTES = 64 * 2 ** 20
const FURTHER = ['mailalternateaddress', 'mailalias', 'proxyaddresses', 'gosamailalternateaddress']
const MEMBER_DNS = ['member', 'uniquemember', 'roleoccupant']
const MEMBER_MAILS = ['rfc822mailmember', 'mgrprfc822mailmember', 'mailforwardingaddress', 'memberaddress']

type Entry = { readonly dn: string; readonly attributes: ReadonlyMap<string, readonly string[]> }

export function readLdif(untrusted: Uint8Array): Book {
  if (untrusted.length > LARGEST_BYTES) return { kind: 'problems', problems: [{ line: 0, column: '', problem: 'too-large', value: '' }] }
  const entries = entriesOf(new TextDecoder().decode(untrusted))
  const mailOf = new Map(entries.flatMap(entry => {
    const mail = mailsOf(entry, ['mail'])[0]
    return mail === undefined ? [] : [[plainDn(entry.dn), mail] as const]
  }))
  return { kind: 'book', entries: entries.flatMap(entry => bookEntries(entry, mailOf)) }
}

function bookEntries(entry: Entry, mailOf: ReadonlyMap<string, string>): BookEntry[] {
  const [own, ...more] = mailsOf(entry, ['mail'])
  if (own === undefined) return []
  const name = valuesOf(entry, ['displayname', 'cn'])[0]?.slice(0, 100) ?? ''
  const aliases = [...more, ...mailsOf(entry, FURTHER)].filter(address => address !== own)
  const members = [...valuesOf(entry, MEMBER_DNS).flatMap(dn => mailOf.get(plainDn(dn)) ?? []), ...mailsOf(entry, MEMBER_MAILS)]
  return [
    ...aliases.map((address): BookEntry => ({ address, kind: 'alias', name, targets: [own] })),
    ...(members.length > 0 ? [{ address: own, kind: 'list' as const, name, targets: members }] : []),
  ]
}

/** Folded lines are joined, comments left out; base64 values decoded, values by URL never fetched. */
function entriesOf(text: string): Entry[] {
  const lines = text.replace(/\r\n?/g, '\n').replace(/\n /g, '').split('\n')
  const entries: Entry[] = []
  let attributes = new Map<string, string[]>()
  const close = () => {
    const dn = attributes.get('dn')?.[0]
    if (dn !== undefined) entries.push({ dn, attributes })
    attributes = new Map()
  }
  for (const line of lines) {
    if (line.trim() === '') close()
    const found = line.startsWith('#') ? null : /^([A-Za-z0-9.-]+)(?:;[^:]*)?(::?)[ ]*(.*)$/.exec(line)
    if (!found || found[3]!.startsWith('<')) continue
    const value = found[2] === '::' ? Buffer.from(found[3]!, 'base64').toString() : found[3]!
    const name = found[1]!.toLowerCase()
    const known = attributes.get(name)
    if (known) known.push(value)
    else attributes.set(name, [value])
  }
  close()
  return entries
}

function valuesOf({ attributes }: Entry, names: readonly string[]): string[] {
  return names.flatMap(name => attributes.get(name) ?? [])
}

/** `SMTP:a@b` of Active Directory is `a@b`; what is no mail address (X400:…) is left out. */
function mailsOf(entry: Entry, names: readonly string[]): string[] {
  return valuesOf(entry, names).flatMap(value => {
    try {
      return [checkMailbox(value.replace(/^smtp:/i, ''))]
    } catch {
      return []
    }
  })
}

function plainDn(dn: string): string {
  return dn.toLowerCase().replace(/\s*([,=])\s*/g, '$1')
}
