/**
 * The worker process's end of its one descriptor: the socket to the gateway that it was started with as fd 3.
 *
 * When the gateway is gone there is nobody to work for: the process ends at once by a signal, because an
 * orderly exit would wait for threads that may never answer.
 */
import net from 'node:net'
import { type FrameHandler, FrameReader } from './frame-reader.ts'
import { FRAME, FrameWriter } from './protocol.ts'

const GATEWAY_FD = 3
/** Frames from the gateway carry at most one message. */
const MOST_FRAME_BYTES = 2 ** 30
const RSS_CHECK_MS = 250
/** A frame of a usual mail with its files comes in one piece. */
const READ_BYTES = 256 * 1024

/** Inside a wall a process has another number than the one that launcher and gateway know it by. */
export const PID_OUTSIDE = Number(process.argv[3] ?? process.pid)

const kill = process.kill.bind(process)

/** SIGTERM tells the launcher that the end was meant, SIGKILL that it was not. */
export function endNow(meant: boolean): never {
  kill(process.pid, meant ? 'SIGTERM' : 'SIGKILL')
  throw new Error('unreachable')
}

/** Octets of a message that comes piece by piece are views, valid during the call; all other frames own their memory. */
export function openLine(onFrame: FrameHandler): FrameWriter {
  // Walls and shells put the current directory there, whatever they are given.
  for (const name of Object.keys(process.env)) delete process.env[name]
  const reader = new FrameReader(onFrame, { maxBytes: MOST_FRAME_BYTES, inPieces: FRAME.data })
  // Read into the same memory each time: memory of 64 KiB for each read made the collector run.
  const onread = {
    buffer: Buffer.allocUnsafeSlow(READ_BYTES),
    callback: (length: number, octets: Uint8Array) => {
      reader.push(Buffer.from(octets.buffer, octets.byteOffset, length))
      return true
    },
  }
  const socket = new net.Socket({ fd: GATEWAY_FD, readable: true, writable: true, onread })
  socket.resume()
  socket.on('error', () => endNow(true))
  socket.on('end', () => endNow(true))
  socket.on('close', () => endNow(true))
  process.on('uncaughtException', () => endNow(false))
  process.on('unhandledRejection', () => endNow(false))
  return new FrameWriter(socket)
}

/** Where the launcher cannot see a process's memory, the process watches itself. */
export function watchOwnMemory(memoryMiB: number): void {
  if (process.platform === 'linux') return
  setInterval(() => {
    if (process.memoryUsage.rss() > memoryMiB * 2 ** 20) endNow(false)
  }, RSS_CHECK_MS).unref()
}
