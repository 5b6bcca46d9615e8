/** The whole table of routes: what is not in here is not served. One line per page family. */
import { glassSecondRoutes } from './admin/glass.ts'
import { adminRoutes } from './admin/routes.ts'
import { apiRoutes } from './api/routes.ts'
import type { Route } from './http/route.ts'
import type { House } from './house.ts'
import { approvalRoutes } from './pages/approvals.ts'
import type { Entrance } from './pages/entrance.ts'
import { entranceRoutes } from './pages/entrance-routes.ts'
import { requestRoutes } from './pages/requests.ts'
import { staffRoutes } from './pages/staff.ts'

export function allRoutes(house: House, entrance: Entrance): readonly Route[] {
  return [...entranceRoutes(entrance), ...staffRoutes(house), ...requestRoutes(house), ...approvalRoutes(house), ...glassSecondRoutes({ ...house, ...house.admin }), ...adminRoutes({ ...house, ...house.admin }), ...apiRoutes({ ...house.admin, mail: house.mail, requests: house.requests.desk.records })]
}
