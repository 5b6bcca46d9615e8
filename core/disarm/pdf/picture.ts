/**
 * Pictures inside a PDF: dictionaries by table, octets by their coding.
 *
 *   samples          Flate; predictors stay where they were sane, other packing is undone
 *   JPEG             taken apart and put together again (jpeg.ts); broken ones are encoded anew from their pixels
 *   CCITT fax        parameters by table, the coded rows stay: fax pages must stay small and bilevel
 *   JPEG 2000, JBIG2 never cross: drawn by PDFium and packed anew, because their decoders are a favourite of attacks
 *
 * A picture that none of this can read becomes one white dot, and is counted.
 * Standards: ISO 32000-1 §8.9, §7.4.
 */
import { Buffer } from 'node:buffer'
import { drawPicture } from './draw-picture.ts'
import { deflate, filterSteps, type FilterStep, inflate, isExactFlate, isRowSane, type Unpacked } from './filters.ts'
import { colorSpace, optionalContent } from './graphics.ts'
import { remuxJpeg } from './jpeg.ts'
import { Damaged, type Dict, Name, nameText, OverLimit, Stream, type Value } from './object.ts'
import type { ObjectShape, Rebuild } from './rebuild.ts'
import { anyBoolean, anyName, anyNumber, either, entriesText, numbers, object, type Shape, type Table } from './shapes.ts'
import type { Body } from './writer.ts'

const lazyColor: Shape = (value, job) => colorSpace(value, job)
const mask: Shape = either(numbers, object(() => pictureShape))
const TABLE: Table = {
  Width: anyNumber, Height: anyNumber, ImageMask: anyBoolean, Intent: anyName, Interpolate: anyBoolean, Mask: mask, SMask: object(() => pictureShape),
  Matte: numbers, StructParent: anyNumber, Name: anyName, OC: (value, job) => optionalContent(value, job),
}
/** What belongs to the samples, and changes where they are made anew. */
const SAMPLES: Table = { ColorSpace: lazyColor, BitsPerComponent: anyNumber, Decode: numbers }
const FAX: Table = {
  K: anyNumber, EndOfLine: anyBoolean, EncodedByteAlign: anyBoolean, Columns: anyNumber, Rows: anyNumber, EndOfBlock: anyBoolean, BlackIs1: anyBoolean,
  DamagedRowsBeforeError: anyNumber,
}
const SMALL_BYTES = 256 * 1024
/** JPEG 2000 was lossy in most files that need more than this. */
const LARGE_BYTES = 1 << 20

export const pictureShape: ObjectShape = {
  name: 'picture',
  fits: (value, job) => value instanceof Stream && nameText(job.source.get(value.dict, 'Subtype')) === 'Image',
  write: (value, job) => writePicture(value as Stream, job),
}

async function writePicture(stream: Stream, job: Rebuild): Promise<Body> {
  checkSize(stream.dict, job)
  try {
    return (job.keeps('pictures') ? await coded(stream, job) : undefined) ?? blank(job)
  } catch (error) {
    if (error instanceof Damaged) return blank(job)
    throw error
  }
}

function checkSize(dict: Dict, job: Rebuild): void {
  const [width, height] = sizeOf(dict, job)
  if (!(width * height <= job.input.limits.pixels)) throw new OverLimit()
}

function sizeOf(dict: Dict, job: Rebuild): [width: number, height: number] {
  const side = (key: string) => {
    const value = job.source.get(dict, key)
    return typeof value === 'number' && value > 0 ? Math.floor(value) : 0
  }
  return [side('Width'), side('Height')]
}

function blank(job: Rebuild): Body {
  job.removed('pictures')
  return {
    text: '<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode>>',
    data: deflate(Buffer.from([255])),
  }
}

async function coded(stream: Stream, job: Rebuild): Promise<Body | undefined> {
  const steps = filterSteps(stream.dict, job.source)
  if (steps?.length === 1 && steps[0]!.name === 'FlateDecode') return flateSamples(stream, steps[0]!, job)
  const unpacked = job.unpack(stream)
  if (!unpacked) return undefined
  switch (unpacked.picture?.filter) {
    case undefined:
      return body(stream, job, { samples: SAMPLES, filter: '/Filter/FlateDecode', data: deflate(unpacked.data) })
    case 'DCTDecode':
      return jpeg(stream, job, unpacked)
    case 'CCITTFaxDecode': {
      const parameters = entriesText(unpacked.picture!.parameters ?? new Map(), { job, table: FAX })
      return body(stream, job, { samples: SAMPLES, filter: `/Filter/CCITTFaxDecode/DecodeParms${parameters}`, data: unpacked.data })
    }
    default:
      return drawn(stream, job, unpacked)
  }
}

type Coding = { readonly samples: Table; readonly filter: string; readonly data: Uint8Array }

function body(stream: Stream, job: Rebuild, { samples, filter, data }: Coding): Body {
  const text = entriesText(stream.dict, { job, table: { ...TABLE, ...samples }, options: { fixed: `/Type/XObject/Subtype/Image${filter}` } })
  return { text, data: new Uint8Array(data) }
}

/** Unpacked to see that it can be; large ones that are exactly one Flate stream are not packed a second time. */
function flateSamples(stream: Stream, { parameters }: FilterStep, job: Rebuild): Body {
  const samples = inflate(stream.untrustedData, job.mostStreamBytes)
  job.spend(samples.length)
  const number = (key: string, usual: number) => {
    const value = job.source.get(parameters, key)
    return typeof value === 'number' ? value : usual
  }
  const [predictor, colors, bits, columns] = [number('Predictor', 1), number('Colors', 1), number('BitsPerComponent', 8), number('Columns', 1)]
  const data = samples.length > SMALL_BYTES && isExactFlate(stream.untrustedData, job.mostStreamBytes) ? stream.untrustedData : deflate(samples)
  if (predictor < 2) return body(stream, job, { samples: SAMPLES, filter: '/Filter/FlateDecode', data })
  if (![2, 10, 11, 12, 13, 14, 15].includes(predictor) || !isRowSane(colors, bits, columns)) throw new Damaged()
  const filter = `/Filter/FlateDecode/DecodeParms<</Predictor ${predictor}/Colors ${colors}/BitsPerComponent ${bits}/Columns ${columns}>>`
  return body(stream, job, { samples: SAMPLES, filter, data })
}

async function jpeg(stream: Stream, job: Rebuild, { data, picture }: Unpacked): Promise<Body | undefined> {
  const remuxed = remuxJpeg(data)
  const bytes = remuxed?.bytes ?? (await reencoded(data, job))
  if (!bytes) return undefined
  if (remuxed && remuxed.width * remuxed.height > job.input.limits.pixels) throw new OverLimit()
  const transform = job.source.get(picture?.parameters, 'ColorTransform')
  const parameters = transform === 0 || transform === 1 ? `/DecodeParms<</ColorTransform ${transform}>>` : ''
  return body(stream, job, { samples: SAMPLES, filter: `/Filter/DCTDecode${parameters}`, data: bytes })
}

async function reencoded(data: Uint8Array, job: Rebuild): Promise<Uint8Array | undefined> {
  const picture = await job.input.tools.picture(new Uint8Array(data))
  return picture?.mediaType === 'image/jpeg' ? remuxJpeg(picture.bytes)?.bytes : undefined
}

/** By PDFium's eyes. Of JBIG2 only black and white come back, so colours of the dictionary stay true. */
async function drawn(stream: Stream, job: Rebuild, { data, picture }: Unpacked): Promise<Body | undefined> {
  const [width, height] = sizeOf(stream.dict, job)
  const { filter, parameters } = picture!
  if (filter === 'JBIG2Decode') {
    const shared: Value = job.source.get(parameters, 'JBIG2Globals')
    const globals = shared instanceof Stream ? job.unpack(shared)?.data : undefined
    const pixels = await drawPicture({ filter, data, width, height, globals })
    return pixels && body(stream, job, { samples: SAMPLES, filter: '/Filter/FlateDecode', data: deflate(pixels.bilevel()) })
  }
  if (filter !== 'JPXDecode') return undefined
  const pixels = await drawPicture({ filter, data, width, height, globals: undefined })
  if (!pixels) return undefined
  const lossless = deflate(pixels.isGray ? pixels.gray() : pixels.rgb())
  const lossy = lossless.length > LARGE_BYTES ? await pixels.jpeg() : undefined
  const color = lossy || !pixels.isGray ? 'DeviceRGB' : 'DeviceGray'
  const dict = new Map(stream.dict).set('ColorSpace', new Name(color)).set('BitsPerComponent', 8)
  dict.delete('Decode')
  const coding = { samples: SAMPLES, filter: `/Filter/${lossy ? 'DCTDecode' : 'FlateDecode'}`, data: lossy ?? lossless }
  return body(new Stream(dict, coding.data), job, coding)
}
