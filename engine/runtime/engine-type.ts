/** What an engine is made with, and what it is to its users. */
import type { Clock, Entropy } from '../clock/clock.ts'
import type { MetricsSnapshot } from '../metrics/metrics.ts'
import type { SignalDefinition } from '../program/wait.ts'
import type { Schedule } from '../schedule/schedule.ts'
import type { StepHost } from '../step/step.ts'
import type { JoinableTransaction } from '../step/transaction.ts'
import type { EngineStore } from '../store/store.ts'
import type { ValueCodec, ValueType } from '../value/codec.ts'
import type { Incompatibility } from './compat.ts'
import type { Process, ProcessDefinition } from './definition.ts'
import type { EngineEvent } from './event.ts'
import type { ProcessHandle } from './handle.ts'
import type { ReadJudge } from './programs.ts'

export interface EngineOptions {
  readonly store: EngineStore
  /** Definitions to begin with; `add` takes more. */
  readonly processes?: readonly ProcessDefinition[]
  /** Schedules to begin with; `addSchedules` takes more. */
  readonly schedules?: readonly Schedule[]
  /** Who runs steps (default: the store, on Postgres with `currentStep().sql`; else plainly, without transactions). */
  readonly host?: StepHost
  readonly clock?: Clock
  readonly entropy?: Entropy
  /** Classes of your own that processes keep in locals, parameters, payloads or results. */
  readonly values?: readonly ValueType[]
  /** Shown in inspection (default: host name and pid). */
  readonly name?: string
  /** Most processes in memory at once, which is also most turns at once (default 2,000). Definitions may have limits of their own. */
  readonly concurrency?: number
  /**
   * Signs the programs that are stored, and refuses to run stored ones without its signature. Of several the first signs, all
   * are accepted (default: nothing is signed, and every stored program is run).
   */
  readonly programKey?: string | readonly string[]
  /** Starts although live processes need what this build lacks: they wait for a build that has it. */
  readonly park?: boolean
  /** Milliseconds between looks for work that the store did not announce (default 1,000; a day where the store announces all). */
  readonly poll?: number
  /**
   * Milliseconds that a handler or a step may keep this OS process from doing anything else (default 300,000, at least 1,000). Then other nodes
   * take over what it runs, and count that as a crash. `Infinity`: never. Not with a store in memory.
   */
  readonly stuck?: number
  /**
   * Bytes of values per process: report from `warning` (default 64 KiB), refuse from `error` (default 4 MiB). Signals that may
   * lie unread in the inbox of a process: an emit that would reach a full one is refused from `inbox` (default 10,000).
   */
  readonly limits?: { readonly warning?: number; readonly error?: number; readonly inbox?: number }
  /** A path parameter or routing value as text (default: texts and numbers only). */
  textOf?(value: unknown): string
  /** Converts a parameter at the start of a process: what the handler gets. */
  parameterOf?(definition: ProcessDefinition, name: string, value: unknown): unknown
  /** Whether a step that calls a read verb only reads (default: no). */
  isRead?: ReadJudge
  /** What `transaction(body)` does in a handler, as one step: all that `body` writes or nothing (default: runs the body). */
  transaction?(body: () => unknown): unknown
  /** Told what happens (default: failures and warnings are printed). */
  report?(event: EngineEvent): void
  /** Wraps every call of host code, outside of the step's unit: the framework's app context. */
  around?<Result>(body: () => Result): Result
}

export interface TransactionOption {
  /** Commits with it or not at all. */
  readonly transaction?: JoinableTransaction
  /**
   * Takes what is to be written and calls it later, or never: with the transaction that it then commits with, if any. The
   * promise of the call resolves when this one does.
   */
  defer?(write: (transaction: JoinableTransaction | undefined) => Promise<void>): Promise<void>
  /** In a step: told how to take it back, for as long as the step has not ended. */
  onRollback?(undo: () => void): void
}

export interface Engine {
  readonly name: string
  readonly store: EngineStore
  readonly codec: ValueCodec
  /** Makes a process known, before or after `start`. Its path must be its own. */
  add(...definitions: readonly ProcessDefinition[]): void
  /** Makes schedules known before `start`: they fire while the engine runs. Their names must be their own. */
  addSchedules(...schedules: readonly Schedule[]): void
  /**
   * Upgrades the store's tables, stores the programs and begins to run processes. Rejects with `DeployRefusedError` when live
   * processes need what this build lacks, unless `park` is set.
   */
  start(): Promise<void>
  /** Lets what runs come to rest (default: at most 5,000 ms) and hands all shards on, then stops. */
  drain(deadline?: number): Promise<void>
  /** Stops at once; what was in flight runs again elsewhere. */
  stop(): Promise<void>
  /** Starts a process, or finds the one with these parameters. In a step: with the step's commit. */
  run<Given, Result>(
    process: Process<Given, Result>,
    params: Given,
    options?: TransactionOption,
  ): Promise<ProcessHandle<Result>>
  /** As `run`, for definitions made elsewhere. */
  startProcess(definition: ProcessDefinition, params: unknown, options?: TransactionOption): Promise<ProcessHandle>
  /** The process that has these parameters, without starting it; `undefined` when there is none. */
  findProcess(definition: ProcessDefinition, params: unknown): Promise<ProcessHandle | undefined>
  /** Emits a signal. In a step: with the step's commit. */
  emit(signal: SignalDefinition, payload: object, options?: TransactionOption): Promise<void>
  /** The process with this instance path. */
  process<Result = unknown>(path: string): ProcessHandle<Result>
  /** Runs `body` in the engine's async context: definitions and signals can be called in it. */
  enter<Result>(body: () => Result): Result
  /** What live processes need that this build lacks. */
  compat(): Promise<readonly Incompatibility[]>
  /** Processes in this node's memory now. */
  readonly running: number
  /** What this node counted since it was made. */
  readonly metrics: MetricsSnapshot
}
