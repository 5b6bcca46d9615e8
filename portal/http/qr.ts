/**
 * A QR code as inline SVG: one path of black squares on white, drawn by attributes alone, so the page's policy allows it.
 * Standards: ISO/IEC 18004; a quiet zone of four modules.
 */
import { encode } from 'uqr'
import { html, type SafeHtml } from './html.ts'

const QUIET_MODULES = 4

/** `label`: what it is, for who cannot see it. */
export function qrSvg(text: string, label: string): SafeHtml {
  const { data, size } = encode(text, { ecc: 'M', border: QUIET_MODULES })
  const path = data.flatMap((row, y) => row.flatMap((isBlack, x) => (isBlack ? [`M${x} ${y}h1v1h-1z`] : []))).join('')
  return html`<svg class="qr" viewBox="0 0 ${size} ${size}" role="img" aria-label="${label}" shape-rendering="crispEdges"><rect width="100%" height="100%" fill="#fff"/><path fill="#000" d="${path}"/></svg>`
}
