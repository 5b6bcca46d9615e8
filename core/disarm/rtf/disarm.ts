/**
 * Rich Text Format: read as tokens, written anew from those on the lists.
 *
 *   octets ──▶ tokens.ts ──▶ rebuild.ts ──▶ picture.ts ──▶ 7-bit RTF
 *
 * What is not on a list is not written: embedded objects, templates, unknown destinations (also without `\*`, whose text then
 * is text), control words in unusual places. Standards: RTF 1.9.1.
 */
import { Buffer } from 'node:buffer'
import type { Disarmed, Disarmer, DisarmInput } from '../contract.ts'
import { encodePicture } from './picture.ts'
import { RtfRebuilding } from './rebuild.ts'
import { readTokens } from './tokens.ts'

/** No token becomes longer than this many times its source. */
const MAX_GROWTH = 4

export const rtfDisarmer: Disarmer = {
  table: [
    { object: 'text, fonts, colours, styles, tables, lists, headers and footers, notes', becomes: 'rebuilt' },
    { object: 'fields that compute from the document', becomes: 'rebuilt' },
    { object: 'links to pages, mailboxes and places in the document', becomes: 'rebuilt', kind: 'hyperlinks' },
    { object: 'links to files', becomes: 'removed', kind: 'externalLinks' },
    { object: 'other fields (DDE, INCLUDETEXT …): their results stay', becomes: 'removed', kind: 'dynamicFields' },
    { object: 'embedded objects: the shown result stays', becomes: 'removed', kind: 'oleObjects' },
    { object: 'PNG and JPEG pictures, re-encoded', becomes: 'rebuilt', kind: 'pictures' },
    { object: 'EMF, WMF and other pictures', becomes: 'removed', kind: 'vectorPictures' },
    { object: 'comments', becomes: 'rebuilt', kind: 'comments' },
    { object: 'tracked changes; when removed they count as accepted', becomes: 'rebuilt', kind: 'revisions' },
    { object: 'author and other properties', becomes: 'removed', kind: 'metadata' },
    { object: 'form fields', becomes: 'removed', kind: 'forms' },
    { object: 'embedded fonts', becomes: 'removed', kind: 'fonts' },
    { object: 'old drawings, backgrounds, equations', becomes: 'removed', kind: 'layout' },
    { object: 'destinations that are not known', becomes: 'removed', kind: 'customData' },
    { object: 'data behind the document', becomes: 'removed', kind: 'trailingData' },
  ],
  async disarm(input: DisarmInput): Promise<Disarmed> {
    const { untrustedBytes, limits } = input
    if (untrustedBytes.length > MAX_GROWTH * limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
    // What goes on in letters is another word, and no file of ours would begin with it.
    if (!/^\{\\rtf(?![a-zA-Z])/.test(Buffer.from(untrustedBytes.subarray(0, 6)).toString('latin1'))) return { kind: 'cannot', reason: 'malformed' }
    const rebuilding = new RtfRebuilding(input.rules)
    const end = readTokens(untrustedBytes, rebuilding)
    rebuilding.finish()
    if (rebuilding.isOverLimit) return { kind: 'cannot', reason: 'limit' }
    const rest = Buffer.from(untrustedBytes.subarray(end)).toString('latin1')
    const { counts, pieces } = rebuilding
    if (/[^\s\0]/.test(rest)) counts.set('trailingData', 1)
    let length = rebuilding.length
    for (const place of rebuilding.pictures) {
      const encoded = await encodePicture(place, input.tools, input.rules)
      if (encoded.startsWith('{')) pieces[place.piece] = encoded
      else counts.set(encoded as 'pictures', (counts.get(encoded as 'pictures') ?? 0) + 1)
      length += pieces[place.piece]!.length
      if (length > limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
    }
    const bytes = new Uint8Array(Buffer.from(pieces.join(''), 'latin1'))
    if (bytes.length > limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
    const removed = [...counts].map(([what, count]) => ({ what, count }))
    return { kind: 'rebuilt', bytes, mediaType: 'application/rtf', extension: 'rtf', removed, findings: [] }
  },
}
