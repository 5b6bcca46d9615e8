/** Stands in for core/mime/verify.ts: attacks from within the verifier when a message says so. */
import type { Manifest } from '../../../../core/job.ts'
import { verifyComposed as honest } from '../../../../core/mime/verify.ts'
import { attack, DENIED } from './attacks.ts'

export async function verifyComposed(
  message: Uint8Array,
  manifest: Manifest,
  allowedTypes: ReadonlySet<string>,
): Promise<string[]> {
  const [verb, ...attacks] = manifest.subject.split(' ')
  if (verb === 'attack') {
    const outcomes = (await attack(attacks)).split('\n')
    return [`${outcomes.length} tried`, ...outcomes.filter(each => !DENIED.test(each.slice(each.indexOf(': ') + 2)))]
  }
  if (verb === 'exit' && Buffer.from(message).includes('the verifier')) process.exit(5)
  if (verb === 'loop') for (;;);
  return honest(message, manifest, allowedTypes)
}
