/**
 * The store's verbs: everything the engine asks of the place where processes live. `store/memory` is the executable
 * specification, `store/postgres` the real thing; both run `testing/store-contract.ts`. Differences between stores are the
 * capability flags, never a check of the store's name.
 *
 * A process belongs to a shard; a node holds shards under an epoch. Every write of a running process is fenced by the
 * node's epoch and by the process's `seq`: a node that lost its shards commits nothing.
 */
import type { StepHost } from '../step/step.ts'
import type { JoinableTransaction } from '../step/transaction.ts'
import type {
  Checkpoint,
  ControlCommand,
  LineCount,
  LiveProgram,
  LoadedProcess,
  LogLine,
  ProcessFilter,
  ProcessRecord,
  ProcessStatus,
  ScheduleFiring,
  ScheduleRecord,
  ScheduleRule,
  SignalEmission,
  StartRequest,
  StartResult,
  StoredProgram,
} from './records.ts'

export interface EngineStore {
  readonly capabilities: StoreCapabilities
  /** Creates or upgrades the store's own tables; safe while older nodes run and when many nodes call it at once. */
  migrate(): Promise<void>
  /** The store's clock in milliseconds since the epoch. */
  now(): Promise<number>
  /** Joins the cluster as a node: takes a lease and, as they are free, shards. */
  connect(node: NodeOptions): Promise<StoreSession>
  /** Runs steps where nobody else does: with `currentStep().sql`, where the store is on a database that has SQL. */
  readonly steps?: StepHost
  /** True when `start`, `emit` and `commit` can write into this transaction. */
  accepts(transaction: JoinableTransaction): boolean

  /** Stores programs by hash; those that are there already stay as they are, but for a new signature. */
  putPrograms(programs: readonly StoredProgram[]): Promise<void>
  getProgram(hash: string): Promise<StoredProgram | undefined>
  /** Programs that live processes need: what a deploy must be able to run. Costs the same however many processes there are. */
  livePrograms(): Promise<readonly LiveProgram[]>
  /** Where the live processes of one program stand, most first. */
  linesOf(hash: string): Promise<readonly LineCount[]>

  /**
   * Creates processes with their subscriptions, runnable at once. A path that exists gives the existing process. Within
   * `transaction` it happens with its commit or not at all.
   */
  start(requests: readonly StartRequest[], transaction?: JoinableTransaction): Promise<readonly StartResult[]>
  /**
   * Puts each signal into the inbox of every process subscribed to it under one of `keys`, and makes those runnable.
   * Serialised per key with subscribing, so that a process starting meanwhile is not missed. Answers how many received it.
   * Rejects with `InboxFullError`, and delivers none of them, when an inbox that one of them reaches is full for it.
   */
  emit(signals: readonly SignalEmission[], transaction?: JoinableTransaction): Promise<readonly number[]>
  /** Rejects with `InboxFullError` when an inbox that one of these would reach is full for it. */
  room(signals: readonly SignalEmission[]): Promise<void>
  /** Asks a process to do something it does not wait for. `false` when there is no such live process. */
  control(process: string, command: ControlCommand): Promise<boolean>

  /**
   * Makes schedules known. One that is new, or whose rule changed, counts from now on: moments before are not missed.
   * Answers them as stored, in order.
   */
  putSchedules(rules: readonly ScheduleRule[]): Promise<readonly ScheduleRecord[]>
  /** Every schedule that was ever known, by name. */
  schedules(): Promise<readonly ScheduleRecord[]>
  /**
   * Notes that a schedule fired, together with what it starts and emits. `false`, and nothing is done, when it fired for that
   * moment or a later one already, whoever did, or when the moment has not come by the store's clock.
   */
  fire(firing: ScheduleFiring): Promise<boolean>

  /** One process by path, or `undefined`. */
  find(path: string): Promise<ProcessRecord | undefined>
  /** Processes by filter, newest first, keyset-paged. */
  list(filter: ProcessFilter): Promise<readonly ProcessRecord[]>
  /** Processes that this one started as its children and that have not ended (failed ones have not). */
  children(id: string): Promise<readonly ProcessRecord[]>
  /** How many processes there are by status, over all nodes. May take as long as counting takes: not for hot paths. */
  census(): Promise<StoreCensus>
  /** The whole stored state of one process, for inspection: nothing is claimed. */
  load(id: string): Promise<LoadedProcess | undefined>
  /** The capped timeline of one process, oldest first. */
  timeline(id: string): Promise<readonly LogLine[]>
  /** Resolves when the process changed since `seq` was read, by hint or by polling; `signal` ends the wait. */
  changed(id: string, seq: number, signal: AbortSignal): Promise<void>

  close(): Promise<void>
}

export interface StoreCapabilities {
  /** Wakes other nodes without waiting for a poll. */
  readonly notify: boolean
  /** Announces every runnable process by `onWake`, so that a node need not look for itself. Default false. */
  readonly announces?: boolean
  /** Learns of a killed node from its lost session, before its lease runs out. */
  readonly sessions: boolean
  /** Can end a dead node's connections, so that its open transactions let go of their rows. */
  readonly terminate: boolean
}

export interface NodeOptions {
  /** Shown in inspection: host and pid. */
  readonly name: string
  /** Lease length in milliseconds (default 3,500). */
  readonly lease?: number
  /**
   * Milliseconds without a turn of the main thread after which a node counts as dead although its heartbeat goes on (default
   * 300,000; `Infinity` for never). Stores within the OS process cannot tell.
   */
  readonly stuck?: number
  /** Called when there may be runnable processes in this node's shards. Never with data: look for yourself. */
  onWake(): void
  /** Called once when the node lost its lease or was taken over: everything it runs must stop; no write is accepted any more. */
  onLost(reason: string): void
  /** This node took over from a dead one; `quarantined` are processes whose turn killed their nodes too often. */
  onTakeover?(quarantined: readonly ProcessPlace[]): void
}

/** Where a process stands, for reports. */
export interface ProcessPlace {
  readonly path: string
  readonly line: number
}

export interface StoreCensus {
  /** Ended ones are not counted. */
  readonly processes: Readonly<Partial<Record<ProcessStatus, number>>>
  /** False where `processes` is an estimate from a sample, because there are very many. */
  readonly exact: boolean
  /** Processes that have something to do now. */
  readonly runnable: number
  /** Timers pending; an estimate where there are very many. */
  readonly timers: number
}

/** A node's place in the cluster. Every verb rejects with `FencedError` once it is lost. */
export interface StoreSession {
  readonly node: number
  readonly epoch: number
  /** Shards held now. */
  shards(): readonly number[]
  /**
   * Up to `limit` processes of this node's shards that are runnable or due, longest first, loaded with their inbox; skips
   * `running`. `most` limits how many of some definitions there are among them.
   */
  claim(
    limit: number,
    running: ReadonlySet<string>,
    most?: ReadonlyMap<string, number>,
  ): Promise<readonly LoadedProcess[]>
  /**
   * Creates processes as `EngineStore.start` does; those created in this node's shards are claimed in the same breath: their
   * answer has `process`, and nobody else is given them while this node lives. Leave their ids out of claims until the answer.
   */
  start(requests: readonly StartRequest[]): Promise<readonly StartResult[]>
  /**
   * Emits as `EngineStore.emit` does; up to `limit` processes of this node's shards that it reaches and that may go on are
   * claimed in the same breath, unless they are in `running`. Others are woken as ever. Rejects with `FencedError` only when nothing was emitted.
   */
  emit(signals: readonly SignalEmission[], limit: number, running: ReadonlySet<string>): Promise<EmitResult>
  /** One process of this node's shards with its inbox, whether runnable or not; `undefined` when it ended or is not (or no longer) this node's. */
  reload(id: string): Promise<LoadedProcess | undefined>
  /**
   * A claimed process that gets no turn here, because this build cannot run it: the death of this node does not count against
   * it, and its shard may go to another node. It stays runnable.
   */
  release(id: string): Promise<void>
  /**
   * A process that this node was given and does not take, while it has no turn here: it may be an older state than that of
   * a turn which ended since. It does not count as being in a turn; nothing that woke it is done with.
   */
  returned(id: string): void
  /** As `claim`, but of these processes, those that are due and that this node may run. */
  claimDue(ids: readonly string[], most?: ReadonlyMap<string, number>): Promise<DueClaim>
  /**
   * The timers of this node's shards from `from` (store time) on, and up to `horizon` milliseconds from now, earliest first: about
   * `limit` at most.
   */
  upcoming(from: number, horizon: number, limit: number): Promise<Upcoming>
  /**
   * Writes checkpoints, each wholly or not at all, as one statement where the store can. Answers in order. Rejects with
   * `CheckpointRefusedError` when one of them holds what it can never store; then the others may or may not be written.
   */
  commit(checkpoints: readonly Checkpoint[]): Promise<readonly CommitAnswer[]>
  /** Writes one checkpoint as the last statements of an open transaction; rejects with `FencedError`. */
  commitIn(transaction: JoinableTransaction, checkpoint: Checkpoint): Promise<void>
  /**
   * Whether this node's checkpoint that advanced `id` to `seq` is stored: asked after a commit whose answer was lost. `false`
   * also when the process belongs to another node by now, whose checkpoint `seq` may be.
   */
  committed(id: string, seq: number): Promise<boolean>
  /** Lets go of the lease and all shards at once, so that others continue without delay. */
  leave(): Promise<void>
}

export interface DueClaim {
  /** The store's time, by which others are not due. */
  readonly now: number
  readonly processes: readonly LoadedProcess[]
}

export interface DueTimer {
  readonly process: string
  /** Store milliseconds. */
  readonly due: number
}

export interface Upcoming {
  /** The store's time. */
  readonly now: number
  /** None that is due before this moment is missing. */
  readonly until: number
  readonly timers: readonly DueTimer[]
}

export interface EmitResult {
  /** How many processes each signal reached, in order. */
  readonly counts: readonly number[]
  readonly claimed: readonly LoadedProcess[]
}

export type CommitAnswer = 'accepted' | 'fenced'
