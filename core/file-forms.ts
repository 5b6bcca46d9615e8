/** Choices of an organisation about rebuilt files that change nothing about what may be in them (`policy.files`). */

export type FileForms = {
  /** `page`: HTML by the allow-list. `text`: what a reader of it sees, as a text file. */
  readonly html: 'page' | 'text'
  /** Of files in archives; `cp932` is for old programs of Windows. */
  readonly zipNames: 'utf-8' | 'cp932'
}

export const USUAL_FORMS: FileForms = { html: 'page', zipNames: 'utf-8' }
