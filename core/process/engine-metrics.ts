/**
 * What the engine shows of itself at `/metrics`: what this node counted, and how many processes the cluster has by status. The
 * latter is asked of the store twice a minute at most, whoever asks, and left out while the store does not answer.
 */
import { type Engine, prometheusText, type StoreCensus } from '@justscale/engine'
import type { MetricsText } from '../metrics/metrics-source.ts'

/** Milliseconds that a census holds. */
const HOLDS = 30_000

/** `engine` is asked for when it is shown, when all processes of the app are there. */
export function engineMetrics(engine: () => Engine, now: () => number): MetricsText {
  let census: Promise<StoreCensus | undefined> | undefined
  let taken = Number.NEGATIVE_INFINITY
  return {
    name: 'engine',
    async text() {
      if (now() - taken >= HOLDS) {
        taken = now()
        census = engine()
          .store.census()
          .catch(() => undefined)
      }
      return prometheusText(engine().metrics, await census)
    },
  }
}
