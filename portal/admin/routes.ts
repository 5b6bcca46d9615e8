/** All pages of administrators and auditors, as one family: on the administration face alone. */
import type { SignedRoute } from '../http/route.ts'
import { approverRoutes } from './approvers.ts'
import { auditExportRoutes } from './audit-export.ts'
import { auditRoutes } from './audit.ts'
import { changeRoutes } from './changes.ts'
import { dashboardRoutes } from './dashboard.ts'
import { delegationRoutes } from './delegations.ts'
import { departmentRoutes } from './departments.ts'
import { emergencyRoutes } from './emergency.ts'
import type { AdminHouse } from './house.ts'
import { glassRoutes } from './glass.ts'
import { glassReadRoutes } from './glass-read.ts'
import { inspectionRoutes } from './inspection.ts'
import { mailboxRoutes } from './mailboxes.ts'
import { monthlyRoutes } from './monthly.ts'
import { peopleCsvRoutes } from './people-csv.ts'
import { peopleRoutes } from './people.ts'
import { personRoutes } from './person.ts'
import { policyDraftRoutes } from './policy-draft.ts'
import { policyRoutes } from './policy.ts'
import { procedureRoutes } from './procedure.ts'
import { quarantineRoutes } from './quarantine.ts'
import { queueRoutes } from './queue.ts'
import { reportRoutes } from './reports.ts'
import { tokenRoutes } from './tokens.ts'
import { traceRoutes } from './trace.ts'

const FAMILIES = [
  dashboardRoutes,
  queueRoutes,
  quarantineRoutes,
  traceRoutes,
  policyRoutes,
  policyDraftRoutes,
  reportRoutes,
  monthlyRoutes,
  auditRoutes,
  auditExportRoutes,
  inspectionRoutes,
  procedureRoutes,
  tokenRoutes,
  approverRoutes,
  glassRoutes,
  glassReadRoutes,
  emergencyRoutes,
  peopleRoutes,
  peopleCsvRoutes,
  personRoutes,
  departmentRoutes,
  mailboxRoutes,
  delegationRoutes,
  changeRoutes,
] as const

export function adminRoutes(house: AdminHouse): SignedRoute[] {
  return FAMILIES.flatMap(family => family(house))
}
