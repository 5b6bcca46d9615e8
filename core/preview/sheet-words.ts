/** A workbook as words: each sheet under its name, its rows as lines, cells side by side. */
import { readXml, type XmlElement, type XmlHandler } from '../disarm/xml.ts'
import type { OpenPackage } from '../disarm/zip-package.ts'

const MOST_CELLS = 200_000
const SEPARATOR = ' | '

export function sheetWords({ entries }: OpenPackage): string {
  const read = (name: string, handler: XmlHandler) => {
    const content = entries.find(entry => entry.name === name)?.read()
    if (content) readXml(content, handler, { doctype: 'refuse' })
  }
  const shared = new SharedStrings()
  read('xl/sharedStrings.xml', shared.handler)
  const names = new SheetNames()
  read('xl/workbook.xml', names.handler)
  const sheets = entries.map(({ name }) => name).filter(name => /^xl\/worksheets\/sheet\d+\.xml$/.test(name))
  sheets.sort((a, b) => Number(/\d+/.exec(a)?.[0]) - Number(/\d+/.exec(b)?.[0]))
  return sheets
    .map((name, index) => {
      const sheet = new Sheet(shared.strings)
      read(name, sheet.handler)
      return `【${names.names[index] ?? index + 1}】\n${sheet.lines.join('\n')}`
    })
    .join('\f')
}

function attribute({ attributes }: XmlElement, local: string): string | undefined {
  return attributes.find(each => each.local === local && each.namespace === '')?.value
}

class SharedStrings {
  readonly strings: string[] = []
  #isText = false
  #depth = 0
  readonly handler: XmlHandler = {
    open: ({ local }) => {
      if (local === 'si') this.strings.push('')
      // How it is read aloud stands beside the text, not in it.
      if (local === 'rPh' || this.#depth > 0) this.#depth++
      this.#isText = local === 't' && this.#depth === 0
    },
    text: text => {
      if (this.#isText && this.strings.length > 0) this.strings[this.strings.length - 1] += text
    },
    close: () => {
      this.#isText = false
      if (this.#depth > 0) this.#depth--
    },
  }
}

class SheetNames {
  readonly names: string[] = []
  readonly handler: XmlHandler = {
    open: element => {
      if (element.local === 'sheet') this.names.push(attribute(element, 'name') ?? '')
    },
    text: () => undefined,
    close: () => undefined,
  }
}

class Sheet {
  readonly lines: string[] = []
  readonly #shared: readonly string[]
  readonly #open: string[] = []
  #row: string[] = []
  #type = ''
  #value = ''
  #cells = 0
  readonly handler: XmlHandler = {
    open: element => {
      this.#open.push(element.local)
      if (element.local === 'c') {
        this.#type = attribute(element, 't') ?? ''
        this.#value = ''
      }
    },
    text: text => {
      const local = this.#open.at(-1)
      if (local === 'v' || local === 't') this.#value += text
    },
    close: () => {
      const local = this.#open.pop()
      if (local === 'c') this.#cell()
      else if (local === 'row') this.#endRow()
    },
  }

  constructor(shared: readonly string[]) {
    this.#shared = shared
  }

  #cell(): void {
    if (++this.#cells > MOST_CELLS) return
    const value = this.#type === 's' ? (this.#shared[Number(this.#value)] ?? '') : this.#value
    if (value !== '') this.#row.push(value.replaceAll('\n', ' '))
  }

  #endRow(): void {
    if (this.#row.length > 0) this.lines.push(this.#row.join(SEPARATOR))
    this.#row = []
  }
}
