/** Browsers of many people, in a process of their own and behind everything else: on other machines they would cost nothing here. */
import { existsSync, writeFileSync } from 'node:fs'
import { setPriority, constants } from 'node:os'
import { loadPortal, type PortalLoad } from '../../loadtest/portal/http-load.ts'

export type PagesLoad = Omit<PortalLoad, 'durationMs'> & { readonly seconds: number }
export type PagesDone = { readonly pagesPerSecond: number; readonly troubles: readonly string[]; readonly kinds: readonly { readonly kind: string; readonly pages: number; readonly p50Ms: number; readonly p99Ms: number }[] }

setPriority(constants.priority.PRIORITY_LOW)
// Leads a session, which the kernel may take for a group with a weight of its own (sched(7), autogroup).
if (existsSync('/proc/self/autogroup')) writeFileSync('/proc/self/autogroup', String(constants.priority.PRIORITY_LOW))
process.on('message', async ({ seconds, ...load }: PagesLoad) => {
  const ran = await loadPortal({ ...load, durationMs: seconds * 1000 }, () => {})
  const kinds = [...ran.kinds].map(([kind, { fine, answered }]) => ({ kind, pages: fine, p50Ms: Math.round(answered.quantile(0.5)), p99Ms: Math.round(answered.quantile(0.99)) }))
  const done: PagesDone = { pagesPerSecond: Math.round(ran.outcomes.accepted / ran.durationS), troubles: [...ran.troubles].map(([text, count]) => `${text}: ${count}`), kinds }
  process.send!(done)
})
process.on('disconnect', () => process.exit())
