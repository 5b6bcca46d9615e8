/** Names of the portal's listeners, as in its section of the settings. */
export const PORTAL_FACES = ['inner', 'outer', 'admin'] as const
