/**
 * What each element does to the page when it opens and when it closes. Elements that are not here are transparent.
 * Block elements also start and end a line; those in GAPS want an empty line around them.
 */
import type { Emitter } from './html-emit.ts'
import { enterList, enterListItem, leaveList, leaveListItem } from './html-list.ts'
import type { HtmlNode } from './html-tree.ts'

export const GAPS = new Set('p blockquote ul ol dl pre listing xmp plaintext h1 h2 h3 h4 h5 h6 table figure fieldset'.split(' '))
export const BLOCKS = new Set([
  ...GAPS,
  ...('html body div section article header footer nav aside main address center li dt dd tr td th caption thead tbody tfoot ' +
    'form figcaption legend details summary hr dialog hgroup search menu dir').split(' '),
])
/** Parts of tables and lists keep their place whatever `display` says. */
export const UNMOVABLE = new Set('html body table thead tbody tfoot tr td th caption hr'.split(' '))

type Act = (emitter: Emitter, node: HtmlNode) => void

const heading: Act = ({ flow, tables }, { tag }) => {
  if (tables.length === 0) flow.lead(tag === 'h1' || tag === 'h2' ? '■ ' : '● ')
}
const openCell: Act = emitter => emitter.openCell()
const closeCell: Act = (emitter, node) => emitter.closeCell(node)

export const ENTER: ReadonlyMap<string, Act> = new Map(Object.entries<Act>({
  br: ({ flow }) => flow.break(),
  hr({ flow }) {
    flow.say('-'.repeat(24))
    flow.edge(false)
  },
  a: (emitter, node) => emitter.openLink(node),
  area: (emitter, node) => emitter.area(node),
  img: (emitter, node) => emitter.image(node),
  h1: heading,
  h2: heading,
  h3: heading,
  h4: heading,
  h5: heading,
  h6: heading,
  ul: enterList,
  menu: enterList,
  dir: enterList,
  ol: enterList,
  li: enterListItem,
  dd: (emitter, node) => emitter.indent(node, '  '),
  blockquote: (emitter, node) => emitter.indent(node, '> '),
  table: (emitter, node) => emitter.openTable(node),
  tr: ({ tables }) => tables.at(-1)?.rows.startRow(),
  td: openCell,
  th: openCell,
  q: ({ flow, words }) => flow.say(words.quote[0]),
  rt: ({ flow }) => flow.say('（'),
}))

export const LEAVE: ReadonlyMap<string, Act> = new Map(Object.entries<Act>({
  a: (emitter, node) => emitter.closeLink(node),
  ul: leaveList,
  menu: leaveList,
  dir: leaveList,
  ol: leaveList,
  li: leaveListItem,
  dd: (emitter, node) => emitter.outdent(node),
  blockquote: (emitter, node) => emitter.outdent(node),
  table: (emitter, node) => emitter.closeTable(node),
  td: closeCell,
  th: closeCell,
  q: ({ flow, words }) => flow.say(words.quote[1]),
  rt: ({ flow }) => flow.say('）'),
}))
