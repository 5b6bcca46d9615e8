/** What pages of administrators and auditors stand on: the gateway's operations, the chains, the books of portal.db. */
import { registrarsOf } from '../config/recipients.ts'
import type { Config } from '../config/schema.ts'
import type { AdminDesk } from '../portal/admin/house.ts'
import type { PeopleDesk } from '../portal/admin/people-desk.ts'
import { inspectionBook } from '../portal/admin/inspection-book.ts'
import { approversOf, departmentsByMailbox, peopleFactsOf } from '../portal/admin/people-facts.ts'
import { portalAudit } from '../portal/admin/portal-audit.ts'
import { GlassBook } from '../portal/glass/book.ts'
import type { Outbox } from '../portal/requests/outbox.ts'
import { dayInJapan } from '../store/retention.ts'
import type { ConfigSource } from './config-source.ts'
import { operationsClient } from './operations-client.ts'
import { vaultSocket } from './places.ts'
import type { PortalRooms } from './portal-rooms.ts'
import { vaultAudit } from './vault-client.ts'
import { packageVersion } from './version.ts'

type Given = { readonly config: Config; readonly source: ConfigSource; readonly shutOut: AdminDesk['shutOut']; readonly tell: PeopleDesk['tell']; readonly linkOrigin: PeopleDesk['linkOrigin']; readonly outbox: Outbox }

export function adminDesk({ config, source, shutOut, tell, linkOrigin, outbox }: Given, rooms: PortalRooms): AdminDesk {
  const { db, tokens, directory } = rooms
  const operations = operationsClient({ config, configPath: source.path, environment: process.env })
  const today = () => dayInJapan(db.nowMs())
  return {
    operations,
    chains: [operations.audit, portalAudit(db), vaultAudit(vaultSocket(config))],
    book: inspectionBook(db),
    tokens,
    apiFaces: config.portal.apiFaces,
    version: packageVersion(),
    departmentOf: tenant => departmentsByMailbox(db, tenant, today()),
    peopleFacts: tenant => peopleFactsOf(db, rooms.departments, { tenant, today: today(), secondFactorFor: config.portal.secondFactor.requiredFor, registrars: registrarsOf(config, tenant) }),
    approvers: tenant => approversOf(db, tenant, today()),
    people: { ...rooms, invitationHours: config.portal.password.invitationHours, linkOrigin, tell },
    glass: new GlassBook({ db, directory, outbox, openMs: config.portal.glassHours * 3_600_000, era: config.portal.era, contact: config.contact }),
    hostname: config.hostname,
    shutOut,
    record: record => db.write(() => db.audit(record)),
    seal: record => db.seal(record),
  }
}
