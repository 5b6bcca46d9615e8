/**
 * What must not be in a finished file, whatever made it get there: the list that the last look goes by.
 * From the risk table of pdfid's keywords and ISO 32000-2 §12.6 (actions), §12.5.6 (annotations), §7.11 (files).
 */

/** As keys of dictionaries. */
export const DANGEROUS_KEYS: ReadonlySet<string> = new Set([
  'JS', 'JavaScript', 'AA', 'PA', 'XFA', 'EmbeddedFile', 'EmbeddedFiles', 'EF', 'AF', 'Collection', 'PieceInfo', 'RichMediaContent', 'RichMediaSettings',
  'Rendition', 'Renditions', 'Movie', 'Sound', '3DD', '3DA', 'Launch', 'SubmitForm', 'ImportData', 'GoToE', 'GoToR', 'Names', 'OPI', 'FFilter',
  'FDecodeParms', 'PresSteps', 'Metadata', 'Encrypt', 'ObjStm',
])

/** As names that say what an object is or what an action does. */
export const DANGEROUS_KINDS: ReadonlySet<string> = new Set([
  'JavaScript', 'Launch', 'EmbeddedFile', 'Filespec', 'F', 'FileAttachment', 'RichMedia', 'RichMediaExecute', 'Rendition', 'Movie', 'Sound', 'Screen', '3D',
  'GoTo3DView', 'SubmitForm', 'ImportData', 'ResetForm', 'GoToE', 'GoToR', 'GoToDp', 'Thread', 'Hide', 'SetOCGState', 'Trans', 'Collection', 'PS', 'ObjStm',
  'XRef',
])
/** Keys whose value is such a name. */
export const KIND_KEYS: ReadonlySet<string> = new Set(['S', 'Type', 'Subtype'])
/** Keys of dictionaries whose own keys are names that the file made up. */
export const NAME_MAPS: ReadonlySet<string> = new Set([
  'Font', 'XObject', 'ExtGState', 'ColorSpace', 'Pattern', 'Shading', 'Properties', 'CharProcs', 'Colorants', 'N', 'D', 'RoleMap', 'ClassMap',
])
