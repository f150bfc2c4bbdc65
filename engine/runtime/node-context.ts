/** What every running process of a node shares. */
import type { Environment } from '../program/environment.ts'
import type { StepHost } from '../step/step.ts'
import type { EngineStore, StoreSession } from '../store/store.ts'
import type { ValueCodec } from '../value/codec.ts'
import type { Clock } from '../clock/clock.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Committer } from './committer.ts'
import type { EngineEvent } from './event.ts'

export interface NodeContext {
  readonly store: EngineStore
  readonly session: StoreSession
  readonly committer: Committer
  readonly codec: ValueCodec
  readonly host: StepHost
  readonly clock: Clock
  readonly metrics: Metrics
  /** Limits of a process's stored values, in bytes. */
  readonly limits: { readonly warning: number; readonly error: number }
  /** Store time. */
  now(): number
  /** A path parameter or routing value as text. */
  textOf(value: unknown): string
  /** Around every call of host code: the engine's own async context. */
  enter<Result>(body: () => Result): Result
  environment(definition: string, programs: readonly string[]): Promise<Environment>
  report(event: EngineEvent): void
  /** The process cannot run in this build. Told once for each definition and cause; the others are counted. */
  unavailable(process: string, definition: string, error: unknown): void
  /** Asking the store failed. */
  storeFailed(error: unknown): void
  /** The process is at rest, ended, or no longer this node's. `due`: when its next timer is, in store time, where it waits for one. */
  released(id: string, due?: number): void
  /** A process may be there to be claimed without anybody saying so. */
  missed(): void
  /** The process cannot run here now: it is not claimed again for a while. */
  parked(id: string): void
}
