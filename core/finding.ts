/**
 * Every fact that reading a message can turn up, in one table.
 *
 * A finding is what was seen, never what is done about it: policy and the notice decide that.
 * `weight` says how much it means: `note` is common in honest mail; `odd` is a liberty that another
 * parser may take differently; `danger` is a shape that attacks use. docs/findings.md is printed from here.
 */

export const FINDINGS = {
  // Lines and bytes of the whole message (RFC 5321 §2.3.8, RFC 5322 §2.1)
  'line.bare-cr': { weight: 'odd', text: 'CR without LF' },
  'line.bare-lf': { weight: 'odd', text: 'LF without CR' },
  'line.nul': { weight: 'odd', text: 'NUL byte' },
  'line.too-long': { weight: 'note', text: 'line longer than 998 octets' },

  // Text and its charset (WHATWG Encoding, RFC 1468, RFC 2152)
  'charset.guessed': { weight: 'note', text: 'charset missing, unknown or wrong: guessed' },
  'charset.invalid': { weight: 'odd', text: 'octets that mean nothing in the charset' },
  'charset.gaiji': { weight: 'note', text: 'private-use character (外字), replaced by 〓' },
  'charset.utf7': { weight: 'danger', text: 'UTF-7, delivered as plain text only' },
  'charset.cut': { weight: 'odd', text: 'text longer than can be decoded, cut' },
  'text.controls': { weight: 'odd', text: 'control characters in text, removed' },
  'text.escape-sequences': { weight: 'odd', text: 'terminal escape sequences in text, removed' },
  'text.bidi': { weight: 'odd', text: 'direction overrides in text, removed' },
  'text.invisible': { weight: 'note', text: 'invisible characters in text, removed' },
  'text.combining': { weight: 'odd', text: 'heaps of combining marks, capped' },
  'text.surrogates': { weight: 'odd', text: 'half of a surrogate pair, replaced' },

  // Files that stand inside text: uuencode, yEnc, BinHex 4.0 (RFC 1741)
  'embedded.file': { weight: 'odd', text: 'file encoded inside text' },
  'embedded.broken': { weight: 'odd', text: 'file inside text has no end, a wrong size or a wrong checksum' },
  'embedded.too-many': { weight: 'odd', text: 'more files inside text than are taken out' },

  // File names
  'name.altered': { weight: 'note', text: 'file name made harmless' },
  'name.bidi': { weight: 'danger', text: 'direction override in a file name' },
  'name.double-extension': { weight: 'danger', text: 'program extension behind a document extension' },
  'name.spaces': { weight: 'danger', text: 'extension pushed out of sight by spaces' },
  'name.long': { weight: 'odd', text: 'very long file name' },
  'name.conflict': { weight: 'odd', text: 'two different file names for one part' },

  // Header fields (RFC 5322 §2.2, §3.6; RFC 2047)
  'header.missing': { weight: 'note', text: 'part without a header' },
  'header.unterminated': { weight: 'odd', text: 'no empty line between header and body' },
  'header.mixed-line-ends': { weight: 'danger', text: 'several kinds of line end in one header' },
  'header.no-colon': { weight: 'danger', text: 'line without colon among header fields' },
  'header.empty-name': { weight: 'danger', text: 'header field without a name' },
  'header.bad-name': { weight: 'danger', text: 'character that no field name may have' },
  'header.space-before-colon': { weight: 'danger', text: 'blank between field name and colon' },
  'header.leading-blank': { weight: 'danger', text: 'header begins with a continuation line' },
  'header.blank-fold': { weight: 'odd', text: 'continuation line of nothing but blanks' },
  'header.hidden-field': { weight: 'danger', text: 'MIME field that some readers see and some do not' },
  'header.mbox-from': { weight: 'note', text: 'envelope line of a mailbox file before the header' },
  'header.nul': { weight: 'danger', text: 'NUL byte in a header field' },
  'header.control': { weight: 'odd', text: 'control character in a header field' },
  'header.raw-octets': { weight: 'note', text: 'text in a header field that is not encoded' },
  'header.line-too-long': { weight: 'note', text: 'header line longer than 998 octets' },
  'header.duplicate': { weight: 'odd', text: 'header field repeated with the same value' },
  'header.conflict': { weight: 'danger', text: 'header field repeated with another value' },
  'header.word-malformed': { weight: 'odd', text: 'broken encoded word' },
  'header.word-unseparated': { weight: 'note', text: 'encoded word without blanks around it' },
  'header.word-control': { weight: 'danger', text: 'control character inside an encoded word' },

  // Addresses in header fields (RFC 5322 §3.4, §4.4)
  'address.malformed': { weight: 'odd', text: 'no mailbox can be read from an address' },
  'address.obsolete': { weight: 'odd', text: 'address with a route or with comments inside' },
  'address.half-comment': { weight: 'danger', text: 'comment or quote in an address that is not closed' },

  // What a part says of itself (RFC 2045, RFC 2046, RFC 2183)
  'type.missing': { weight: 'note', text: 'no Content-Type' },
  'type.no-subtype': { weight: 'odd', text: 'Content-Type without a subtype' },
  'type.malformed': { weight: 'danger', text: 'Content-Type that cannot be read' },
  'type.comment': { weight: 'odd', text: 'comment in a MIME field' },
  'type.half-comment': { weight: 'danger', text: 'parenthesis without its other half in a MIME field' },
  'type.half-quote': { weight: 'danger', text: 'quote without its other half in a MIME field' },
  'type.junk': { weight: 'danger', text: 'text where a semicolon should be in a MIME field' },
  'type.parameter-malformed': { weight: 'danger', text: 'parameter that cannot be read' },
  'type.duplicate-parameter': { weight: 'danger', text: 'parameter given twice' },
  'type.space-around-equals': { weight: 'danger', text: 'blanks round the equals sign of a parameter' },
  'type.unquoted': { weight: 'odd', text: 'parameter value that needs quotes and has none' },
  'type.disposition-unknown': { weight: 'odd', text: 'Content-Disposition that is not known' },
  'type.no-disposition': { weight: 'note', text: 'file without Content-Disposition' },
  'type.encoding-alias': { weight: 'odd', text: 'transfer encoding by a name that is no standard' },
  'type.encoding-unknown': { weight: 'danger', text: 'transfer encoding that is not known' },
  'type.encoded-multipart': { weight: 'danger', text: 'transfer encoding on a multipart' },
  'type.encoded-message': { weight: 'odd', text: 'transfer encoding on a message' },
  'type.octets-in-7bit': { weight: 'note', text: '8-bit octets in a part said to be 7bit' },
  'type.unknown-multipart': { weight: 'odd', text: 'multipart of a kind that is not known' },
  'type.partial': { weight: 'danger', text: 'fragment of a message' },
  'type.external-body': { weight: 'danger', text: 'content that is to be fetched from elsewhere' },

  // Boundaries (RFC 2046 §5.1.1)
  'boundary.missing': { weight: 'danger', text: 'multipart without a boundary' },
  'boundary.empty': { weight: 'danger', text: 'empty boundary' },
  'boundary.conflict': { weight: 'danger', text: 'two boundaries for one multipart' },
  'boundary.illegal': { weight: 'danger', text: 'boundary with characters that none may have' },
  'boundary.odd': { weight: 'odd', text: 'boundary with characters that readers take in different ways' },
  'boundary.too-long': { weight: 'danger', text: 'boundary too long to be followed' },
  'boundary.extended': { weight: 'danger', text: 'boundary in RFC 2231 form' },
  'boundary.encoded-word': { weight: 'danger', text: 'boundary that looks like an encoded word' },
  'boundary.prefix': { weight: 'danger', text: 'boundary that another one begins with' },
  'boundary.reused': { weight: 'danger', text: 'boundary of an outer multipart used again' },
  'boundary.on-leaf': { weight: 'danger', text: 'boundary on a part that is no multipart' },
  'boundary.inside-line': { weight: 'danger', text: 'boundary that does not begin its line' },
  'boundary.trailing-text': { weight: 'danger', text: 'line that begins with a boundary and goes on' },
  'boundary.padding': { weight: 'note', text: 'blanks after a boundary' },
  'boundary.unterminated': { weight: 'odd', text: 'multipart without its last boundary' },
  'boundary.never-seen': { weight: 'danger', text: 'multipart whose boundary never comes' },

  // Octets outside the parts
  'structure.usual-preamble': { weight: 'note', text: 'sentence for old mailers before the first part' },
  'structure.preamble': { weight: 'danger', text: 'content before the first part' },
  'structure.epilogue': { weight: 'odd', text: 'content after the last part' },
  'structure.after-end': { weight: 'danger', text: 'boundary used again after its end' },
  'structure.empty-multipart': { weight: 'odd', text: 'multipart without parts' },
  'structure.header-in-body': { weight: 'danger', text: 'body that begins like a header' },

  // Decoding: base64 (RFC 2045 §6.8), quoted-printable (§6.7), uuencode
  'base64.illegal': { weight: 'danger', text: 'characters outside the base64 alphabet' },
  'base64.blank': { weight: 'odd', text: 'blanks inside base64' },
  'base64.after-padding': { weight: 'danger', text: 'base64 that goes on after its end mark' },
  'base64.excess-padding': { weight: 'danger', text: 'too many end marks in base64' },
  'base64.padding-missing': { weight: 'odd', text: 'base64 without its end mark' },
  'base64.length': { weight: 'danger', text: 'base64 cut inside a group' },
  'base64.trailing-bits': { weight: 'odd', text: 'bits in base64 that no octet has' },
  'base64.line-length': { weight: 'odd', text: 'base64 lines that do not hold whole groups' },
  'base64.line-too-long': { weight: 'note', text: 'base64 line longer than 76 characters' },
  'qp.illegal-escape': { weight: 'danger', text: 'equals sign without two hex digits' },
  'qp.illegal-octet': { weight: 'odd', text: 'octet that has to be encoded and is not' },
  'qp.lower-case': { weight: 'note', text: 'lower-case hex digits' },
  'qp.soft-break-blank': { weight: 'odd', text: 'blanks between a soft line break and the line end' },
  'qp.soft-break-at-end': { weight: 'odd', text: 'soft line break at the end of the part' },
  'qp.trailing-blank': { weight: 'note', text: 'blanks at the end of a line, deleted' },
  'qp.line-too-long': { weight: 'note', text: 'quoted-printable line longer than 76 characters' },
  'uuencode.line': { weight: 'danger', text: 'uuencode line of another length than it says' },
  'uuencode.outside': { weight: 'danger', text: 'text outside the uuencoded file' },
  'uuencode.unterminated': { weight: 'odd', text: 'uuencoded file without begin or end' },

  // Names in MIME fields (RFC 2231, RFC 2047 §5)
  'name.encoded-word': { weight: 'note', text: 'encoded word in a parameter' },
  'name.raw-octets': { weight: 'note', text: 'parameter that is not encoded' },
  'name.both-forms': { weight: 'note', text: 'parameter in two forms that agree' },
  'name.conflicting-forms': { weight: 'danger', text: 'parameter in two forms that differ' },
  'name.gap': { weight: 'danger', text: 'parameter with a segment missing' },
  'name.out-of-order': { weight: 'odd', text: 'parameter with segments out of order' },
  'name.duplicate-segment': { weight: 'danger', text: 'parameter with a segment given twice' },
  'name.numbering': { weight: 'odd', text: 'segment number with leading zeros' },
  'name.percent': { weight: 'odd', text: 'percent sign without two hex digits' },
  'name.charset-missing': { weight: 'odd', text: 'encoded parameter without its charset' },

  // HTML bodies and links
  'html.hidden': { weight: 'note', text: 'text that a reader of the HTML would not see, left out' },
  'html.tracker': { weight: 'note', text: 'remote picture too small to be seen' },
  'html.active': { weight: 'odd', text: 'scripts, forms or embedded content, left out' },
  'html.too-complex': { weight: 'odd', text: 'HTML nested or repeated beyond reason, read in a simpler way' },
  'link.mismatch': { weight: 'danger', text: 'link that leads elsewhere than its label says' },
  'link.disguised': { weight: 'danger', text: 'link with a name before its host that looks like the host' },
  'link.active': { weight: 'danger', text: 'link that would run or open something' },

  // What a file is, beside what it is called
  'media.type-mismatch': { weight: 'odd', text: 'content of another type than its name or label says' },
  'media.pages-drawn': { weight: 'note', text: 'old Office file: its pages drawn by LibreOffice, delivered as pictures' },
  'media.default-password': { weight: 'odd', text: 'workbook locked with the password that Excel tries by itself: opened' },
  'media.polyglot': { weight: 'danger', text: 'file that is two types at once' },
  'json.key-twice': { weight: 'odd', text: 'JSON object with a key that stands twice' },
  'media.damaged-picture': { weight: 'odd', text: 'picture with a damage that costs no pixel, such as a missing end mark' },
  'archive.ambiguous': { weight: 'odd', text: 'archive that programs could read in different ways' },
  'archive.path': { weight: 'danger', text: 'path in an archive that leads out of its folder' },
  'tnef.malformed': { weight: 'odd', text: 'winmail.dat that breaks off or contradicts itself' },
  'tnef.limit': { weight: 'odd', text: 'winmail.dat with more than is opened' },

  // Limits of the reader: what lies beyond is one part of unknown type
  'limit.header-bytes': { weight: 'danger', text: 'header too large' },
  'limit.header-fields': { weight: 'danger', text: 'too many header fields' },
  'limit.parts': { weight: 'danger', text: 'too many parts' },
  'limit.depth': { weight: 'danger', text: 'nested too deeply' },
  'limit.line-bytes': { weight: 'odd', text: 'line too long to be taken apart' },
  'limit.findings': { weight: 'odd', text: 'more findings than are listed' },
  // What the bytes are
  'tnef.checksum': { weight: 'note', text: 'winmail.dat with a wrong checksum' },
  'tnef.damaged': { weight: 'odd', text: 'winmail.dat is damaged: read as far as it goes' },
} as const satisfies Record<string, { weight: 'note' | 'odd' | 'danger'; text: string }>

export type FindingCode = keyof typeof FINDINGS

/** `detail` is short, already printable text (no raw bytes); `partId` is '' for the whole message. */
export type Finding = { readonly code: FindingCode; readonly partId: string; readonly detail?: string }
