/** Counts for `/metrics`, in Prometheus' text format. Routes are counted by their pattern, so that the number of series is bounded. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

interface Series {
  readonly labels: string
  count: number
  seconds: number
  readonly buckets: number[]
}

export class Metrics {
  readonly #series = new Map<string, Series>()
  inFlight = 0
  streams = 0
  sockets = 0

  /** One answered request. */
  record(method: string, route: string, status: number, seconds: number): void {
    const labels = `method="${method}",route="${route.replace(/["\\\n]/g, '')}",status="${status}"`
    const series = this.#series.get(labels) ?? { labels, count: 0, seconds: 0, buckets: BUCKETS.map(() => 0) }
    this.#series.set(labels, series)
    series.count += 1
    series.seconds += seconds
    for (const [index, bound] of BUCKETS.entries()) if (seconds <= bound) series.buckets[index]! += 1
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
}

function seriesLines({ labels, count, seconds, buckets }: Series): string[] {
  const name = 'http_request_duration_seconds'
  return [
    ...BUCKETS.map((bound, index) => `${name}_bucket{${labels},le="${bound}"} ${buckets[index]}`),
    `${name}_bucket{${labels},le="+Inf"} ${count}`,
    `${name}_sum{${labels}} ${seconds}`,
    `${name}_count{${labels}} ${count}`,
  ]
}

function gauge(name: string, value: number): string[] {
  return [`# TYPE ${name} gauge`, `${name} ${value}`]
}
