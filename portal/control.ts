/**
 * What the command line asks of the running portal, over a socket: portal.db has one writer, so `sekisho user` comes here.
 * Who may connect is decided by the file system; who acts (the operating system's user) and why stands in the audit chain.
 */
import { hash } from 'node:crypto'
import { actParam, BadRequest, choiceParam, flagParam, listParam, optionalTextParam, type Params, textParam } from '../rpc/params.ts'
import { collectWithin } from '../rpc/octets.ts'
import type { RpcExchanges, RpcMethods } from '../rpc/server.ts'
import { importBook } from './people/address-book.ts'
import { readChange } from './people/change-file.ts'
import { dayOf, parseDay } from './people/day.ts'
import { GIVEN_ROLES, PeopleProblem, type PersonRecord } from './people/people.ts'
import type { PeopleRooms } from './people/rooms.ts'
import { addPerson, invite } from './sign-in/invitations.ts'
import type { SignInRooms } from './sign-in/rooms.ts'
import type { PortalDb } from './db/open.ts'
import { changeText, problemText } from './texts/people-import.ts'

export type PortalControlRooms = PeopleRooms & SignInRooms & { readonly db: PortalDb }

export type PortalControlOptions = {
  readonly rooms: PortalControlRooms
  /** Where new people of a tenant open their link: an address of ours. */
  readonly origin: (tenant: string) => string
  readonly invitationHours: number
}

const LIST_LIMIT = 1_000
const LARGEST_FILE_BYTES = 17 * 2 ** 20

/** A person as listed. */
export type UserRow = Pick<PersonRecord, 'login' | 'name' | 'mailbox' | 'roles' | 'disabled' | 'toDate'> & { readonly departments: readonly string[]; readonly factors: readonly string[] }

/** What became of a file. `lines` are for people to read. */
export type ImportOutcome = { readonly ok: boolean; readonly planned: boolean; readonly lines: readonly string[] }

export function portalMethods(options: PortalControlOptions): RpcMethods {
  const { rooms } = options
  return {
    'user.list': async params => listed(rooms, params),
    'user.add': async params => asking(() => add(options, params)),
    'user.invite': async params => asking(() => inviteAgain(options, params)),
    'user.disable': async params => asking(() => rooms.people.setDisabled(personParam(rooms, params).personId, flagParam(params, 'disabled'), actParam(params))),
  }
}

export function portalExchanges({ rooms }: PortalControlOptions): RpcExchanges {
  return {
    'user.import': async (params, octets) => ({ meta: importChange(rooms, params, await fileOf(octets)) }),
    'user.book': async (params, octets) => ({ meta: importAddresses(rooms, params, await fileOf(octets)) }),
  }
}

function listed({ db, people, departments, factors }: PortalControlRooms, params: Params): UserRow[] {
  const today = dayOf(db.nowMs())
  const rows = people.list(tenantParam(params), { limit: LIST_LIMIT, words: optionalTextParam(params, 'words') ?? '' })
  return rows.map(({ personId, login, name, mailbox, roles, disabled, toDate }) => ({
    ...{ login, name, mailbox, roles, disabled, toDate },
    departments: people.departmentsOf(personId, today).map(id => departments.pathOf(id)),
    factors: factors.of(personId),
  }))
}

function add({ rooms, ...options }: PortalControlOptions, params: Params): { readonly link: string } {
  const [tenant, by] = [tenantParam(params), actParam(params)]
  const code = optionalTextParam(params, 'department')
  const roles = listParam(params, 'roles', (each, name) => choiceParam(each, name, GIVEN_ROLES))
  const department = code === undefined ? undefined : { code, post: optionalTextParam(params, 'post') ?? '', approves: flagParam(params, 'approves') }
  const given = { tenant, login: textParam(params, 'login'), name: textParam(params, 'name'), mailbox: optionalTextParam(params, 'mailbox'), roles, department }
  return { link: linkTo(options, tenant, addPerson(rooms, given, options.invitationHours, by).token) }
}

function inviteAgain({ rooms, ...options }: PortalControlOptions, params: Params): { readonly link: string } {
  const record = personParam(rooms, params)
  const token = invite(rooms, record, { hours: options.invitationHours, resetFactors: flagParam(params, 'resetFactors'), by: actParam(params) })
  return { link: linkTo(options, record.tenant, token) }
}

function linkTo({ origin }: Pick<PortalControlOptions, 'origin'>, tenant: string, token: string): string {
  return `${origin(tenant)}/welcome/${token}`
}

function importChange({ db, changes }: PortalControlRooms, params: Params, file: Uint8Array): ImportOutcome {
  const [tenant, by, language] = [tenantParam(params), actParam(params), choiceParam(params, 'language', ['ja', 'en'] as const)]
  const day = parseDay(textParam(params, 'day'))
  if (day === undefined) throw new BadRequest('day must be like 2027-04-01')
  const read = readChange(choiceParam(params, 'about', ['people', 'departments'] as const), file, day)
  if (read.kind === 'problems') return { ok: false, planned: false, lines: read.problems.map(each => problemText(each, language)) }
  const planned = flagParam(params, 'apply')
  const result = planned ? changes.plan(tenant, read.change, { day, today: dayOf(db.nowMs()), sha256: hash('sha256', file) }, by) : changes.rehearse(tenant, read.change, day)
  if (result.kind === 'problems') return { ok: false, planned: false, lines: result.problems.map(each => problemText(each, language)) }
  return { ok: true, planned, lines: result.diff.map(each => changeText(each, language)) }
}

function importAddresses({ db }: PortalControlRooms, params: Params, file: Uint8Array): ImportOutcome {
  const [tenant, language] = [tenantParam(params), choiceParam(params, 'language', ['ja', 'en'] as const)]
  const result = importBook(db, tenant, file, actParam(params))
  if (result.kind === 'problems') return { ok: false, planned: false, lines: result.problems.map(each => problemText(each, language)) }
  return { ok: true, planned: true, lines: [] }
}

async function fileOf(octets: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const file = await collectWithin(octets, LARGEST_FILE_BYTES)
  if (!file) throw new BadRequest('the file is too large')
  return file
}

function personParam({ people }: PortalControlRooms, params: Params): PersonRecord {
  const login = textParam(params, 'login')
  const record = people.byLogin(tenantParam(params), login)
  if (!record) throw new BadRequest(`there is no person '${login}'`)
  return record
}

function tenantParam(params: Params): string {
  return optionalTextParam(params, 'tenant') ?? 'default'
}

/** What cannot be is an answer in its own words. */
function asking<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw error instanceof PeopleProblem ? new BadRequest(error.message) : error
  }
}
