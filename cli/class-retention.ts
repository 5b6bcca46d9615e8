/** Days to keep originals by class of confidentiality (機密性), from the settings: what the notice says, and what the store does. */
import type { Config } from '../config/schema.ts'
import { type Classification, type ClassRules, classify } from '../core/classification.ts'
import type { TransactionDeps } from '../gateway/inbound/transaction.ts'

/** Of the classes that have a number of their own. */
export function daysByClass({ portal: { requests } }: Config): ReadonlyMap<Classification, number> {
  const { class1, class2, class3 } = requests
  const given = ([[1, class1], [2, class2], [3, class3]] as const).flatMap(([each, { originalDays }]) => (originalDays === 0 ? [] : [[each, originalDays] as const]))
  return new Map(given)
}

export function classRules({ portal: { requests } }: Config): ClassRules {
  const { defaultClass, matches } = requests
  return {
    defaultClass: defaultClass as Classification,
    matches: matches.map(({ from = '', subject = '', classification }) => ({ from: from.toLowerCase(), subject, classification: classification as Classification })),
  }
}

export function retentionClass(tenant: string, classification: Classification): string {
  return `${tenant}/${classification}`
}

export function retentionChooser(config: Config): TransactionDeps['retentionFor'] {
  const [days, rules] = [daysByClass(config), classRules(config)]
  return (tenant, ofPeople, message) => {
    const classification = days.size === 0 ? undefined : classify(message, ofPeople, rules)
    return classification !== undefined && days.has(classification) ? retentionClass(tenant, classification) : tenant
  }
}
