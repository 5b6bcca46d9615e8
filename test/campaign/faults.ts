/** What is wrong with a file that was rebuilt, whatever it was made of. */
import type { Disarmed } from '../../core/disarm/contract.ts'
import { DISARMERS } from '../../core/disarm/registry.ts'
import { openPackage } from '../../core/disarm/zip-package.ts'
import { disarmInput } from '../support/disarm.ts'
import { CANARY } from './mutate.ts'

type RebuiltFile = Extract<Disarmed, { kind: 'rebuilt' }>

/** In words, one per fault; empty for a good file. */
export async function faultsOf({ bytes, mediaType }: RebuiltFile, untrustedBytes: Uint8Array): Promise<string[]> {
  const found: string[] = []
  if (bytes.buffer === untrustedBytes.buffer) found.push('the input came back')
  for (const [name, content] of contents(bytes)) if (content.includes(CANARY)) found.push(`canary in ${name}: ${around(content)}`)
  const next = await DISARMERS.get(mediaType)?.load()
  const again = await next?.disarm(disarmInput(bytes, mediaType))
  if (again?.kind === 'cannot') found.push(`the own output is refused: ${again.reason}`)
  if (again?.kind === 'rebuilt' && again.removed.length > 0) found.push(`the own output has ${again.removed.map(({ what, detail }) => `${what} ${detail ?? ''}`).join()}`)
  return found
}

/** The parts of a package, or the file itself. */
function contents(bytes: Uint8Array): readonly (readonly [name: string, content: string])[] {
  const opened = openPackage(bytes, { entries: 10_000, bytes: 256 << 20 })
  if (opened.kind === 'cannot') return [['the file', Buffer.from(bytes).toString('latin1')]]
  return opened.entries.map(entry => [entry.name, (entry.read() ?? Buffer.alloc(0)).toString('latin1')])
}

function around(content: string): string {
  const at = content.indexOf(CANARY)
  return content.slice(Math.max(0, at - 80), at + 40).replace(/\s+/g, ' ')
}
