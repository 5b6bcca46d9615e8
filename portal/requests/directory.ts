/** What requests ask about people; portal/people answers it (cli/portal-role.ts), in tests a fake does. */
import type { Person } from '../people/person.ts'
import type { Day } from './holidays.ts'
import type { PersonRef } from './request.ts'
import type { Classification } from './rules.ts'

export type Contact = PersonRef & { readonly mailbox: string; readonly language: 'ja' | 'en' }

/** Somebody who may decide today: in their own name, or in the place of an absent one. */
export type Approver = { readonly person: Contact; readonly inPlaceOf?: PersonRef }

/** The own department's approvers first, then those of the departments above. Absent ones are not in it, their deputies are. */
export type Levels = readonly (readonly Approver[])[]

export interface Directory {
  person(personId: number, today: Day): Person | undefined
  /** Who may decide about what this person asks for; the person may be among them, and is left out later. */
  approversFor(personId: number, today: Day): Levels
  /** Approvers of the department with this code: the duty group of nights and holidays. */
  approversOf(tenant: string, departmentCode: string, today: Day): readonly Approver[]
  administrators(tenant: string, today: Day): readonly Contact[]
  /** Whose mail this person may read today: own, shared, lists, delegated (lower case). */
  mailboxesOf(personId: number, today: Day): readonly string[]
  /** Who reads these mailboxes: the owners that are told of a break-glass. */
  readersOf(tenant: string, mailboxes: readonly string[], today: Day): readonly Contact[]
  departmentNames(departmentIds: readonly number[]): readonly string[]
  departmentCodes(departmentIds: readonly number[]): readonly string[]
  /** The highest of these mailboxes' and departments' own classes; undefined where none has one. */
  classificationOf(tenant: string, mailboxes: readonly string[], departmentIds: readonly number[]): Classification | undefined
}

export function refOf({ personId, login, name }: PersonRef): PersonRef {
  return { personId, login, name }
}
