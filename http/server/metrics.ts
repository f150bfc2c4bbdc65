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

/** The requests of one route. */
export class RouteCounter {
  readonly route: string
  readonly #series = new Map<string, Map<number, Series>>()

  constructor(route: string) {
    this.route = route
  }

  /** One answered request. */
  record(method: string, status: number, seconds: number): void {
    const known = METHODS.has(method) ? method : 'other'
    let statuses = this.#series.get(known)
    if (statuses === undefined) this.#series.set(known, (statuses = new Map()))
    let series = statuses.get(status)
    if (series === undefined) statuses.set(status, (series = this.#open(known, status)))
    series.count += 1
    series.seconds += seconds
    let bucket = 0
    while (bucket < BUCKETS.length && seconds > BUCKETS[bucket]!) bucket += 1
    if (bucket < BUCKETS.length) series.buckets[bucket]! += 1
  }

  lines(): string[] {
    return [...this.#series.values()].flatMap((statuses) => [...statuses.values()].flatMap(seriesLines))
  }

  #open(method: string, status: number): Series {
    const labels = `method="${method}",route="${this.route.replace(/["\\\n]/g, '')}",status="${status}"`
    return { labels, count: 0, seconds: 0, buckets: BUCKETS.map(() => 0) }
  }
}

export class Metrics {
  readonly #counters = new Map<string, RouteCounter>()
  readonly #inFlight: () => number
  streams = 0
  sockets = 0

  /** `inFlight`: requests being answered now. */
  constructor(inFlight: () => number) {
    this.#inFlight = inFlight
  }

  /** The counter of a route's pattern; the same one for the same pattern. */
  counter(route: string): RouteCounter {
    let counter = this.#counters.get(route)
    if (counter === undefined) this.#counters.set(route, (counter = new RouteCounter(route)))
    return counter
  }

  text(): string {
    return [
      '# TYPE http_request_duration_seconds histogram',
      ...[...this.#counters.values()].flatMap((counter) => counter.lines()),
      ...gauge('http_requests_in_flight', this.#inFlight()),
      ...gauge('http_event_streams', this.streams),
      ...gauge('http_web_sockets', this.sockets),
      ...processLines(),
      '',
    ].join('\n')
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

/** Of the operating system's process, under the names that dashboards know. */
function processLines(): string[] {
  const { user, system } = process.cpuUsage()
  return [
    '# TYPE process_cpu_seconds_total counter',
    `process_cpu_seconds_total ${(user + system) / 1e6}`,
    ...gauge('process_resident_memory_bytes', process.memoryUsage.rss()),
    ...gauge('process_start_time_seconds', performance.timeOrigin / 1000),
  ]
}

function gauge(name: string, value: number): string[] {
  return [`# TYPE ${name} gauge`, `${name} ${value}`]
}
