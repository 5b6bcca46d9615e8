/** How the gateway is from second to second: room on disk, the quota, the emergency state. */
import type { Config } from '../config/schema.ts'
import type { RaiseAlarm } from '../gateway/alarms.ts'
import type { Emergency, Store, StoreSpace } from '../store/contract.ts'

export class Pulse {
  emergency: Emergency = 'none'
  space: StoreSpace
  readonly #store: Pick<Store, 'space'>
  readonly #config: () => Config
  /** When the event loop and the store last answered. */
  aliveAtMs = Date.now()
  #overQuotaShare = false

  private constructor(store: Pick<Store, 'space'>, config: () => Config, space: StoreSpace) {
    this.#store = store
    this.#config = config
    this.space = space
  }

  static async of(store: Pick<Store, 'space'>, config: () => Config): Promise<Pulse> {
    return new Pulse(store, config, await store.space())
  }

  hasSpace(bytes: number): boolean {
    const { minFreeBytes } = this.#config().store
    return this.space.freeBytes - bytes > minFreeBytes && this.space.originalBytes + bytes < this.space.quotaBytes
  }

  async look(raise: RaiseAlarm): Promise<void> {
    try {
      this.space = await this.#store.space()
      this.aliveAtMs = Date.now()
      this.#lookAtQuota(raise)
    } catch {
      // A store that cannot say is about to be reported broken by the same thread.
    }
  }

  /** Raised when the share is passed, not for as long as it is: a line in the log each time would hide the rest. */
  #lookAtQuota(raise: RaiseAlarm): void {
    const usedPercent = (100 * this.space.originalBytes) / this.space.quotaBytes
    const isOver = usedPercent >= this.#config().store.quotaAlarmPercent
    if (isOver && !this.#overQuotaShare) raise('quota', `originals use ${Math.floor(usedPercent)} % of store.quotaBytes`)
    this.#overQuotaShare = isOver
  }
}
