/** What of the configuration in force the self-inspection judges (portal/admin/inspection.ts); no secrets. */
import { isInForce } from '../gateway/alarms.ts'
import type { GatewayFacts } from '../gateway/overview-methods.ts'
import type { InForce } from './in-force.ts'

export function gatewayFacts({ config, storeSettings }: InForce): GatewayFacts {
  const { originalDays, textDays, logDays, auditYears } = config.store.retention
  return {
    routes: config.routes.map(({ name, direction, nextHops }) => ({ name, direction, hops: nextHops.map(hopName) })),
    retention: { originalDays, textDays, logDays, auditYears, logFileDays: config.maillog.keepDays + config.maillog.archiveDays },
    sealingKeys: Object.fromEntries(Object.entries(storeSettings.recipients).map(([tenant, lines]) => [tenant, lines.length])),
    antivirus: config.antivirus.clamd !== '',
    wall: config.sandbox.wall,
    syslog: config.alarms.syslog,
    contacts: config.alarms.contacts.map(({ name, from, webhook, until = '' }) => ({ name, from, hasPath: webhook !== '' || config.alarms.webhook !== '' || config.alarms.syslog !== '', until, isOver: until !== '' && !isInForce({ until }, Date.now()) })),
  }
}

function hopName(hop: InForce['config']['routes'][number]['nextHops'][number]): string {
  return hop.kind === 'maildir' ? `maildir ${hop.path}` : `${hop.host}:${hop.port}`
}
