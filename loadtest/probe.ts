/** Who is there? One connection before any load: the greeting, what EHLO offers, QUIT. */
import { setTimeout as delay } from 'node:timers/promises'
import { type Habits, Refused, troubleOf } from './dialogue.ts'
import { SmtpLine } from './line.ts'

export type Probed = { readonly greeting: string; readonly name: string; readonly extensions: readonly string[] }

/** Throws Refused when nobody greets, or not with 220. */
export async function probe(
  { target, tls, helo }: Pick<Habits, 'target' | 'tls' | 'helo'>,
  timeoutMs: number,
): Promise<Probed> {
  const line = SmtpLine.open(target)
  const timer = new AbortController()
  void delay(timeoutMs, undefined, { signal: timer.signal }).then(
    () => line.destroy('no reply in time'),
    () => undefined,
  )
  try {
    if (tls === 'implicit') await line.startTls(target.name)
    const greeting = await line.reply()
    if (greeting.code !== 220) throw new Refused('failed', troubleOf('greeting', greeting))
    line.write(`EHLO ${helo}\r\n`)
    const hello = await line.reply()
    line.end('QUIT\r\n')
    const text = greeting.lines
      .at(-1)!
      .slice(4)
      .replace(/[^\x20-\x7e]/g, '?')
    return {
      greeting: text,
      name: text.split(' ')[0] ?? '',
      extensions: hello.lines.slice(1).map(each => each.slice(4)),
    }
  } catch (error) {
    throw error instanceof Refused
      ? error
      : new Refused('failed', `connect: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`)
  } finally {
    timer.abort()
    line.destroy('done')
  }
}

/** A name of the list, or one below it. */
export function isExpected(name: string, expected: readonly string[]): boolean {
  const [said, list] = [name.toLowerCase(), expected.map(each => each.toLowerCase())]
  return list.some(each => said === each || said.endsWith(`.${each}`))
}
