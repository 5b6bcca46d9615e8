/**
 * What self-inspections found, what persons attested, which clause of the own rules a point carries out: kept in portal.db,
 * each act beside its audit record. Nothing is changed later; a new attestation stands before the old one.
 */
import type { PortalDb } from '../db/open.ts'

export type PointState = 'good' | 'bad' | 'open'
export type PointResult = { readonly id: string; readonly state: PointState; readonly evidence: readonly string[] }
export type InspectionRun = { readonly runId: number; readonly atMs: number; readonly actor: string; readonly results: readonly PointResult[] }
/** `name`: who attests, as they sign; `actor`: who was signed in. */
export type Attestation = { readonly pointId: string; readonly atMs: number; readonly actor: string; readonly name: string; readonly note: string }

type Act = { readonly tenant: string; readonly actor: string }

export interface InspectionBook {
  save(act: Act, results: readonly PointResult[]): number
  runs(tenant: string, limit: number): readonly InspectionRun[]
  run(tenant: string, runId: number): InspectionRun | undefined
  attest(act: Act, attestation: Pick<Attestation, 'pointId' | 'name' | 'note'>): void
  /** The newest of each point. */
  attestations(tenant: string): ReadonlyMap<string, Attestation>
  setClause(act: Act, pointId: string, clause: string): void
  clauses(tenant: string): ReadonlyMap<string, string>
}

export function inspectionBook(db: PortalDb): InspectionBook {
  const audit = ({ tenant, actor }: Act, kind: string, subject: string, detail: Readonly<Record<string, string | number>>) => db.audit({ tenant, kind, actor, subject, detail })
  return {
    save: (act, results) =>
      db.write(() => {
        const runId = db.insert('INSERT INTO inspections (tenant, at_ms, actor, results) VALUES (?, ?, ?, ?)', act.tenant, db.nowMs(), act.actor, JSON.stringify(results))
        const count = (state: PointState) => results.filter(result => result.state === state).length
        audit(act, 'inspect', `inspection ${runId}`, { good: count('good'), bad: count('bad'), open: count('open') })
        return runId
      }),
    runs: (tenant, limit) => db.all('SELECT * FROM inspections WHERE tenant = ? ORDER BY run_id DESC LIMIT ?', tenant, limit).map(runOf),
    run: (tenant, runId) => {
      const row = db.get('SELECT * FROM inspections WHERE tenant = ? AND run_id = ?', tenant, runId)
      return row && runOf(row)
    },
    attest: (act, { pointId, name, note }) =>
      db.write(() => {
        db.run('INSERT INTO attestations (tenant, point_id, at_ms, actor, name, note) VALUES (?, ?, ?, ?, ?, ?)', act.tenant, pointId, db.nowMs(), act.actor, name, note)
        audit(act, 'attest', pointId, { name, note })
      }),
    attestations: tenant => {
      const rows = db.all(
        'SELECT point_id, at_ms, actor, name, note FROM attestations WHERE attestation_id IN (SELECT max(attestation_id) FROM attestations WHERE tenant = ? GROUP BY point_id)',
        tenant,
      )
      return new Map(rows.map(row => [String(row['point_id']), { pointId: String(row['point_id']), atMs: Number(row['at_ms']), actor: String(row['actor']), name: String(row['name']), note: String(row['note']) }]))
    },
    setClause: (act, pointId, clause) =>
      db.write(() => {
        db.run('INSERT INTO inspection_clauses VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET clause = excluded.clause', act.tenant, pointId, clause)
        audit(act, 'inspect', pointId, { clause })
      }),
    clauses: tenant => new Map(db.all('SELECT point_id, clause FROM inspection_clauses WHERE tenant = ?', tenant).map(row => [String(row['point_id']), String(row['clause'])])),
  }
}

function runOf(row: Readonly<Record<string, unknown>>): InspectionRun {
  return { runId: Number(row['run_id']), atMs: Number(row['at_ms']), actor: String(row['actor']), results: JSON.parse(String(row['results'])) as PointResult[] }
}
