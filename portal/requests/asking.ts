/** Who is asked about what a person files, now: looked up anew each time, with the duty group at nights and on holidays. */
import type { PortalDb } from '../db/open.ts'
import type { Asked } from './deciders.ts'
import type { Directory } from './directory.ts'
import type { Post } from './post.ts'
import type { RequestRules } from './rules.ts'
import { afterWorkingDays, dayInJapan, isWorkingTime } from './working-time.ts'

export type DeskOptions = { readonly db: PortalDb; readonly directory: Directory; readonly rules: () => RequestRules; readonly post: Post }

export class Asking {
  readonly #options: DeskOptions

  constructor(options: DeskOptions) {
    this.#options = options
  }

  get nowMs(): number {
    return this.#options.db.nowMs()
  }

  get today(): string {
    return dayInJapan(this.nowMs)
  }

  /** When a level of approvers that is asked now has had its time. */
  get decideUntilMs(): number {
    const { decideDays, hours } = this.#options.rules()
    return afterWorkingDays(this.nowMs, decideDays, hours)
  }

  /** Until when an approval that is given now can be used. */
  get approvedUntilMs(): number {
    const { approvalDays, hours } = this.#options.rules()
    return afterWorkingDays(this.nowMs, approvalDays, hours)
  }

  about(requesterId: number): Asked {
    const { directory } = this.#options
    const { dutyDepartment, hours } = this.#options.rules()
    const requester = directory.person(requesterId, this.today)
    const isDuty = requester !== undefined && dutyDepartment !== '' && !isWorkingTime(this.nowMs, hours)
    return { levels: directory.approversFor(requesterId, this.today), duty: isDuty ? directory.approversOf(requester.tenant, dutyDepartment, this.today) : [] }
  }
}
