/** An engine's metrics, and the store's census, in Prometheus' text format. */
import type { StoreCensus } from '../store/store.ts'
import type { HistogramSnapshot } from './histogram.ts'
import type { MetricsSnapshot } from './metrics.ts'

const PREFIX = 'justscale_engine_'

/** Ends with a line feed. `census` is the cluster's, the rest this node's. */
export function prometheusText(snapshot: MetricsSnapshot, census?: StoreCensus): string {
  const { flushSize, flushSeconds, inboxDepth, timerLateness } = snapshot.histograms
  const lines = [
    ...Object.entries(snapshot.counters).flatMap(([name, value]) => single(`${snake(name)}_total`, 'counter', value)),
    ...single('running', 'gauge', snapshot.running),
    ...histogram('flush_checkpoints', flushSize),
    ...histogram('flush_seconds', flushSeconds),
    ...histogram('inbox_depth', inboxDepth),
    ...histogram('timer_lateness_seconds', timerLateness),
    ...(census ? censusLines(census) : []),
  ]
  return `${lines.join('\n')}\n`
}

function single(name: string, type: 'counter' | 'gauge', value: number): string[] {
  return [`# TYPE ${PREFIX}${name} ${type}`, `${PREFIX}${name} ${value}`]
}

function histogram(name: string, { count, sum, buckets }: HistogramSnapshot): string[] {
  return [
    `# TYPE ${PREFIX}${name} histogram`,
    ...buckets.map(([bound, below]) => `${PREFIX}${name}_bucket{le="${bound}"} ${below}`),
    `${PREFIX}${name}_bucket{le="+Inf"} ${count}`,
    `${PREFIX}${name}_sum ${sum}`,
    `${PREFIX}${name}_count ${count}`,
  ]
}

function censusLines({ processes, exact, runnable, timers }: StoreCensus): string[] {
  return [
    `# TYPE ${PREFIX}processes gauge`,
    ...Object.entries(processes).map(
      ([status, count]) => `${PREFIX}processes{status="${status}",exact="${exact}"} ${count}`,
    ),
    ...single('runnable', 'gauge', runnable),
    ...single('timers', 'gauge', timers),
  ]
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
