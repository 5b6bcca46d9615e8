/** Every command with its one-line summary; its module is loaded only when it is needed. */
import type { Command } from 'commander'

type Entry = {
  readonly name: string
  readonly summary: string
  readonly hidden?: boolean
  readonly load: () => Promise<Command>
}

export const COMMANDS: readonly Entry[] = [
  { name: 'serve', summary: 'run the gateway', load: async () => (await import('./serve.ts')).serveCommand() },
  {
    name: 'sanitize',
    summary: 'sanitize files without a server',
    load: async () => (await import('./sanitize.ts')).sanitizeCommand(),
  },
  {
    name: 'watch',
    summary: 'sanitize every file that is put into a folder',
    load: async () => (await import('./watch.ts')).watchCommand(),
  },
  {
    name: 'config',
    summary: 'check, show or describe the configuration',
    load: async () => (await import('./config.ts')).configCommand(),
  },
  {
    name: 'queue',
    summary: 'messages that wait for delivery',
    load: async () => (await import('./queue.ts')).queueCommand(),
  },
  {
    name: 'quarantine',
    summary: 'sealed originals of messages',
    load: async () => (await import('./quarantine.ts')).quarantineCommand(),
  },
  {
    name: 'user',
    summary: 'people of the portal',
    load: async () => (await import('./user.ts')).userCommand(),
  },
  {
    name: 'token',
    summary: 'tokens of the HTTP API',
    load: async () => (await import('./token.ts')).tokenCommand(),
  },
  {
    name: 'policy',
    summary: 'what is done with content, and why',
    load: async () => (await import('./policy.ts')).policyCommand(),
  },
  { name: 'keys', summary: 'key pairs that originals are sealed to', load: async () => (await import('./keys.ts')).keysCommand() },
  { name: 'audit', summary: 'the audit chain', load: async () => (await import('./audit.ts')).auditCommand() },
  {
    name: 'emergency',
    summary: 'stop delivery or acceptance at once, and resume',
    load: async () => (await import('./emergency.ts')).emergencyCommand(),
  },
  {
    name: 'trace',
    summary: 'the whole life of messages',
    load: async () => (await import('./trace.ts')).traceCommand(),
  },
  {
    name: 'loadtest',
    summary: 'load an SMTP server and check that every mail arrives',
    load: async () => (await import('./loadtest.ts')).loadtestCommand(),
  },
  {
    name: 'demo',
    summary: 'a town of people and mails to try everything with',
    load: async () => (await import('./demo.ts')).demoCommand(),
  },
  {
    name: 'docs',
    summary: 'write the generated documents',
    hidden: true,
    load: async () => (await import('./docs.ts')).docsCommand(),
  },
]

/** Commands that a person may use, in order; docs/cli.md is printed from them. */
export async function loadCommands(): Promise<Command[]> {
  return Promise.all(COMMANDS.filter(entry => !entry.hidden).map(entry => entry.load()))
}
