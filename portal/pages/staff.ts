/** The pages of staff, as one family: on the inner and the outer face, without one that could give out an original. */
import type { House } from '../house.ts'
import type { Route } from '../http/route.ts'
import { mailRoutes } from './mails.ts'
import { messageFormRoutes } from './message-forms.ts'
import { messageRoutes } from './message.ts'
import { previewRoutes } from './preview.ts'
import { shelfRoutes } from './shelf.ts'
import { unlockRoutes } from './unlock.ts'
import { uploadPieceRoutes } from './upload-pieces.ts'
import { uploadRoutes } from './upload.ts'

export function staffRoutes(house: House): Route[] {
  return [mailRoutes, messageRoutes, messageFormRoutes, previewRoutes, unlockRoutes, shelfRoutes, uploadRoutes, uploadPieceRoutes].flatMap(family => family(house))
}
