/** Whose mail pages of staff show to a person today, in the words of those pages. */
import type { Reach } from '../house.ts'
import { dayOf } from './day.ts'
import type { PeopleRooms } from './rooms.ts'

export function reachOf({ mailboxes, departments, people }: Pick<PeopleRooms, 'mailboxes' | 'departments' | 'people'>): Reach {
  return {
    // An alias of a shared mailbox is that mailbox; what came by a list came to others, too.
    mailboxesOf: ({ personId }, nowMs) =>
      mailboxes.accessOf(personId, dayOf(nowMs)).map(({ address, name, relation, isList }) => ({ address, name: relation === 'own' && !isList ? '' : name, kind: isList ? 'list' : relation })),
    departmentsOf: ({ personId }, nowMs) => people.departmentsOf(personId, dayOf(nowMs)).flatMap(departmentId => {
      const department = departments.byId(departmentId)
      return department ? [{ departmentId, name: department.name }] : []
    }),
  }
}
