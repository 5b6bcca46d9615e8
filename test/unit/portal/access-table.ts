/**
 * Who may do what in the portal, declared once; access.test.ts holds the route table against it.
 *
 *   WHO     what each kind of page answers to each visitor           LINES   each route with its kind and somewhere to go
 */
import { VISITORS, type VisitorName } from '../../support/access-town.ts'

/**
 *   O  let in          u  a second factor first     p  401, as a problem
 *   -  not there       s  to the sign-in            f  the second factor of the sign-in first
 *   X  403             0  403, as a problem          C  409: nothing there to act on      B  400: nothing given to act on
 */
const WHO = `
               nobody half owner late deleg shared passed stranger appr other admin lateadm auditor north northadm token face
anyone         O      O    O     O    O     O      O      O        O    O     O     O       O       O     O        O     O
half           s      O    O     O    O     O      O      O        O    O     O     O       O       O     O        s     s
signed         s      f    O     O    O     O      O      O        O    O     O     O       O       O     O        s     s
factors        s      f    O     u    O     O      O      O        O    O     O     u       O       O     O        s     s
ends           s      f    C     C    C     C      C      C        C    C     C     C       C       C     C        s     s
enrol          s      f    O     O    O     O      O      O        O    O     O     O       O       O     O        s     s
key            s      X    O     X    O     O      O      O        O    O     O     X       O       O     O        s     s
card!          s      f    B     u    B     B      B      B        B    B     B     u       B       B     B        s     s
remove!        s      f    C     u    C     C      C      C        C    C     C     u       C       C     C        s     s
codes!         s      f    O     u    C     C      C      C        C    C     O     u       C       C     C        s     s
staff          s      f    O     O    O     O      O      O        O    O     X     X       X       O     X        s     s
pieces         s      f    O     O    -     -      -      -        -    -     X     X       X       -     X        s     s
pieces.done    s      f    C     C    -     -      -      -        -    -     X     X       X       -     X        s     s
mail.read      s      f    O     O    O     O      O      -        -    -     X     X       X       -     X        s     s
mail.theirs    s      f    O     O    O     O      X      -        -    -     X     X       X       -     X        s     s
mail.care      s      f    X     X    X     O      X      -        -    -     X     X       X       -     X        s     s
file.own       s      f    O     O    -     -      -      -        -    -     X     X       X       -     X        s     s
request.see    s      f    O     O    -     -      -      -        O    -     X     X       X       -     X        s     s
request.own    s      f    O     O    -     -      -      -        X    -     X     X       X       -     X        s     s
request.fetch! s      f    O     u    -     -      -      -        X    -     X     X       X       -     X        s     s
approver       s      f    X     X    X     X      X      X        O    O     X     X       X       X     X        s     s
decide         s      f    X     X    X     X      X      X        O    -     X     X       X       X     X        s     s
house.see      s      f    X     X    X     X      X      X        X    X     O     O       O       X     O        s     s
house.one      s      f    X     X    X     X      X      X        X    X     O     O       O       X     -        s     s
house.act      s      f    X     X    X     X      X      X        X    X     O     O       X       X     O        s     s
queue.act      s      f    X     X    X     X      X      X        X    X     O     O       X       X     C        s     s
house.act!     s      f    X     X    X     X      X      X        X    X     O     u       X       X     O        s     s
house.act.one! s      f    X     X    X     X      X      X        X    X     O     u       X       X     -        s     s
operator.see   s      f    X     X    X     X      X      X        X    X     O     O       O       X     X        s     s
operator.act   s      f    X     X    X     X      X      X        X    X     O     O       X       X     X        s     s
operator.act!  s      f    X     X    X     X      X      X        X    X     O     u       X       X     X        s     s
glass.one      s      f    X     X    X     X      X      X        O    O     O     O       O       X     -        s     s
glass.second!  s      f    X     X    X     X      X      X        O    O     O     u       X       X     -        s     s
glass.asker!   s      f    X     X    X     X      X      X        X    X     O     u       X       X     -        s     s
unset          -      -    -     -    -     -      -      -        -    -     -     -       -       -     -        -     -
unset!         s      f    -     u    -     -      -      -        -    -     -     u       -       -     -        s     s
token          p      p    p     p    p     p      p      p        p    p     p     p       p       p     p        O     p
`

/** `W`: the request that waits, `A`: the approved one, `R`: the file that lies ready, `T`: the token, `D`: the owner's department. */
type Line = readonly [route: string, kind: string, path: string, form: Readonly<Record<string, string>> | undefined]

export const LINES: readonly Line[] = ([
  // Signing in, and one's own account.
  ['GET /sign-in', 'anyone', '/sign-in'],
  ['POST /sign-in', 'anyone', '/sign-in', { login: 'nobody', password: 'x' }],
  // No provider is set here: test/unit/portal/sign-in/oidc.test.ts has one.
  ['GET /sign-in/oidc', 'unset', '/sign-in/oidc'],
  ['GET /sign-in/oidc/back', 'unset', '/sign-in/oidc/back?code=x&state=x'],
  ['GET /sign-in/oidc/leave', 'unset', '/sign-in/oidc/leave'],
  ['GET /account/oidc', 'unset!', '/account/oidc'],
  ['POST /account/oidc/remove', 'remove!', '/account/oidc/remove'],
  ['POST /sign-out', 'half', '/sign-out'],
  ['GET /second-factor', 'half', '/second-factor'],
  ['POST /second-factor', 'half', '/second-factor', { code: '000000' }],
  ['GET /step-up', 'signed', '/step-up'],
  ['GET /new-password', 'half', '/new-password'],
  ['POST /new-password', 'half', '/new-password'],
  ['POST /keys/ask', 'half', '/keys/ask'],
  ['POST /keys/offer', 'half', '/keys/offer'],
  ['POST /keys/use', 'half', '/keys/use'],
  ['GET /enrol', 'enrol', '/enrol'],
  ['POST /enrol', 'key', '/enrol', { code: '000000' }],
  ['POST /keys/add', 'key', '/keys/add'],
  ['GET /account/factors', 'factors', '/account/factors'],
  ['GET /welcome/:token', 'anyone', '/welcome/none'],
  ['POST /welcome/:token', 'anyone', '/welcome/none'],
  ['GET /account', 'signed', '/account'],
  ['POST /account/settings', 'signed', '/account/settings', { language: 'ja', digest: 'daily' }],
  ['POST /account/password', 'signed', '/account/password'],
  ['POST /account/sessions/end', 'ends', '/account/sessions/end', { session: 'another’s' }],
  ['POST /account/away', 'signed', '/account/away', { 'away-from': '2026-12-01', 'away-to': '2026-12-02' }],
  ['POST /account/back', 'signed', '/account/back'],
  ['POST /account/delegation', 'signed', '/account/delegation', { delegate: 'stranger', 'delegate-from': '2026-12-01', 'delegate-to': '2026-12-02' }],
  ['POST /account/delegation/end', 'signed', '/account/delegation/end'],
  ['POST /account/factors/remove', 'remove!', '/account/factors/remove', { factor: 'another’s' }],
  ['POST /account/recovery-codes', 'codes!', '/account/recovery-codes'],
  ['POST /account/card', 'card!', '/account/card'],
  ['POST /language', 'anyone', '/language', { language: 'en' }],
  ['POST /csp', 'anyone', '/csp'],
  // Mails.
  ['GET /', 'staff', '/'],
  ['GET /m/:publicId', 'mail.read', '/m/MAIL'],
  ['GET /m/:publicId/files/:index', 'mail.read', '/m/MAIL/files/0'],
  ['GET /m/:publicId/results', 'file.own', '/m/MAIL/results'],
  ['POST /m/:publicId/parts/:part/again', 'mail.read', '/m/MAIL/parts/2/again'],
  ['POST /m/:publicId/parts/:part/mail', 'mail.read', '/m/MAIL/parts/2/mail'],
  ['GET /m/:publicId/preview/:part', 'mail.read', '/m/MAIL/preview/2'],
  ['POST /m/:publicId/preview/:part', 'mail.read', '/m/MAIL/preview/4', { password: 'secret' }],
  ['GET /m/:publicId/preview/:part/picture', 'mail.read', '/m/MAIL/preview/2/picture'],
  ['GET /m/:publicId/unlock', 'mail.read', '/m/MAIL/unlock'],
  ['POST /m/:publicId/unlock', 'mail.read', '/m/MAIL/unlock', { password: 'secret', then: 'take' }],
  ['POST /m/:publicId/wait', 'mail.read', '/m/MAIL/wait', { act: 'start' }],
  ['POST /m/:publicId/care', 'mail.care', '/m/MAIL/care', { act: 'take', seen: '' }],
  ['POST /m/:publicId/share', 'mail.theirs', '/m/MAIL/share', { act: 'end' }],
  ['POST /m/:publicId/unread', 'mail.read', '/m/MAIL/unread'],
  // What lies ready, and bringing files in.
  ['GET /shelf', 'staff', '/shelf'],
  ['POST /shelf/:resultId/file', 'file.own', '/shelf/R/file'],
  ['POST /shelf/:resultId/mail', 'file.own', '/shelf/R/mail'],
  ['POST /shelf/:resultId/ask', 'file.own', '/shelf/R/ask', { reason: '業務のため' }],
  ['GET /upload', 'staff', '/upload'],
  ['POST /upload', 'staff', '/upload'],
  ['POST /upload/pieces', 'staff', '/upload/pieces', { name: 'a.pdf', type: '', size: '1' }],
  ['GET /upload/pieces/:uploadId', 'pieces', '/upload/pieces/U'],
  ['POST /upload/pieces/:uploadId', 'pieces', '/upload/pieces/U?offset=0'],
  ['POST /upload/pieces/:uploadId/done', 'pieces.done', '/upload/pieces/U/done'],
  ['GET /upload/done', 'staff', '/upload/done'],
  // Requests for originals.
  ['GET /requests', 'staff', '/requests'],
  ['GET /requests/new', 'mail.theirs', '/requests/new?m=MAIL'],
  ['POST /requests/new', 'mail.theirs', '/requests/new', { m: 'MAIL', part: '2', reason: '業務のため' }],
  ['GET /requests/:requestId', 'request.see', '/requests/W'],
  ['POST /requests/:requestId/withdraw', 'request.own', '/requests/W/withdraw'],
  ['POST /requests/:requestId/parts/:part/take', 'request.fetch!', '/requests/A/parts/0/take'],
  ['POST /requests/:requestId/parts/:part/zip', 'request.fetch!', '/requests/A/parts/0/zip'],
  ['POST /requests/:requestId/parts/:part/zip-take', 'request.fetch!', '/requests/A/parts/0/zip-take'],
  ['POST /requests/:requestId/parts/:part/mailbox', 'request.fetch!', '/requests/A/parts/0/mailbox'],
  ['GET /approvals', 'approver', '/approvals'],
  ['GET /approvals/:requestId', 'decide', '/approvals/W'],
  ['POST /approvals/:requestId/approve', 'decide', '/approvals/W/approve'],
  ['POST /approvals/:requestId/refuse', 'decide', '/approvals/W/refuse', { why: '不要' }],
  ['POST /approvals/:requestId/code', 'decide', '/approvals/W/code', { code: '0000-0000' }],
  ['GET /approvals/:requestId/parts/:part/preview', 'decide', '/approvals/W/parts/0/preview'],
  ['GET /approvals/:requestId/parts/:part/picture', 'decide', '/approvals/W/parts/0/picture'],
  // Administrators and auditors.
  ['GET / (admin)', 'house.see', '/'],
  ['GET /queue', 'house.see', '/queue'],
  ['GET /queue.csv', 'house.see', '/queue.csv'],
  ['GET /queue/:queueId', 'house.one', '/queue/waits'],
  ['GET /queue/:queueId/:act', 'queue.act', '/queue/waits/drop'],
  ['POST /queue/:queueId/:act', 'queue.act', '/queue/waits/drop'],
  ['GET /quarantine', 'house.see', '/quarantine'],
  ['GET /quarantine.csv', 'house.see', '/quarantine.csv'],
  ['GET /quarantine/purge', 'house.act!', '/quarantine/purge'],
  ['POST /quarantine/purge', 'house.act!', '/quarantine/purge'],
  ['GET /quarantine/:queueId', 'house.one', '/quarantine/kept'],
  ['POST /quarantine/:queueId', 'house.act.one!', '/quarantine/kept'],
  ['GET /trace', 'house.see', '/trace'],
  ['GET /trace.csv', 'house.see', '/trace.csv?q=nothing'],
  ['GET /trace/:queueId', 'house.one', '/trace/kept'],
  ['GET /policy', 'house.see', '/policy'],
  ['GET /policy/explain', 'house.see', '/policy/explain'],
  ['GET /policy/replay', 'operator.see', '/policy/replay'],
  ['POST /policy/replay', 'operator.see', '/policy/replay'],
  ['GET /policy/versions', 'operator.see', '/policy/versions'],
  ['GET /policy/versions/:version', 'operator.see', '/policy/versions/VERSION'],
  ['GET /reports', 'house.see', '/reports'],
  ['GET /reports/flow.csv', 'house.see', '/reports/flow.csv'],
  ['GET /reports/top.csv', 'house.see', '/reports/top.csv'],
  ['GET /reports/month', 'house.see', '/reports/month'],
  ['GET /audit', 'house.see', '/audit'],
  ['POST /audit/verify', 'house.see', '/audit/verify'],
  ['POST /audit/export', 'house.see', '/audit/export'],
  ['POST /audit/forward', 'house.see', '/audit/forward'],
  ['GET /inspection', 'house.see', '/inspection'],
  ['POST /inspection', 'house.see', '/inspection'],
  ['GET /inspection/runs/:runId', 'house.one', '/inspection/runs/RUN'],
  ['GET /inspection/points/:pointId', 'house.act', '/inspection/points/backup'],
  ['POST /inspection/points/:pointId', 'house.act', '/inspection/points/backup'],
  ['GET /inspection/procedure', 'house.act', '/inspection/procedure'],
  ['GET /tokens', 'house.see', '/tokens'],
  ['GET /tokens.csv', 'house.see', '/tokens.csv'],
  ['POST /tokens', 'house.act!', '/tokens'],
  ['GET /tokens/:tokenId', 'house.one', '/tokens/T'],
  ['POST /tokens/:tokenId/revoke', 'house.act.one!', '/tokens/T/revoke', { reason: '終わり' }],
  ['GET /approvers', 'house.act', '/approvers'],
  ['POST /approvers/propose', 'house.act!', '/approvers/propose'],
  ['POST /approvers/confirm', 'house.act!', '/approvers/confirm'],
  ['GET /glass', 'house.see', '/glass'],
  ['GET /glass-new', 'house.act', '/glass-new'],
  ['POST /glass-new', 'house.act!', '/glass-new'],
  ['GET /glass/:glassId', 'glass.one', '/glass/GA'],
  ['POST /glass/:glassId/confirm', 'glass.second!', '/glass/GA/confirm'],
  ['POST /glass/:glassId/refuse', 'glass.second!', '/glass/GA/refuse'],
  ['POST /glass/:glassId/end', 'glass.asker!', '/glass/GA/end'],
  ['GET /glass/:glassId/read', 'glass.asker!', '/glass/GO/read'],
  ['GET /glass/:glassId/parts/:part/preview', 'glass.asker!', '/glass/GO/parts/2/preview'],
  ['GET /glass/:glassId/parts/:part/picture', 'glass.asker!', '/glass/GO/parts/2/picture'],
  ['GET /emergency', 'operator.act', '/emergency'],
  ['POST /emergency', 'operator.act!', '/emergency', { state: 'hold' }],
  ['GET /people', 'house.see', '/people'],
  ['GET /people.csv', 'house.see', '/people.csv'],
  ['GET /people/departments.csv', 'house.see', '/people/departments.csv'],
  ['GET /people/mailboxes.csv', 'house.see', '/people/mailboxes.csv'],
  ['GET /people/delegations.csv', 'house.see', '/people/delegations.csv'],
  ['GET /people/new', 'house.act!', '/people/new'],
  ['POST /people/new', 'house.act!', '/people/new'],
  ['GET /people/:personId', 'house.one', '/people/PERSON'],
  ['GET /people/:personId/:act', 'house.act.one!', '/people/PERSON/disable'],
  ['POST /people/:personId/:act', 'house.act.one!', '/people/PERSON/disable', { step: 'do', reason: '退職のため' }],
  ['GET /people/departments', 'house.see', '/people/departments'],
  ['GET /people/departments/new', 'house.act!', '/people/departments/new'],
  ['POST /people/departments/new', 'house.act!', '/people/departments/new'],
  ['GET /people/departments/:departmentId', 'house.one', '/people/departments/DEPARTMENT'],
  ['GET /people/departments/:departmentId/:act', 'house.act.one!', '/people/departments/DEPARTMENT/change'],
  ['POST /people/departments/:departmentId/:act', 'house.act.one!', '/people/departments/DEPARTMENT/change'],
  ['GET /people/mailboxes', 'house.see', '/people/mailboxes'],
  ['GET /people/mailboxes/new', 'house.act!', '/people/mailboxes/new'],
  ['POST /people/mailboxes/new', 'house.act!', '/people/mailboxes/new'],
  ['GET /people/mailboxes/:mailboxId', 'house.one', '/people/mailboxes/MAILBOX'],
  ['GET /people/mailboxes/:mailboxId/:act', 'house.act.one!', '/people/mailboxes/MAILBOX/change'],
  ['POST /people/mailboxes/:mailboxId/:act', 'house.act.one!', '/people/mailboxes/MAILBOX/change'],
  ['GET /people/delegations', 'house.see', '/people/delegations'],
  ['GET /people/changes', 'house.see', '/people/changes'],
  ['GET /people/changes/new', 'house.act!', '/people/changes/new'],
  ['POST /people/changes/new', 'house.act!', '/people/changes/new'],
  ['POST /people/changes/plan', 'house.act!', '/people/changes/plan'],
  ['GET /people/changes/:changeId/withdraw', 'house.act.one!', '/people/changes/CHANGE/withdraw'],
  ['POST /people/changes/:changeId/withdraw', 'house.act.one!', '/people/changes/CHANGE/withdraw', { reason: '取りやめ' }],
  // The API: its own scopes and tenants are asked in api/api.test.ts.
  ['GET /api/v1/openapi.json', 'anyone', '/api/v1/openapi.json'],
  ['GET /api/v1/messages', 'token', '/api/v1/messages'],
  ['GET /api/v1/messages/:messageId', 'token', '/api/v1/messages/Pkept'],
  ['GET /api/v1/messages/:messageId/parts', 'token', '/api/v1/messages/Pkept/parts'],
  ['GET /api/v1/messages/:messageId/parts/:partId', 'token', '/api/v1/messages/Pkept/parts/2'],
  ['GET /api/v1/messages/:messageId/life', 'token', '/api/v1/messages/Pkept/life'],
  ['GET /api/v1/requests', 'token', '/api/v1/requests'],
  ['GET /api/v1/requests/:requestId', 'token', '/api/v1/requests/W'],
  ['GET /api/v1/queue', 'token', '/api/v1/queue'],
  ['GET /api/v1/quarantine', 'token', '/api/v1/quarantine'],
  ['GET /api/v1/statistics/flow', 'token', '/api/v1/statistics/flow'],
  ['GET /api/v1/statistics/top', 'token', '/api/v1/statistics/top'],
  ['GET /api/v1/reports/:month', 'token', '/api/v1/reports/2026-11'],
  ['GET /api/v1/chains', 'token', '/api/v1/chains'],
  ['GET /api/v1/chains/:chain/verification', 'token', '/api/v1/chains/portal/verification'],
  ['GET /api/v1/audit/:chain', 'token', '/api/v1/audit/portal'],
  ['GET /api/v1/audit/:chain/export', 'token', '/api/v1/audit/portal/export'],
  ['GET /api/v1/health', 'token', '/api/v1/health'],
] as readonly (readonly [string, string, string, Readonly<Record<string, string>>?])[]).map(([route, kind, path, form]) => [route, kind, path, form])

export const MATRIX: ReadonlyMap<string, ReadonlyMap<VisitorName, string>> = (() => {
  const [head, ...lines] = WHO.trim().split('\n').map(line => line.trim().split(/\s+/))
  if (head!.join() !== VISITORS.join()) throw new Error('the columns of the table are not the visitors')
  return new Map(lines.map(([kind, ...cells]) => [kind!, new Map(VISITORS.map((name, index) => [name, cells[index]!]))]))
})()

