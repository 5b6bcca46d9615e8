/**
 * Reading a file that somebody has named. Only regular files: a device never ends, and to open a pipe that nobody writes to
 * holds a thread until the process is killed. What is looked at is what was opened, so nothing can be put in its place between.
 */
import { closeSync, constants, createReadStream, fstatSync, openSync, type ReadStream } from 'node:fs'

const NO_FILE = 'neither a file nor a folder: copy its content to a file first'

/** @throws an Error that says why, without the name of the file. */
export function readRegularFile(path: string): ReadStream {
  const fd = openOrTell(path)
  const facts = fstatSync(fd)
  if (facts.isFile()) return createReadStream('', { fd })
  closeSync(fd)
  throw new Error(facts.isDirectory() ? 'a folder; name the files in it' : NO_FILE)
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'may not be read by this user',
  ENXIO: NO_FILE,
}

function openOrTell(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw new Error(WHY[code] ?? message, { cause: error })
  }
}
