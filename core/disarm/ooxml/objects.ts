/**
 * Objects, controls, drawings and animations: what is left of them when what they run is gone.
 *
 *   elements.ts ──▶ [OBJECT_SPECIALS] ──▶ the picture of an object, a drawing without its control, or nothing
 *
 * What may go shows only inside, so it is written first and taken back at its end.
 * Standards: ISO/IEC 29500-1 §17.3.3.19 (object), §19.3.2.4 (oleObj), §19.5 (animation), §20.1.2.2.17 (graphicData),
 * part 4 §19 (VML).
 */
import { linkIn, plain, ranged, type Special, valueIn } from './special.ts'

const OBJECT_PROGRAMS = /^(?:Word\.Document|Excel\.Sheet|PowerPoint\.(?:Show|Slide))\.12$/

/** Only a package that was rebuilt may stay an object; its picture stays anyway. */
const oleObject: Special = (markup, open) => {
  const isPackage = OBJECT_PROGRAMS.test(valueIn(open, 'ProgID')) && valueIn(open, 'Type') === 'Embed'
  return isPackage && markup.context.links.get(linkIn(open)) === 'embedded' ? undefined : 'drop'
}

/** Without its program an object is a picture. */
const object: Special = markup =>
  [...markup.context.links.values()].includes('embedded') ? undefined : { local: 'pict', attributes: [] }

type Frame = { readonly from: number; picture: readonly [number, number] | undefined; isOle: boolean }

/** A frame of a slide with an object in it becomes the object's picture. */
const graphicFrame: Special = (markup, open) => {
  const before = markup.memory.get('frame')
  const decision = plain(markup, open)
  if (decision === 'drop') return decision
  const frame: Frame = { from: markup.writer.mark(), picture: undefined, isOle: false }
  const outer = markup.memory.get('holder')
  const own: Holder = { isEmpty: false }
  markup.memory.set('frame', frame)
  markup.memory.set('holder', own)
  return {
    ...decision,
    closed() {
      markup.memory.set('frame', before)
      markup.memory.set('holder', outer)
      if (own.isEmpty) markup.writer.rollBack(frame.from)
      if (!frame.isOle) return
      markup.memory.delete('ole')
      const end = markup.writer.mark()
      markup.writer.takeBack(frame.from, frame.picture?.[0] ?? end)
      if (frame.picture) markup.writer.takeBack(frame.picture[1], end)
    },
  }
}

const graphicData: Special = (markup, open) => {
  const frame = markup.memory.get('frame') as Frame | undefined
  if (frame && /\/ole$/.test(valueIn(open, 'uri'))) {
    frame.isOle = true
    markup.memory.set('ole', true)
    markup.context.count('oleObjects')
    return undefined
  }
  return {
    attributes: markup.attributesOf(open) ?? [],
    closed(hasContent) {
      const around = markup.memory.get('holder') as Holder | undefined
      if (!hasContent && around) around.isEmpty = true
    },
  }
}

/** Shows nothing when nothing of its content was understood: then it may not stand there at all. */
type Holder = { isEmpty: boolean }

const holder: Special = (markup, open) => {
  const decision = plain(markup, open)
  if (decision === 'drop') return decision
  const before = markup.memory.get('holder')
  const own: Holder = { isEmpty: false }
  markup.memory.set('holder', own)
  const from = markup.writer.mark()
  return {
    ...decision,
    closed() {
      markup.memory.set('holder', before)
      if (own.isEmpty) markup.writer.rollBack(from)
      else if (open.short === 'w') markup.fields.piece([from, markup.writer.mark()])
    },
  }
}

/** Steps of an animation that play or command something; a row of steps without one is no row. */
const timing: Special = (markup, open) => {
  const decision = plain(markup, open)
  if (decision === 'drop') return decision
  markup.memory.delete('step')
  const from = markup.writer.mark()
  return {
    ...decision,
    closed() {
      if (markup.memory.has('step')) markup.writer.rollBack(from)
    },
  }
}

const activeStep: Special = (markup, open) => {
  markup.memory.set('step', true)
  if (open.element.local === 'cmd') markup.context.count('actions')
  return 'drop'
}

const slideObject: Special = markup => (markup.memory.has('ole') ? 'unwrap' : 'drop')

const slidePicture: Special = (markup, open) => {
  const frame = markup.memory.get('frame') as Frame | undefined
  if (!frame?.isOle) return undefined
  if (frame.picture) return 'drop'
  return ranged(markup, open, range => void (frame.picture = range))
}

// VML

/** A shape that turns out to be a control is taken back; what is left of an object is its picture. */
const vmlShape: Special = (markup, open) => {
  const decision = plain(markup, open)
  if (decision === 'drop') return decision
  const before = markup.memory.get('shape')
  const shape = { isControl: false }
  markup.memory.set('shape', shape)
  const from = markup.writer.mark()
  return {
    ...decision,
    closed() {
      markup.memory.set('shape', before)
      if (shape.isControl) markup.writer.rollBack(from)
    },
  }
}

const clientData: Special = (markup, open) => {
  const shape = markup.memory.get('shape') as { isControl: boolean } | undefined
  if (valueIn(open, 'ObjectType') === 'Note') return undefined
  if (shape) shape.isControl = true
  markup.context.count('controls')
  return 'drop'
}

// Extensions

/** An extension of which nothing was understood says nothing. */
const extension: Special = (markup, open) => {
  // The same name is the size of a shape.
  if (valueIn(open, 'uri') === '') return undefined
  const from = markup.writer.mark()
  return {
    attributes: markup.attributesOf(open) ?? [],
    closed(hasContent) {
      if (!hasContent) markup.writer.rollBack(from)
    },
  }
}

export const OBJECT_SPECIALS: readonly (readonly [name: string, special: Special])[] = [
  ['o:OLEObject', oleObject],
  ['w:object', object],
  ...['w:drawing', 'xdr:twoCellAnchor', 'xdr:oneCellAnchor', 'xdr:absoluteAnchor'].map(name => [name, holder] as const),
  ['p:timing', timing],
  ...['video', 'audio', 'cmd'].map(local => [`p:${local}`, activeStep] as const),
  ['p:graphicFrame', graphicFrame],
  ['a:graphicData', graphicData],
  ['p:oleObj', slideObject],
  ['p:embed', slideObject],
  ['p:link', slideObject],
  ['p:pic', slidePicture],
  ['v:shape', vmlShape],
  ['xvml:ClientData', clientData],
  ...['a', 'c', 'p', 'x', 'xdr', 'pic', 'wps', 'wpg', 'dgm', 'dsp'].map(short => [`${short}:ext`, extension] as const),
]
