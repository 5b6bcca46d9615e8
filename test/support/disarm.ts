/** What a disarmer is given in tests: the real tools, the shipped policy, small bounds. */
import type { DisarmInput } from '../../core/disarm/contract.ts'
import { type FileForms, USUAL_FORMS } from '../../core/file-forms.ts'
import { DISARMERS } from '../../core/disarm/registry.ts'
import type { ObjectRules } from '../../core/objects.ts'
import { type FileBounds, type Rebuilt, type RebuildContext, rebuildFile, toolsFor } from '../../core/rebuild.ts'
import { testPolicy } from './job.ts'

export const TEST_BOUNDS: FileBounds = {
  outputBytes: 4 << 20,
  pixels: 20_000_000,
  pages: 200,
  rasterDpi: 100,
  entries: 1_000,
  depth: 4,
  members: 200,
  memberBytes: 64 << 20,
}

function contextOf(rules: ObjectRules, bounds: FileBounds, forms: Partial<FileForms> = {}): RebuildContext {
  return { disarmers: DISARMERS, policy: testPolicy('disarm', { objects: rules, files: { ...USUAL_FORMS, ...forms } }), bounds }
}

export type InputChanges = Partial<Omit<DisarmInput, 'untrustedBytes' | 'detectedType' | 'limits' | 'tools'>> & {
  readonly limits?: Partial<FileBounds>
}

export function disarmInput(untrustedBytes: Uint8Array, detectedType: string, changes: InputChanges = {}): DisarmInput {
  const { limits, ...rest } = changes
  const bounds = { ...TEST_BOUNDS, ...limits }
  const rules = rest.rules ?? {}
  const tools = toolsFor(contextOf(rules, bounds))
  return { untrustedBytes, detectedType, name: '', declaredCharset: undefined, mode: 'disarm', rules, forms: USUAL_FORMS, ...rest, limits: bounds, tools }
}

type FileChanges = { readonly name?: string; readonly rules?: ObjectRules; readonly limits?: Partial<FileBounds>; readonly mode?: 'disarm' | 'raster'; readonly forms?: Partial<FileForms> }

/** The whole way of one file of a known type: disarmed, with everything inside it, by the shipped policy. */
export function rebuildTestFile(untrustedBytes: Uint8Array, detectedType: string, changes: FileChanges = {}): Promise<Rebuilt> {
  const { name = '', rules = {}, limits = {}, mode = 'disarm', forms = {} } = changes
  return rebuildFile(
    { untrustedBytes, untrustedName: name, detectedType, declaredCharset: undefined, mode },
    contextOf(rules, { ...TEST_BOUNDS, ...limits }, forms),
  )
}
