/**
 * Every event of the mail log with its fields: the table behind gateway/maillog.ts and docs/maillog.md.
 * `optional` fields are left out when there is nothing to say. A changed name is a breaking change.
 */

type Event = {
  readonly when: string
  readonly fields: Readonly<Record<string, string>>
  readonly optional?: Readonly<Record<string, string>>
}

export const EVENTS = {
  // A message on its way in
  received: {
    when: 'The end of data of a message has come; what happens to it follows.',
    fields: {
      from: 'reverse-path, `<>` when null',
      to: 'number of recipients',
      bytes: 'octets received',
      client: 'address of the client',
    },
    optional: {
      helo: 'name from EHLO',
      tls: 'TLS version',
      'message-id': 'Message-ID as the sender wrote it',
      upstream: 'true for a listed upstream',
    },
  },
  part: {
    when: 'What became of one part.',
    fields: {
      part: 'part number (IMAP section)',
      type: 'detected media type',
      outcome: 'body, superseded, rebuilt, quarantined, pending or container',
    },
    optional: {
      group: 'policy group',
      rule: 'policy row that decided',
      reason: 'why it was kept back',
      name: 'file name as the sender gave it',
      bytes: 'decoded size',
      sha256: 'digest of the decoded content',
      removed: 'what was left out',
      findings: 'what was seen',
    },
  },
  verdict: {
    when: 'What happens to the message, once per policy group.',
    fields: { verdict: 'relay or reject' },
    optional: {
      group: 'policy group',
      profile: 'profile',
      policy: 'policy version',
      rule: 'row that refused it',
      degraded: 'alone, plain or notice when the message made a sanitizer die',
      ms: 'milliseconds in the workshop',
      findings: 'what was seen in the message as a whole',
    },
  },
  accepted: {
    when: 'The message is durable; 250 is the reply.',
    fields: {
      from: 'reverse-path',
      to: 'number of recipients',
      groups: 'number of policy groups',
      ms: 'milliseconds from end of data to here',
    },
    optional: { tenant: 'tenants' },
  },
  duplicate: {
    when: 'The same message again after a reply was lost: 250, not delivered twice. Or: a delivery that may be a second one.',
    fields: { of: 'queue id of the first' },
    optional: { to: 'recipient whose delivery may be a second one' },
  },
  refused: {
    when: 'A command or message got a 4xx or 5xx reply of ours.',
    fields: {
      reply: 'name in docs/replies.md',
      code: 'reply code',
      status: 'enhanced status code',
      client: 'address of the client',
    },
    optional: { at: 'command', from: 'reverse-path', to: 'recipient', reason: 'cause, never told to the client' },
  },
  aborted: {
    when: 'The client went away, or sent nonsense, before its message was complete. Nothing was kept.',
    fields: { client: 'address of the client', reason: 'what happened' },
    optional: { bytes: 'octets until then' },
  },
  'reply-lost': {
    when: 'The message was kept but 250 could not be written. If the client sends it again, it is a duplicate.',
    fields: { client: 'address of the client' },
  },
  quarantined: {
    when: 'The original, or parts of it, are kept sealed because something did not pass.',
    fields: { parts: 'number of parts kept back', tenant: 'tenant' },
    optional: { bytes: 'octets sealed', until: 'day until which it is kept' },
  },

  // A message on its way out
  delivered: {
    when: 'A next hop took the message for a recipient.',
    fields: { to: 'recipient', 'next-hop': 'host and port, or maildir', attempt: 'number of the attempt' },
    optional: {
      status: 'enhanced status code',
      reply: 'what the next hop said',
      delay: 'seconds since it was accepted',
      tls: 'TLS version',
      route: 'route',
    },
  },
  deferred: {
    when: 'Not now; it will be tried again.',
    fields: { to: 'recipient', attempt: 'number of the attempt', next: 'when it is tried again' },
    optional: {
      'next-hop': 'host and port',
      status: 'enhanced status code',
      reply: 'what the next hop said, or what failed',
      route: 'route',
    },
  },
  failed: {
    when: 'Given up for a recipient: refused for good, or expired.',
    fields: { to: 'recipient', status: 'enhanced status code' },
    optional: {
      'next-hop': 'host and port',
      attempt: 'number of the attempt',
      reply: 'what the next hop said, or what failed',
      route: 'route',
    },
  },
  dropped: {
    when: 'An operator took a recipient out of the queue.',
    fields: { to: 'recipient or number of recipients', by: 'who', reason: 'why' },
  },
  bounced: {
    when: 'A DSN about failed recipients was put in the outward queue, or could not be.',
    fields: { to: 'where the DSN goes', dsn: 'queue id of the DSN, - when none was sent' },
    optional: { reason: 'why none was sent' },
  },

  // The gateway itself
  alarm: {
    when: 'Something an administrator must look at.',
    fields: { kind: 'kind of alarm', text: 'what is wrong' },
    optional: { severity: 'warning, error or critical' },
  },
  sanitizer: {
    when: 'A sanitizer or verifier process started or ended.',
    fields: { state: 'started or ended', lane: 'light, heavy, suspect or verifier' },
    optional: { cause: 'how it ended', pid: 'process id' },
  },
  started: {
    when: 'Listening.',
    fields: { version: 'version', smtp: 'address and port' },
    optional: { admin: 'address and port', upstreams: 'listed upstreams' },
  },
  stopped: { when: 'Everything under way is finished.', fields: { reason: 'signal or failure' } },
  reloaded: {
    when: 'The configuration was read again (SIGHUP, `config reload`).',
    fields: { ok: 'false: the old configuration stays in force' },
    optional: {
      changed: 'settings that are other now',
      'needs-restart': 'those among them whose old value stays in force until a restart',
      problems: 'what is wrong with the new one',
    },
  },
  heartbeat: {
    when: 'All is alive; comes every `alarms.heartbeatMinutes`, so that its absence is an alarm.',
    fields: { ready: 'whether mail is taken', queue: 'messages waiting for delivery' },
    optional: { emergency: 'state in force, when there is one' },
  },
  emergency: {
    when: 'The emergency switch was moved.',
    fields: { state: 'none, hold or isolate', by: 'who', reason: 'why' },
  },
  purged: {
    when: 'Sealed originals were made unreadable.',
    fields: { messages: 'how many', by: 'who, or retention' },
    optional: { reason: 'why' },
  },
} as const satisfies Record<string, Event>

export type EventName = keyof typeof EVENTS
