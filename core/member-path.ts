/**
 * Finds one file inside a file, as deep as it lies, by the digests that the report names on the way.
 *
 *   container ──▶ its own disarmer, whose tools hand over the wanted member instead of judging it ──▶ member
 *
 * So whatever can be opened can be looked into, by the same code and within the same bounds; what the disarmer makes of
 * the container is dropped.
 */
import { hash } from 'node:crypto'
import type { DisarmTools, MemberFile } from './disarm/contract.ts'
import { detect } from './media/detect.ts'
import type { LooseFile, RebuildContext } from './rebuild.ts'

/** Undefined when there is no such file, or its container cannot be opened. Never rejects. */
export async function memberAt(file: LooseFile, sha256s: readonly string[], context: RebuildContext): Promise<LooseFile | undefined> {
  let here: LooseFile | undefined = file
  for (const sha256 of sha256s.slice(0, context.bounds.depth)) here = here && (await catchMember(here, sha256, context))
  return here
}

async function catchMember({ untrustedBytes, untrustedName, claimedType }: LooseFile, sha256: string, context: RebuildContext): Promise<LooseFile | undefined> {
  let caught: MemberFile | undefined
  let left = context.bounds.members
  const tools: DisarmTools = {
    async member(member) {
      if (--left >= 0 && !caught && hash('sha256', member.untrustedBytes) === sha256) caught = { ...member, untrustedBytes: new Uint8Array(member.untrustedBytes) }
      return { kind: 'kept', name: 'member', reason: 'limit-exceeded' }
    },
    picture: async () => undefined,
  }
  try {
    const detected = await detect(untrustedBytes, { size: untrustedBytes.length, name: untrustedName, claimedType: claimedType ?? '', tail: untrustedBytes.subarray(-1024) })
    const disarmer = await context.disarmers.get(detected.type)?.load()
    const { policy, bounds } = context
    await disarmer?.disarm({ untrustedBytes, detectedType: detected.type, name: '', declaredCharset: undefined, mode: 'disarm', rules: policy.objects, forms: policy.files, limits: bounds, tools })
  } catch {
    return undefined
  }
  return caught && { ...caught, wholeBytes: caught.untrustedBytes.length }
}
