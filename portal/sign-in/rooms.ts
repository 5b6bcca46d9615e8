/** Everything that signing in needs, made once by whoever opens the portal. */
import type { PortalDb } from '../db/open.ts'
import { FIRST_TENANT } from '../http/place.ts'
import type { People } from '../people/people.ts'
import type { Role } from '../people/person.ts'
import { Certificates } from './certificates.ts'
import { Factors } from './factors.ts'
import { Linked } from './linked.ts'
import { Links } from './links.ts'
import { LdapDirectory, type LdapSettings } from './ldap.ts'
import { LockOut } from './lock-out.ts'
import { OidcProvider, type OidcSettings } from './oidc.ts'
import { PasswordHashing } from './password.ts'
import { Passwords } from './passwords.ts'
import { RecoveryCodes } from './recovery-codes.ts'
import { SecretBox } from './secret-box.ts'
import { type SessionSettings, Sessions } from './sessions.ts'
import { SignIn } from './sign-in.ts'
import { TotpFactor } from './totp.ts'
import { WebauthnFactor } from './webauthn.ts'
import { Welcome } from './welcome.ts'

export type SignInOptions = {
  /** Where the key of TOTP secrets lies: the folder of portal.db. */
  readonly directory: string
  /** As authenticator programs show us. */
  readonly issuer: string
  readonly secondFactorFor: readonly Role[]
  readonly password: { readonly minLength: number }
  readonly session: SessionSettings
  readonly hashing?: PasswordHashing
  readonly ldap?: LdapSettings | undefined
  readonly oidc?: OidcSettings | undefined
}

export async function openSignIn(db: PortalDb, people: People, options: SignInOptions) {
  const sessions = new Sessions(db, people, options.session)
  const passwords = new Passwords(db, people, options.password, options.hashing ?? new PasswordHashing())
  const lockOut = new LockOut(db)
  const box = await SecretBox.open(options.directory)
  const totp = new TotpFactor(db, box, options.issuer)
  const oidc = options.oidc && new OidcProvider(options.oidc, box, db.nowMs)
  const [webauthn, recovery, links] = [new WebauthnFactor(db, sessions), new RecoveryCodes(db), new Links(db)]
  const [certificates, linked] = [new Certificates(db, people), new Linked(db, people)]
  const factors = new Factors({ db, people, lockOut, totp, webauthn, recovery })
  const signIn = new SignIn({ db, people, sessions, passwords, lockOut, factors, directory: options.ldap && new LdapDirectory(options.ldap) }, { secondFactorFor: options.secondFactorFor, directoryTenant: options.ldap?.tenant ?? FIRST_TENANT })
  const welcome = new Welcome({ db, people, passwords, links, signIn }, options.password)
  return { sessions, passwords, lockOut, totp, webauthn, recovery, links, certificates, linked, oidc, factors, signIn, welcome }
}

export type SignInRooms = Awaited<ReturnType<typeof openSignIn>>
