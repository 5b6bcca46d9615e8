/** Everything about requests, made once by whoever opens the portal. */
import type { PortalDb } from '../db/open.ts'
import type { Era } from '../http/when.ts'
import type { Mail, Vault } from '../ports.ts'
import { Bringing } from './bringing.ts'
import { RequestDesk } from './desk.ts'
import type { Directory } from './directory.ts'
import { Outbox } from './outbox.ts'
import { Post } from './post.ts'
import type { RequestRules } from './rules.ts'
import { Taking } from './taking.ts'

export type RequestOptions = {
  readonly db: PortalDb
  readonly directory: Directory
  readonly mail: Pick<Mail, 'notify'>
  readonly vault: Pick<Vault, 'grant' | 'original' | 'originalToMailbox' | 'revokeGrants'>
  readonly rules: () => RequestRules
  readonly era: Era
  readonly contact: string
  /** What browsers call the faces; '' for one that is not served. */
  readonly origins: (tenant: string) => { readonly inner: string; readonly outer: string }
}

export type RequestRooms = {
  readonly desk: RequestDesk
  readonly taking: Taking
  readonly bringing: Bringing
  readonly outbox: Outbox
  readonly origins: RequestOptions['origins']
}

export function openRequests({ db, directory, mail, vault, rules, era, contact, origins }: RequestOptions): RequestRooms {
  const outbox = new Outbox(db, mail)
  const desk = new RequestDesk({ db, directory, rules, post: new Post({ outbox, era, contact, origins }) })
  return { desk, bringing: new Bringing(db, desk), taking: new Taking({ desk, vault, nowMs: db.nowMs }), outbox, origins }
}
