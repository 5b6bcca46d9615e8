/** The family of pages of signing in and of one's own account. */
import type { Route } from '../http/route.ts'
import { accountRoutes } from './account.ts'
import { enrolRoutes } from './enrol.ts'
import type { Entrance } from './entrance.ts'
import { elsewhereRoutes } from './sign-in-elsewhere.ts'
import { signInRoutes } from './sign-in.ts'
import { welcomeRoutes } from './welcome.ts'

export function entranceRoutes(entrance: Entrance): Route[] {
  return [...signInRoutes(entrance), ...elsewhereRoutes(entrance), ...enrolRoutes(entrance), ...welcomeRoutes(entrance), ...accountRoutes(entrance)]
}
