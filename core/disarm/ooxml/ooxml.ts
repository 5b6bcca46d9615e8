/**
 * OOXML: documents, workbooks and presentations, their templates and slide shows; macro kinds become the plain kinds.
 *
 *   ZIP ──▶ zip-package ──▶ package.ts (parts) ──▶ markup.ts (elements) ──▶ zip-write ──▶ docx │ xlsx │ pptx …
 *
 * Nothing is copied: parts, relationships, content types, names and every element are written anew from what was
 * understood; pictures from their pixels; embedded files by their own disarmer.
 * Standards: ECMA-376 / ISO/IEC 29500, Transitional and Strict.
 */
import type { Removed } from '../../objects.ts'
import type { Cannot, Disarmed, Disarmer, DisarmInput } from '../contract.ts'
import { openPackage } from '../zip-package.ts'
import { writeZip } from '../zip-write.ts'
import { CannotRebuild, PackageRebuild } from './package.ts'
import { mainKind } from './parts.ts'

export const ooxmlDisarmer: Disarmer = {
  table: [
    { object: 'text, tables, sheets, slides, styles, numbering, notes, headers and footers', becomes: 'rebuilt' },
    { object: 'merged cells, data validation, protection, print areas, hidden sheets, conditional formats', becomes: 'rebuilt' },
    { object: 'phonetic guides and Japanese fonts by name', becomes: 'rebuilt' },
    { object: 'shapes, text boxes, charts with their last data, diagrams, tables, animations', becomes: 'rebuilt' },
    { object: 'VBA, macro sheets, dialog sheets, names that run by themselves, custom menus and keys', becomes: 'removed', kind: 'macros' },
    { object: 'ActiveX and form controls', becomes: 'removed', kind: 'controls' },
    { object: 'OLE objects (their picture stays where it can be re-encoded)', becomes: 'removed', kind: 'oleObjects' },
    { object: 'documents and sheets embedded as packages', becomes: 'rebuilt', kind: 'embeddedFiles' },
    { object: 'links to pages and mailboxes', becomes: 'kept', kind: 'hyperlinks' },
    { object: 'links and references to files, templates, workbooks, frames', becomes: 'removed', kind: 'externalLinks' },
    { object: 'links that run a script', becomes: 'removed', kind: 'scripts' },
    { object: 'clicks in slides that start a program or a macro', becomes: 'removed', kind: 'actions' },
    { object: 'fields that fetch or run something (DDE, INCLUDETEXT …); their last result stays', becomes: 'removed', kind: 'dynamicFields' },
    { object: 'formulas that reach outside; their last value stays', becomes: 'removed', kind: 'formulas' },
    { object: 'data connections, queries, mail merge, pivot tables from elsewhere', becomes: 'removed', kind: 'dataConnections' },
    { object: 'pictures', becomes: 'rebuilt', kind: 'pictures' },
    { object: 'EMF, WMF and SVG pictures (a placeholder stays)', becomes: 'removed', kind: 'vectorPictures' },
    { object: 'pictures loaded from elsewhere', becomes: 'removed', kind: 'remoteContent' },
    { object: 'sound and video', becomes: 'removed', kind: 'media' },
    { object: 'comments with their authors', becomes: 'kept', kind: 'comments' },
    { object: 'tracked changes with their authors (removing accepts them)', becomes: 'kept', kind: 'revisions' },
    { object: 'legacy form fields', becomes: 'kept', kind: 'forms' },
    { object: 'author, company and other properties', becomes: 'removed', kind: 'metadata' },
    { object: 'name and version of the program, where it is a usual one', becomes: 'rebuilt' },
    { object: 'embedded fonts', becomes: 'removed', kind: 'fonts' },
    { object: 'custom XML, tags, building blocks', becomes: 'removed', kind: 'customData' },
    { object: 'digital signatures', becomes: 'removed', kind: 'signatures' },
    { object: 'parts and elements that are not understood', becomes: 'removed', kind: 'unknownParts' },
    { object: 'octets outside the package', becomes: 'removed', kind: 'trailingData' },
  ],
  async disarm(input: DisarmInput): Promise<Disarmed> {
    const main = mainKind(input.detectedType)
    if (!main) return cannot('unsupported')
    const { outputBytes, entries } = input.limits
    const opened = openPackage(input.untrustedBytes, { entries, bytes: outputBytes })
    if (opened.kind === 'cannot') return opened
    const rebuild = new PackageRebuild(input, main, opened)
    try {
      const bytes = writeZip(await rebuild.run(), outputBytes)
      if (!bytes) return cannot('limit')
      const removed: Removed[] = [...rebuild.removed].map(([what, count]) => ({ what, count }))
      if (opened.strayBytes > 0) removed.push({ what: 'trailingData', count: 1 })
      return { kind: 'rebuilt', bytes, mediaType: main.mediaType, extension: main.extension, removed, findings: [] }
    } catch (error) {
      return cannot(error instanceof CannotRebuild ? error.reason : 'malformed')
    }
  },
}

function cannot(reason: Cannot['reason']): Cannot {
  return { kind: 'cannot', reason }
}
