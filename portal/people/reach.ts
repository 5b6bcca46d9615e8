/** Whose mail pages of staff show to a person today, in the words of those pages. */
import type { Reach } from '../house.ts'
import { dayOf } from './day.ts'
import type { PeopleRooms } from './rooms.ts'

export function reachOf({ mailboxes, departments, people }: Pick<PeopleRooms, 'mailboxes' | 'departments' | 'people'>): Reach {
  return {
    mailboxesOf: ({ personId, tenant }, nowMs) => {
      const names = new Map(mailboxes.listShared(tenant).map(({ address, name }) => [address, name]))
      return mailboxes.accessOf(personId, dayOf(nowMs)).map(({ address, relation, via }) => {
        // An alias of one's own address is one's own; what came by a list came to others, too.
        const kind = via !== '' && relation === 'shared' ? 'list' : relation
        return { address, name: names.get(address) ?? '', kind }
      })
    },
    departmentsOf: ({ personId }, nowMs) => people.departmentsOf(personId, dayOf(nowMs)).flatMap(departmentId => {
      const department = departments.byId(departmentId)
      return department ? [{ departmentId, name: department.name }] : []
    }),
  }
}
