/** What a token may be for. All of it is reading, and none of it is contents of mail. */
export const SCOPES = {
  messages: 'sender, subject, recipients, state and parts of messages, and what happened to them',
  requests: 'requests for originals: who asked for what, who decided and how',
  queue: 'what waits for delivery',
  quarantine: 'which originals are kept sealed, and until when',
  reports: 'statistics and monthly reports',
  audit: 'records of the audit chains, for auditors and collectors',
  health: 'whether all is well, and whether the audit chains are whole',
} as const satisfies Readonly<Record<string, string>>

export type Scope = keyof typeof SCOPES
export const SCOPE_NAMES = Object.keys(SCOPES) as readonly Scope[]

export function isScope(text: string): text is Scope {
  return Object.hasOwn(SCOPES, text)
}
