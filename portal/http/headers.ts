/**
 * Headers of every answer: nothing is loaded from elsewhere, nothing inline runs, nobody frames us, nothing is kept.
 *
 * @see W3C CSP Level 3, Trusted Types, RFC 6797 (HSTS)
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
  'report-uri /csp',
].join('; ')

/** What a file of anybody's is sent with: even if a browser opened it, it could do nothing. */
export const FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"

export function pageHeaders(isHttps: boolean): Record<string, string> {
  return {
    'content-security-policy': POLICY,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()',
    'x-frame-options': 'DENY',
    ...(isHttps ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  }
}
