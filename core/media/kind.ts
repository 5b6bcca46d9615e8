/** What bytes turned out to be: a media type, the extension it should have, and whether it is locked. */
export type Kind = { readonly type: string; readonly extension: string; readonly encrypted: boolean }
