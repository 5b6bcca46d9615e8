/**
 * What hostile code would try from where messages are parsed. Each attack ends in a word: the error code of the
 * denial, or REACHED with what it got.
 */
import fs from 'node:fs'

/** What a denial looks like. TypeError: the very name is missing. EMPTY: nothing to be had. */
export const DENIED =
  /^(?:ERR_ACCESS_DENIED|ERR_UNKNOWN_BUILTIN_MODULE|ERR_DLOPEN_DISABLED|ERR_WORKER_UNSUPPORTED_OPERATION|ERR_INSPECTOR_NOT_WORKER|NO_MODULE|EvalError|TypeError|EMPTY)$/

type Attack = (target: string) => unknown

const event = (emitter: { once(name: string, handler: (...given: never[]) => void): unknown }, name: string) =>
  new Promise((resolve, reject) => {
    emitter.once(name, resolve)
    emitter.once('error', reject as never)
  })
/** Hidden from bundlers and from the type checker: some of these modules are switched off. */
const load = (name: string) => import(name)

const ATTACKS: Record<string, Attack> = {
  'net.connect': async target =>
    event((await load('node:net')).connect({ port: Number(target), host: '127.0.0.1' }), 'connect'),
  'net.unix': async target => event((await load('node:net')).connect({ path: target }), 'connect'),
  'net.listen': async () => event((await load('node:net')).createServer().listen(0), 'listening'),
  'http.listen': async () => event((await load('node:http')).createServer().listen(0), 'listening'),
  'http.get': async target => event((await load('node:http')).get(`http://127.0.0.1:${target}/`), 'response'),
  'tls.connect': async target =>
    event((await load('node:tls')).connect({ port: Number(target), host: '127.0.0.1' }), 'secureConnect'),
  'dgram.send': async target => {
    const socket = (await load('node:dgram')).createSocket('udp4')
    const failed = event(socket, 'never')
    return Promise.race([failed, new Promise(resolve => socket.send('x', Number(target), '127.0.0.1', resolve))])
  },
  fetch: async target => fetch(`http://127.0.0.1:${target}/`),
  WebSocket: () =>
    new (globalThis as unknown as { WebSocket: new (url: string) => unknown }).WebSocket('ws://127.0.0.1:1/'),
  'dns.lookup': async () => (await load('node:dns/promises')).lookup('localhost'),
  'dns.resolve': async () => (await load('node:dns/promises')).resolve4('localhost'),
  'fs.read': target => fs.readFileSync(target, 'utf8'),
  'fs.readdir': target => fs.readdirSync(target),
  'fs.stat': target => fs.statSync(target).size,
  'fs.write': target => fs.writeFileSync(target, 'x'),
  'fs.write in code': async target => fs.promises.writeFile(target, 'x'),
  'fs.symlink': target => fs.symlinkSync('/etc/passwd', target),
  'fs.rm': target => fs.rmSync(target),
  'line.writeSync': () => fs.writeSync(3, 'x'),
  'line.write': () =>
    new Promise((resolve, reject) =>
      fs.write(3, Buffer.from('x'), error => (error ? reject(error) : resolve('written'))),
    ),
  'line.readSync': () => fs.readSync(3, Buffer.alloc(1)),
  'line.readFileSync': () => fs.readFileSync(3),
  'line.writeFileSync': () => fs.writeFileSync(3, 'x'),
  'line.stream': () =>
    new (fs.WriteStream as unknown as new (path: string, options: object) => unknown)('/dev/null', { fd: 3 }),
  'line.close': () => fs.closeSync(3),
  'line.socket': async () => new (await load('node:net')).Socket({ fd: 3 }).write('x'),
  'line.tty': async () => new (await load('node:tty')).WriteStream(3),
  worker: async () =>
    event(new (await load('node:worker_threads')).Worker('1', { eval: true, execArgv: [], env: {} }), 'exit'),
  'worker by require': async () => {
    const { createRequire } = await load('node:module')
    return event(new (createRequire('/')('worker_threads').Worker)('1', { eval: true, execArgv: [] }), 'exit')
  },
  sqlite: async target => new (await load('node:sqlite')).DatabaseSync(target),
  'sqlite by process': target => {
    const sqlite = process.getBuiltinModule('node:sqlite')
    return sqlite === undefined ? Promise.reject({ code: 'NO_MODULE' }) : new sqlite.DatabaseSync(target)
  },
  spawn: async () => event((await load('node:child_process')).spawn('/bin/true'), 'exit'),
  execSync: async () => (await load('node:child_process')).execSync('id').toString(),
  fork: async () => event((await load('node:cluster')).default.fork(), 'online'),
  'kill parent': () => process.kill(process.ppid, 0),
  'kill group': () => process.kill(0, 0),
  'raw kill': () => (process as unknown as { _kill(pid: number, signal: number): number })._kill(process.ppid, 0),
  priority: async () => (await load('node:os')).setPriority(process.ppid, 1),
  inspector: async () => (await load('node:inspector')).open(0),
  'inspector session': async () => new (await load('node:inspector')).Session().connectToMainThread(),
  'process.binding': () => (process as unknown as { binding(name: string): unknown }).binding('fs'),
  dlopen: () => process.dlopen({ exports: {} }, '/nothing.node'),
  ffi: async () => new (await load('node:ffi')).DynamicLibrary('libc.so.6'),
  wasi: async () => new (await load('node:wasi')).WASI({ version: 'preview1', preopens: { '/': '/' } }),
  'v8 flags': async () => (await load('node:v8')).setFlagsFromString('--allow-natives-syntax'),
  'heap snapshot': async target => (await load('node:v8')).writeHeapSnapshot(target),
  report: target => process.report.writeReport(target),
  eval: () => new Function('return 1')(),
  abort: () => process.abort(),
  environment: () => {
    if (Object.keys(process.env).length === 0) throw Object.assign(new Error(), { code: 'EMPTY' })
    return JSON.stringify(process.env)
  },
  'current directory': () => {
    if (fs.readdirSync('.').length === 0) throw Object.assign(new Error(), { code: 'EMPTY' })
    return process.cwd()
  },
  wasm: async () => {
    const { WebAssembly } = globalThis as unknown as {
      WebAssembly: { instantiate(octets: Uint8Array): Promise<unknown> }
    }
    await WebAssembly.instantiate(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))
  },
}

/** `name=target` each, with _ for spaces in names; one line of outcome each. */
export async function attack(wanted: readonly string[]): Promise<string> {
  const lines: string[] = []
  for (const each of wanted) {
    const [name = '', target = ''] = each.replaceAll('_', ' ').split('=')
    lines.push(`${name}: ${await outcome(ATTACKS[name], target)}`)
  }
  return lines.join('\n')
}

async function outcome(action: Attack | undefined, target: string): Promise<string> {
  if (!action) return 'NO SUCH ATTACK'
  try {
    const got = await Promise.race([
      action(target),
      new Promise((_, reject) => setTimeout(reject, 1500, { code: 'SILENCE' })),
    ])
    return `REACHED ${String(got).slice(0, 60)}`
  } catch (error) {
    return codeOf(error)
  }
}

function codeOf(error: unknown): string {
  const { code, cause, name } = (error ?? {}) as { code?: string; cause?: unknown; name?: string }
  if (code) return code
  return cause ? codeOf(cause) : (name ?? 'ERROR')
}
