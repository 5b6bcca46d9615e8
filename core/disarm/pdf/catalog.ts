/**
 * The root of the new file: pages first, then whatever hangs beside them and is understood.
 *
 * Attached files, scripts of the document, start actions, XFA, portfolios and signatures are looked at only to be
 * counted. What the document says of its author is a setting.
 * Standards: ISO 32000-1 §7.7.2, §14.3.3.
 */
import { countActions, destination, readNamedPlaces } from './action.ts'
import { attachedName } from './annotation.ts'
import { formEntry } from './form.ts'
import { layer, outputProfile } from './graphics.ts'
import { outlineEntry, pageLabelsEntry } from './outline.ts'
import { addPages } from './page-tree.ts'
import { Damaged, type Dict, dictOf, nameText, Text, type Value } from './object.ts'
import type { Rebuild } from './rebuild.ts'
import { anyName, anyString, dictionary, either, entriesText, listOf, names, object, type Shape, type Table } from './shapes.ts'
import { structureEntries, viewerPreferences } from './structure.ts'

const layers: Shape = listOf(layer)
const MOST_ATTACHED = 1000

function layerOrder(value: Value, job: Rebuild, depth = 16): string | undefined {
  const found = job.source.resolve(value)
  if (Array.isArray(found)) return depth === 0 ? undefined : `[${found.flatMap(each => layerOrder(each, job, depth - 1) ?? []).join(' ')}]`
  return either(layer, anyString)(value, job)
}
const layerUse = dictionary('layer-use', { Event: names('View', 'Print', 'Export'), OCGs: layers, Category: listOf(anyName) })
const layerConfiguration = dictionary('layer-configuration', {
  Name: anyString, BaseState: names('ON', 'OFF', 'Unchanged'), ON: layers, OFF: layers, Intent: either(anyName, listOf(anyName)), AS: listOf(object(() => layerUse)),
  Order: (value, job) => layerOrder(value, job), ListMode: names('AllPages', 'VisiblePages'), RBGroups: listOf(layers), Locked: layers,
})
const layerProperties = dictionary('layer-properties', { OCGs: layers, D: object(() => layerConfiguration), Configs: listOf(object(() => layerConfiguration)) })
const outputIntent = dictionary('output-intent', {
  S: names('GTS_PDFX', 'GTS_PDFA1', 'ISO_PDFE1'), OutputCondition: anyString, OutputConditionIdentifier: anyString, RegistryName: anyString, Info: anyString,
  DestOutputProfile: outputProfile,
}, { fixed: '/Type/OutputIntent' })

const CATALOG: Table = {
  Lang: anyString, PageLayout: names('SinglePage', 'OneColumn', 'TwoColumnLeft', 'TwoColumnRight', 'TwoPageLeft', 'TwoPageRight'),
  PageMode: names('UseNone', 'UseOutlines', 'UseThumbs', 'FullScreen', 'UseOC'), ViewerPreferences: viewerPreferences,
  OCProperties: object(() => layerProperties), OutputIntents: listOf(object(() => outputIntent)),
}
/** Looked at below, or in files of their own. */
const HANDLED = ['Names', 'AF', 'Collection', 'AcroForm']

/** The whole new file. Throws OverLimit and Damaged. */
export async function rebuildDocument(job: Rebuild): Promise<Uint8Array> {
  const catalog = dictOf(job.source.get(job.source.trailer, 'Root'))
  if (!catalog) throw new Damaged()
  const [root, tree] = [job.writer.allocate(), job.writer.allocate()]
  readNamedPlaces(catalog, job)
  job.writer.put(tree, { text: addPages(catalog.get('Pages') ?? null, job, tree) })
  const form = formEntry(catalog, job)
  await job.settle()
  let more = `${form}${outlineEntry(catalog, job)}${pageLabelsEntry(catalog, job)}${openingEntry(catalog, job)}`
  more += structureEntries(catalog, job)
  const text = entriesText(catalog, { job, table: CATALOG, options: { fixed: `/Type/Catalog/Pages ${tree} 0 R`, more: () => more, handled: HANDLED } })
  job.writer.put(root, { text })
  await job.settle()
  countAttached(catalog, job)
  return job.writer.finish(root, informationEntry(job))
}

function openingEntry(catalog: Dict, job: Rebuild): string {
  const opening = job.source.get(catalog, 'OpenAction')
  const action = dictOf(opening)
  const isPlace = nameText(job.source.get(action, 'S')) === 'GoTo'
  const place = destination(action ? (isPlace ? (action.get('D') ?? null) : null) : opening, job)
  countActions(action, job, !isPlace)
  return place === undefined ? '' : `/OpenAction${place}`
}

/** Files, scripts and portfolios that hang at the document. */
function countAttached(catalog: Dict, job: Rebuild): void {
  const names = dictOf(job.source.get(catalog, 'Names'))
  const scripts = treeValues(names?.get('JavaScript') ?? null, job)
  for (const _ of scripts) job.removed('scripts')
  const files = treeValues(names?.get('EmbeddedFiles') ?? null, job)
  for (const file of files) job.removed('embeddedFiles', fileName(file, job))
  for (const _ of treeValues(names?.get('Renditions') ?? null, job)) job.removed('media')
  if (files.length === 0 && (catalog.has('AF') || catalog.has('Collection'))) job.removed('embeddedFiles')
}

function fileName(file: Value, job: Rebuild): string | undefined {
  const dict = dictOf(job.source.resolve(file))
  return dict && attachedName(dict, job)
}

function treeValues(root: Value, job: Rebuild): Value[] {
  const values: Value[] = []
  const waiting: Value[] = [root]
  for (let visited = 0; waiting.length > 0 && visited < MOST_ATTACHED; visited++) {
    const dict = dictOf(job.source.resolve(waiting.pop()))
    const names = job.source.get(dict, 'Names')
    if (Array.isArray(names)) for (let index = 1; index < names.length && values.length < MOST_ATTACHED; index += 2) values.push(names[index]!)
    const kids = job.source.get(dict, 'Kids')
    if (Array.isArray(kids)) waiting.push(...kids.slice(0, MOST_ATTACHED))
  }
  return values
}

const PERSONAL = ['Title', 'Author', 'Subject', 'Keywords']
const PROGRAMS = ['Creator', 'Producer', 'CreationDate', 'ModDate']

/** Names of programs and dates alone are dropped without a word. */
function informationEntry(job: Rebuild): string {
  const dict = dictOf(job.source.get(job.source.trailer, 'Info'))
  if (!dict) return ''
  const table: Table = Object.fromEntries([...PERSONAL, ...PROGRAMS].map(key => [key, anyString]))
  if (job.keeps('metadata')) {
    const number = job.writer.allocate()
    job.writer.put(number, { text: entriesText(dict, { job, table }) })
    return `/Info ${number} 0 R`
  }
  const isPersonal = [...dict].some(([key, value]) => {
    const found = job.source.resolve(value)
    return !PROGRAMS.includes(key) && found instanceof Text && found.octets.trim() !== ''
  })
  if (isPersonal) job.removed('metadata')
  return ''
}
