import { describe, expect, test } from 'vitest'
import { formatProblem, parseConfig } from '../../../config/load.ts'

const hop = 'nextHops: [{ maildir: m }]'

describe('rules across settings, each with the place to look at', () => {
  test.each([
    [
      'two routes of one name',
      `routes:\n  - { name: a, ${hop} }\n  - { name: a, direction: outward, ${hop} }`,
      's:3:7: routes[1].name: another route has this name',
    ],
    [
      'two routes for one domain',
      `routes:\n  - { name: a, ${hop} }\n  - { name: b, ${hop} }`,
      "s:3:5: routes[1].domains[0]: route 'a' takes * already",
    ],
    [
      'a domain without a route',
      `domains:\n  - x.jp\nroutes:\n  - { name: a, domains: [y.jp], ${hop} }`,
      's:2:5: domains[0]: no inward route takes x.jp',
    ],
    [
      'only an outward route',
      `domains:\n  - x.jp\nroutes:\n  - { name: a, direction: outward, ${hop} }`,
      's:2:5: domains[0]: no inward route takes x.jp',
    ],
    [
      'a domain of Internet-side mailboxes that no outward route names',
      `portal:\n  requests:\n    outsideDomains: [net.example.jp]\nroutes:\n  - { name: a, ${hop} }\n  - { name: b, direction: outward, nextHops: [{ maildir: n }] }`,
      's:3:22: portal.requests.outsideDomains[0]: no outward route names net.example.jp',
    ],
    [
      'one whose route leads to an inner hop',
      `portal:\n  requests:\n    outsideDomains: [net.example.jp]\nroutes:\n  - { name: a, ${hop} }\n  - { name: b, direction: outward, domains: [net.example.jp], ${hop} }`,
      's:3:22: portal.requests.outsideDomains[0]: the route b leads to a next hop of an inward route',
    ],
    [
      'one of the inner side',
      `domains: [town.jp]\nportal:\n  requests:\n    outsideDomains: [town.jp]\nroutes:\n  - { name: a, ${hop} }`,
      's:4:22: portal.requests.outsideDomains[0]: town.jp is a domain of the inner side',
    ],
    [
      'a tenant called default',
      'tenants:\n  - { id: default, domains: [a.jp] }',
      's:2:7: tenants[0].id: this tenant exists already',
    ],
    [
      'one domain in two tenants',
      'tenants:\n  - { id: a, domains: [a.jp] }\n  - { id: b, domains: [a.jp] }',
      's:3:24: tenants[1].domains[0]: another tenant has this domain',
    ],
    [
      'an unknown department',
      'policy:\n  groups:\n    - id: g\n      departments: [税務課]',
      "s:4:21: policy.groups[0].departments[0]: policy.departments has no '税務課'",
    ],
    [
      'an unknown finding',
      'policy:\n  rows:\n    - id: r\n      finding: [no.such]\n      then: quarantine\n      why: x',
      "s:4:17: policy.rows[0].finding[0]: there is no finding 'no.such' (docs/findings.md)",
    ],
    [
      'an unknown reason',
      'policy:\n  rows:\n    - { id: r, reason: encrypte, then: quarantine, why: x }',
      "s:3:16: policy.rows[0].reason: there is no reason 'encrypte'; did you mean encrypted?",
    ],
    [
      'a row that takes the id of a shipped one',
      'policy:\n  rows:\n    - { id: encrypted, then: quarantine, why: x }',
      's:3:9: policy.rows[0].id: another row has this id',
    ],
    [
      'an unknown notice text',
      'noticeTexts:\n  titel: x',
      "s:2:3: noticeTexts.titel: there is no notice text 'titel'; did you mean title?",
    ],
    [
      'a certificate without its key',
      'smtp: { tls: { certFile: c } }',
      's:1:9: smtp.tls: certFile and keyFile belong together',
    ],
    [
      'TLS required without a certificate',
      'smtp: { tls: { required: true } }',
      's:1:16: smtp.tls.required: needs certFile and keyFile',
    ],
    [
      'more time than a client waits',
      'sanitizer: { jobTimeoutMs: 60000 }',
      's:1:1: sanitizer: startWithinMs + 3 × jobTimeoutMs must stay within 120000: the client waits for all of it',
    ],
    [
      'audit records that end before the originals',
      'store: { retention: { originalDays: 3650, auditYears: 1 } }',
      's:1:43: store.retention.auditYears: must be longer than originalDays',
    ],
  ])('%s', (_, text, want) => {
    const loaded = parseConfig(text, { source: 's', baseDir: '/', environment: {} })
    expect('problems' in loaded ? loaded.problems.map(formatProblem) : []).toEqual([want])
  })

  test.each([
    ['one route each way', `routes:\n  - { name: a, ${hop} }\n  - { name: b, direction: outward, ${hop} }`],
    ['a pattern that covers the domain', `domains: [x.city.jp]\nroutes: [{ name: a, domains: ['*.city.jp'], ${hop} }]`],
  ])('%s is fine', (_, text) =>
    expect(parseConfig(text, { source: 's', baseDir: '/', environment: {} })).toHaveProperty('config'),
  )
})
