/**
 * The settings as documents: docs/config.md and config/sekisho.example.yaml, both printed from the schema.
 * In the example every setting stands commented out with its default, so it is a valid, empty file.
 */
import { needsRestart } from './changes.ts'
import { variableName } from './environment.ts'
import { allSettings, mappingOf, type SchemaNode, type Setting } from './settings.ts'

export function configReference(): string {
  const settings = allSettings()
  const topLevel = settings.filter(setting => setting.path.length === 1 && !setting.isSection)
  const sections = settings.filter(setting => setting.isSection)
  return [
    '# Configuration',
    '',
    'Printed from `config/schema.ts` by `npm run docs`; do not edit.',
    '',
    'One YAML 1.2 file, given by `--config` or `$SEKISHO_CONFIG`. Every key has a safe default: an empty file, or none, works.',
    'Unknown and repeated keys are refused. `sekisho config check` reports all problems at once with line and column.',
    'Relative paths count from the folder of the file. Sizes may be written `10MiB`.',
    'Any setting can be given by an environment variable; lists of text with commas, other lists and mappings as YAML or JSON.',
    '',
    '設定は YAML 1.2 のファイル1つ（`--config` または `$SEKISHO_CONFIG`）。すべてのキーに安全な既定値があり、空でも動く。',
    '知らないキーと重複するキーは拒否する。`sekisho config check` が、すべての誤りを行と桁とともに示す。',
    '',
    ...sectionText('## Top level', undefined, topLevel),
    ...sections.flatMap(section =>
      sectionText(
        `##${'#'.repeat(section.path.length - 1)} ${section.path.join('.')}`,
        section,
        childrenOf(settings, section),
      ),
    ),
  ].join('\n')
}

function childrenOf(settings: readonly Setting[], { path }: Setting): Setting[] {
  return settings.filter(
    setting =>
      !setting.isSection && setting.path.length === path.length + 1 && path.every((key, i) => setting.path[i] === key),
  )
}

function sectionText(title: string, section: Setting | undefined, settings: readonly Setting[]): string[] {
  const about = section ? [section.node.description ?? '', '', section.node.descriptionJa ?? '', ''] : []
  return [title, '', ...about, ...settings.flatMap(settingText)]
}

function settingText({ path, node }: Setting): string[] {
  const range = rangeOf(node)
  return [
    `**\`${path.join('.')}\`** · ${kindOf(node)}${range && `, ${range}`} · default ${code(node.default)} · \`${variableName(path)}\`${needsRestart(path.join('.')) ? ' · needs a restart' : ''}`,
    '',
    node.description ?? '',
    '',
    node.descriptionJa ?? '',
    '',
    ...entryText(node),
  ]
}

/** Keys of the mappings that a list holds. */
function entryText({ items }: SchemaNode): string[] {
  const mapping = mappingOf(items)
  if (mapping?.properties === undefined) return []
  const rows = Object.entries(mapping.properties).map(([key, node]) => {
    const needed = mapping.required?.includes(key) ? 'required' : node.default === undefined ? '' : code(node.default)
    return `| \`${key}\` | ${cell(kindOf(node))} | ${cell(needed)} | ${[node.description, node.descriptionJa].map(text => cell(text ?? '')).join('<br>')} |`
  })
  const nested = Object.entries(mapping.properties).flatMap(([key, node]) => {
    const inner = entryText(node)
    return inner.length > 0 ? [`Each of \`${key}\`:`, '', ...inner] : []
  })
  return ['| key | kind | default | |', '|---|---|---|---|', ...rows, '', ...nested]
}

function kindOf(node: SchemaNode): string {
  if (node.enum) return node.enum.map(word => `\`${word}\``).join(' or ')
  if (node.smallest !== undefined) return 'size'
  if (node.type === 'array') return mappingOf(node.items)?.properties ? 'list of mappings' : 'list'
  const kinds: Readonly<Record<string, string>> = {
    integer: 'whole number',
    string: 'text',
    boolean: 'true or false',
    object: 'mapping',
  }
  return kinds[node.type ?? ''] ?? 'text'
}

function rangeOf(node: SchemaNode): string {
  const smallest = node.smallest ?? node.minimum
  return smallest === undefined ? '' : `${smallest} to ${node.largest ?? node.maximum}`
}

function code(value: unknown): string {
  if (value === '') return 'empty'
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

export function exampleConfig(): string {
  return [
    '# Settings of Sekisho with their defaults. Remove the # before a key to change it. 設定の見本（既定値）。変えるキーの前の # を外す。',
    '# Written by `npm run docs`; the same with more words: docs/config.md. Check with: sekisho config check',
    '',
    ...allSettings().flatMap(exampleLines),
  ].join('\n')
}

function exampleLines({ path, node, isSection }: Setting): string[] {
  const indent = '  '.repeat(path.length - 1)
  const name = path.at(-1)!
  const words = [node.description, node.descriptionJa].map(text => `${indent}# ${text}`)
  const value =
    node.default === '' ? "''" : typeof node.default === 'string' ? node.default : JSON.stringify(node.default)
  return [...(path.length === 1 ? [''] : []), ...words, `#${indent}${name}:${isSection ? '' : ` ${value}`}`]
}
