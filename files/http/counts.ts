/** What the HTTP face counts, as Prometheus text. Labels are names of tokens and kinds of results, never of files. */
export class Counts {
  readonly #requests = new Map<string, number>()
  readonly #bytes = new Map<string, number>()
  #seconds = 0

  add(token: string, status: number, facts: { readonly bytes: number; readonly seconds: number }): void {
    const labels = `token="${token}",status="${status}"`
    this.#requests.set(labels, (this.#requests.get(labels) ?? 0) + 1)
    this.#bytes.set(`token="${token}"`, (this.#bytes.get(`token="${token}"`) ?? 0) + facts.bytes)
    this.#seconds += facts.seconds
  }

  exposition(gauges: { readonly inWork: number; readonly heldBytes: number }): string {
    const series = (name: string, type: string, help: string, values: Iterable<readonly [string, number]>) =>
      [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...Array.from(values, ([labels, value]) => `${name}${labels && `{${labels}}`} ${value}`), ''].join('\n')
    return [
      series('sekisho_api_requests_total', 'counter', 'Requests by token and status.', this.#requests),
      series('sekisho_api_received_bytes_total', 'counter', 'Octets of files received.', this.#bytes),
      series('sekisho_api_seconds_total', 'counter', 'Time spent on requests.', [['', this.#seconds]]),
      series('sekisho_api_in_work', 'gauge', 'Files in work or arriving.', [['', gauges.inWork]]),
      series('sekisho_api_held_bytes', 'gauge', 'Memory of results that wait.', [['', gauges.heldBytes]]),
    ].join('')
  }
}
