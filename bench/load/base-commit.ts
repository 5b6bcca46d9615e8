/**
 * The commit to compare with, checked out beside the repository's files in a folder of its own, ready to run.
 *
 *   merge base with the main branch; on that branch itself the commit before
 *
 * Its packages are hard links to ours where the lock file is the same, else installed by `npm ci`: a link to the folder
 * would not do, since worker processes may read what lies in their own code's folder only.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const REPOSITORY = join(import.meta.dirname, '../..')
/** Ignored by git, and on the same file system as node_modules. */
const SCRATCH = join(REPOSITORY, 'tmp')

export type BaseCommit = { readonly commit: string; readonly folder: string; remove(): void }

/** Thrown when there is nothing to compare with. */
export class NoBase extends Error {
  override readonly name = 'NoBase'
}

/** @throws NoBase */
export function checkOutBase(branches: readonly string[]): BaseCommit {
  const commit = baseOf(branches)
  mkdirSync(SCRATCH, { recursive: true })
  const folder = mkdtempSync(join(SCRATCH, 'base-'))
  const remove = () => {
    rmSync(folder, { recursive: true, force: true })
    git('worktree', 'prune')
  }
  try {
    git('worktree', 'add', '--detach', '--force', folder, commit)
    addPackages(folder)
  } catch (error) {
    remove()
    throw error instanceof NoBase ? error : new NoBase(`the base ${commit} cannot be checked out: ${String(error)}`)
  }
  return { commit, folder, remove }
}

function baseOf(branches: readonly string[]): string {
  const branch = branches.find(name => tryGit('rev-parse', '--verify', '--quiet', `${name}^{commit}`) !== undefined)
  if (branch === undefined) throw new NoBase(`none of the branches ${branches.join(', ')} is here: fetch it, or name another one by --base`)
  const base = tryGit('merge-base', 'HEAD', branch)
  if (base === undefined) throw new NoBase(`HEAD and ${branch} have no commit in common: in a shallow clone fetch more of the history (git fetch --unshallow)`)
  if (base !== git('rev-parse', 'HEAD') || hasChanges()) return base
  const before = tryGit('rev-parse', '--verify', '--quiet', 'HEAD^1')
  if (before === undefined) throw new NoBase('HEAD is the first commit: there is nothing before it')
  return before
}

/** Work that is not committed yet is compared with its own commit. */
function hasChanges(): boolean {
  return git('status', '--porcelain', '--untracked-files=no') !== ''
}

function addPackages(folder: string): void {
  const [ours, theirs] = [REPOSITORY, folder].map(each => readFileSync(join(each, 'package-lock.json'), 'utf8'))
  const packages = join(REPOSITORY, 'node_modules')
  if (ours !== theirs) execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  else if (!tryRun('cp', ['-al', packages, folder])) cpSync(packages, join(folder, 'node_modules'), { recursive: true, verbatimSymlinks: true })
  if (!existsSync(join(folder, 'node_modules'))) throw new NoBase(`no packages for the base commit in ${folder}`)
}

function git(...given: readonly string[]): string {
  return execFileSync('git', given, { cwd: REPOSITORY, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
}

function tryGit(...given: readonly string[]): string | undefined {
  try {
    return git(...given)
  } catch {
    return undefined
  }
}

function tryRun(program: string, given: readonly string[]): boolean {
  try {
    execFileSync(program, given, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
