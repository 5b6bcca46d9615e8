/**
 * The tables of portal.db, in the order in which they came. Append only: what a released version has run stays as it is.
 * The tenant stands in every row that belongs to one.
 */
import { AUDIT_TABLES } from '../../store/sqlite/chain.ts'
import { ADMIN_TABLES } from './admin-tables.ts'
import { GLASS_TABLES } from './glass-tables.ts'
import { HELD_TABLES } from './held-tables.ts'
import { PEOPLE_TABLES, REORGANISATION_TABLES } from './people-tables.ts'
import { REQUEST_TABLES } from './request-tables.ts'
import { SIGN_IN_TABLES } from './sign-in-tables.ts'
import { STAFF_TABLES } from './staff-tables.ts'
import { TOKEN_TABLES } from './token-tables.ts'

export const MIGRATIONS: readonly string[] = [AUDIT_TABLES, PEOPLE_TABLES, SIGN_IN_TABLES, STAFF_TABLES, REQUEST_TABLES, ADMIN_TABLES, REORGANISATION_TABLES, TOKEN_TABLES, GLASS_TABLES, HELD_TABLES]
