/** The engine alone: durable processes as plain async functions. */

// Time, randomness, errors
export { systemClock, systemEntropy } from './clock/clock.ts'
export type { Clock, Entropy, Scheduled } from './clock/clock.ts'
export {
  EngineError,
  FencedError,
  CheckpointRefusedError,
  EngineOptionsError,
  InboxFullError,
  NoEngineError,
  NotCompiledError,
  ProcessCancelled,
  ProcessDefinitionError,
  ProcessNotFoundError,
  ProgramRefusedError,
  ProgramUnavailableError,
  QuarantinedError,
  ScheduleDefinitionError,
  SignalRouteError,
} from './errors.ts'

// Steps
export { currentStep, enterStep } from './step/current-step.ts'
export { plainHost } from './step/plain-host.ts'
export { StepRetry } from './step/step.ts'
export type { CheckpointJoin, Step, StepHost, StepOutcome, StepUnit } from './step/step.ts'
export type { JoinableTransaction, MemoryTransaction, SqlTransaction } from './step/transaction.ts'

// Values
export type { EncodedSnapshot, ErrorClasses, Root, Snapshot, ValueCodec, ValueType } from './value/codec.ts'
export { createValueCodec } from './value/create-codec.ts'
export { ValueDecodeError, ValueEncodeError, ValueTooLargeError } from './value/errors.ts'

// The SQL seam, for adapters
export { sqlArray } from './sql/connection.ts'
export type {
  SqlDatabase,
  SqlLane,
  SqlLaneOptions,
  SqlRow,
  SqlRunner,
  SqlStatement,
  SqlSubscription,
  SqlValue,
} from './sql/connection.ts'

// The store seam
export { processStatuses } from './store/records.ts'
export type { Checkpoint, ProcessRecord, ProcessStatus, ScheduleRecord } from './store/records.ts'
export type { EngineStore, StoreCensus, StoreSession } from './store/store.ts'

// What an engine counts
export type { EngineCounters, MetricsSnapshot } from './metrics/metrics.ts'
export type { HistogramSnapshot } from './metrics/histogram.ts'
export { prometheusText } from './metrics/prometheus.ts'

// Processes: what users write, then what frameworks build on
export { createEngine } from './runtime/engine.ts'
export type { Engine, EngineOptions, TransactionOption } from './runtime/engine-type.ts'
export { DeployRefusedError, whereOf } from './runtime/compat.ts'
export type { Incompatibility } from './runtime/compat.ts'
export { defineProcess, uncompiledAt } from './runtime/definition.ts'
export type {
  CheckedPath,
  Process,
  ProcessControls,
  ProcessDefinition,
  TakenParameterError,
} from './runtime/definition.ts'
export { defineSignals, makeSignal } from './runtime/signal.ts'
export type { Signal } from './runtime/signal.ts'
export { defineSchedule } from './schedule/schedule.ts'
export type { Firing, MissedFirings, Schedule, ScheduleOptions } from './schedule/schedule.ts'
export { delay, drain, listen, race, retry, routine, signal } from './runtime/primitives.ts'
export type { Delay, Delays, Listener, Race, RetryOptions } from './runtime/primitives.ts'
export { ProcessHandle } from './runtime/handle.ts'
export { currentEngine } from './runtime/engine-context.ts'
export { describeEvent, printEvent } from './runtime/event.ts'
export type { EngineEvent } from './runtime/event.ts'
export { pathParameters, plainText } from './runtime/path.ts'
export { IterationLimitError, PrimitiveMisuseError, ResourceGoneError } from './machine/index.ts'
export { isCompiledHandler } from './program/compiled.ts'
export type { CompiledHandler } from './program/compiled.ts'
export type { StepSite } from './program/program.ts'
export type { SignalDefinition } from './program/wait.ts'
