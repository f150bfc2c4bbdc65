/** What a node is made with. */
import type { Clock } from '../clock/clock.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { EngineStore } from '../store/store.ts'
import type { EngineEvent } from './event.ts'
import type { NodeContext } from './node-context.ts'
import type { StoreHealth } from './store-health.ts'

export interface NodeSettings {
  readonly name: string
  readonly store: EngineStore
  readonly clock: Clock
  /** Most processes in memory at once. */
  readonly concurrency: number
  /** Definitions with a limit of their own: most processes of each in memory at once. */
  limits(): ReadonlyMap<string, number>
  readonly metrics: Metrics
  readonly health: StoreHealth
  /** Milliseconds between looks for work that nobody announced. */
  readonly poll: number
  /** As `NodeOptions`. */
  readonly stuck?: number
  report(event: EngineEvent): void
  /** Everything a run needs besides the node's own parts. */
  readonly shared: Omit<
    NodeContext,
    | 'session'
    | 'committer'
    | 'released'
    | 'missed'
    | 'parked'
    | 'unavailable'
    | 'now'
    | 'store'
    | 'clock'
    | 'report'
    | 'storeFailed'
    | 'metrics'
  >
}
