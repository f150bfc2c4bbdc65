/** Counts for `/metrics`, in Prometheus' text format. Routes are counted by their pattern, so that the number of series is bounded. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const
/** Clients may invent methods; series may not. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])

interface Series {
  readonly labels: string
  count: number
  seconds: number
  /** Requests by the first bound that they keep; the text adds them up. */
  readonly buckets: number[]
}

export class Metrics {
  readonly #series = new Map<string, Series>()
  inFlight = 0
  streams = 0
  sockets = 0

  /** One answered request. */
  record(method: string, route: string, status: number, seconds: number): void {
    const known = METHODS.has(method) ? method : 'other'
    const key = `${known} ${status} ${route}`
    const series = this.#series.get(key) ?? this.#open(key, known, route, status)
    series.count += 1
    series.seconds += seconds
    const bucket = BUCKETS.findIndex((bound) => seconds <= bound)
    if (bucket >= 0) series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1
  }

  text(): string {
    return [
      '# TYPE http_request_duration_seconds histogram',
      ...[...this.#series.values()].flatMap(seriesLines),
      ...gauge('http_requests_in_flight', this.inFlight),
      ...gauge('http_event_streams', this.streams),
      ...gauge('http_web_sockets', this.sockets),
      '',
    ].join('\n')
  }

  #open(key: string, method: string, route: string, status: number): Series {
    const labels = `method="${method}",route="${route.replace(/["\\\n]/g, '')}",status="${status}"`
    const series: Series = { labels, count: 0, seconds: 0, buckets: BUCKETS.map(() => 0) }
    this.#series.set(key, series)
    return series
  }
}

function seriesLines({ labels, count, seconds, buckets }: Series): string[] {
  const name = 'http_request_duration_seconds'
  let below = 0
  const upTo = buckets.map((count) => (below += count))
  return [
    ...BUCKETS.map((bound, index) => `${name}_bucket{${labels},le="${bound}"} ${upTo[index]}`),
    `${name}_bucket{${labels},le="+Inf"} ${count}`,
    `${name}_sum{${labels}} ${seconds}`,
    `${name}_count{${labels}} ${count}`,
  ]
}

function gauge(name: string, value: number): string[] {
  return [`# TYPE ${name} gauge`, `${name} ${value}`]
}
