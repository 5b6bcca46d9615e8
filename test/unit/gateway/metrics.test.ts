import { describe, expect, test } from 'vitest'
import { createMetrics, METRIC_PREFIX, METRICS } from '../../../gateway/metrics.ts'

describe('metrics', () => {
  test('every one of the table is exposed under the prefix', async () => {
    const { text } = await createMetrics().exposition()
    for (const name of Object.keys(METRICS)) expect(text).toContain(`# TYPE ${METRIC_PREFIX}${name} `)
  })

  test('count, observe and set show, with their labels', async () => {
    const metrics = createMetrics()
    metrics.count('messages_accepted_total', 2)
    metrics.count('smtp_replies_total', 1, { reply: 'overloaded' })
    metrics.observe('accept_seconds', 0.03)
    metrics.set('lane_busy', 3, { lane: 'light' })
    const { text, contentType } = await metrics.exposition()
    expect(contentType).toContain('text/plain')
    expect(text).toContain('sekisho_messages_accepted_total 2\n')
    expect(text).toContain('sekisho_smtp_replies_total{reply="overloaded"} 1\n')
    expect(text).toContain('sekisho_accept_seconds_bucket{le="0.05"} 1\n')
    expect(text).toContain('sekisho_accept_seconds_bucket{le="0.025"} 0\n')
    expect(text).toContain('sekisho_lane_busy{lane="light"} 3\n')
  })

  test('gauges are set afresh when somebody asks', async () => {
    let queued = 0
    const metrics = createMetrics({ refresh: async each => each.set('queue_messages', ++queued) })
    await metrics.exposition()
    expect((await metrics.exposition()).text).toContain('sekisho_queue_messages 2\n')
  })

  test('two gateways in one process do not share numbers', async () => {
    const one = createMetrics()
    one.count('messages_accepted_total', 1)
    expect((await createMetrics().exposition()).text).toContain('sekisho_messages_accepted_total 0\n')
  })

  test('no label could hold what a sender chooses', () => {
    const labels = Object.values(METRICS).flatMap(metric => ('labels' in metric ? [...metric.labels] : []))
    expect([...new Set(labels)].sort()).toEqual([
      'cause',
      'client',
      'degraded',
      'direction',
      'kind',
      'lane',
      'outcome',
      'reply',
      'state',
      'verdict',
    ])
  })
})
