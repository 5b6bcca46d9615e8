/** The value of Content-Disposition for a file that is handed out over HTTP. */

/** RFC 6266 with the name in RFC 8187 form alone, which has no character that a header could stumble over. */
export function attachment(name: string): string {
  const encoded = encodeURIComponent(name.toWellFormed()).replace(/['()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  return `attachment; filename*=UTF-8''${encoded}`
}
