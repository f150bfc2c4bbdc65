/** What is given to a store and what it answers: checkpoints, starts, signals, programs, schedules, and processes as they are stored. */
import type { Bytes } from '../value/text-bytes.ts'

/** One atomic change of one process. `undefined` fields do not change anything. */
export interface Checkpoint {
  readonly id: string
  readonly shard: number
  /** The sequence number this checkpoint makes; accepted only on `seq - 1`. */
  readonly seq: number
  readonly status: ProcessStatus
  /** Fibers, frames, program counters, root-to-part table: small, written whole. Empty when the process ended. */
  readonly head: Bytes
  readonly writeParts: ReadonlyMap<number, Bytes>
  readonly dropParts: readonly number[]
  /** Inbox rows that this checkpoint acted upon or drained. */
  readonly consume: readonly string[]
  /** Wake-ups that its turn was loaded with (`LoadedProcess.wakes`): these are done with. All others keep the process runnable. */
  readonly wakes: readonly string[]
  /** Timers by number: a due time in store milliseconds to set, or `null` to cancel. */
  readonly timers: ReadonlyMap<number, number | null>
  /** True when there is more to do at once (another input waits). */
  readonly runnable: boolean
  readonly subscribe: readonly Subscription[]
  /** Subscriptions that end, by number. */
  readonly unsubscribe: readonly number[]
  readonly start: readonly StartRequest[]
  readonly emit: readonly SignalEmission[]
  /** Published live data. */
  readonly data?: Uint8Array
  /** How it ended. Set exactly when `status` is completed, failed or cancelled. */
  readonly outcome?: Uint8Array
  /** Where it stands, in words and source lines: for lists and views. */
  readonly place: Place
  /** Lines for the capped timeline. */
  readonly log: readonly LogLine[]
}

/** In an order that stays: stores keep a status as its place here. */
export const processStatuses = [
  'running',
  'waiting',
  'paused',
  'completed',
  'failed',
  'cancelled',
  'quarantined',
] as const

export type ProcessStatus = (typeof processStatuses)[number]

export interface Place {
  /** Source line of the await it stands at; 0 when ended. */
  readonly line: number
  /** What it waits for, for people: `signal campaign.fullyFunded`, `delay until 2026-12-21T...`. */
  readonly waits: readonly string[]
}

export interface LogLine {
  /** Store milliseconds. */
  readonly at: number
  /** `started`, `step`, `signal`, `timer`, `retried`, `cancelled`, ... */
  readonly kind: string
  readonly text: string
}

/** Interest in a signal under one key. Numbers are unique within the process. */
export interface Subscription {
  readonly number: number
  /** Routing key: see `SignalEmission.keys`. */
  readonly key: string
}

export interface SignalEmission {
  /** Signal name as routed: `/campaign/:campaign/fullyFunded`. */
  readonly signal: string
  /**
   * The routing keys it matches: one for every subset of its parameters that processes may share with it, each
   * `<signal>?<param>=<value>&...` in parameter order.
   */
  readonly keys: readonly string[]
  /** All parameters and the payload, encoded. */
  readonly payload: Uint8Array
  /** It is refused where an inbox that it reaches holds so many entries already. Not looked at in checkpoints. */
  readonly limit?: number
}

export interface StartRequest {
  /** Proposed id (UUID v7); the existing process's id wins. */
  readonly id: string
  /** Instance path, the process's identity: `/campaign/0192.../lifecycle`. */
  readonly path: string
  /** Definition path: `/campaign/:campaign/lifecycle`. */
  readonly definition: string
  readonly program: string
  /** A shard of the starting node, or `undefined` for any. */
  readonly shard?: number
  /** Id of the process that started it as a child. */
  readonly parent?: string
  readonly head: Bytes
  readonly parts: ReadonlyMap<number, Bytes>
  readonly subscribe: readonly Subscription[]
  readonly place: Place
}

export interface StartResult {
  readonly id: string
  readonly created: boolean
  readonly shard: number
  /** Created and claimed by the session that was asked. */
  readonly process?: LoadedProcess
}

export interface LoadedProcess {
  readonly record: ProcessRecord
  readonly head: Uint8Array
  readonly parts: ReadonlyMap<number, Uint8Array>
  /** Oldest first. */
  readonly inbox: readonly InboxEntry[]
  /** Timers that are due or pending: number to due time in store milliseconds. */
  readonly timers: ReadonlyMap<number, number>
  /** Wake-ups that were there when its inbox was read, for `Checkpoint.wakes`. */
  readonly wakes: readonly string[]
  /** Told by claims: the store's time then. What was due by that is due. */
  readonly now?: number
}

export interface InboxEntry {
  /** Store row, for `Checkpoint.consume`. */
  readonly id: string
  /** Subscription number it came through; `control` for commands, `child` for a child's end. */
  readonly via: number | 'control' | 'child'
  /** Arrival, in store milliseconds. */
  readonly at: number
  readonly payload: Uint8Array
}

export interface ProcessRecord {
  readonly id: string
  readonly path: string
  readonly definition: string
  readonly program: string
  readonly shard: number
  readonly seq: number
  readonly status: ProcessStatus
  readonly parent?: string
  readonly place: Place
  readonly startedAt: number
  readonly endedAt?: number
  readonly outcome?: Uint8Array
  readonly data?: Uint8Array
  /** How many times a turn of it ended with its node's death, in a row. */
  readonly crashes: number
}

export type ControlCommand =
  | { readonly kind: 'cancel'; readonly reason: Uint8Array }
  /** Ends it where it stands; none of its code runs any more. */
  | { readonly kind: 'terminate'; readonly reason: Uint8Array }
  | { readonly kind: 'retry' }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }

export interface ProcessFilter {
  readonly status?: readonly ProcessStatus[]
  /** Definition path, or an instance path prefix. */
  readonly path?: string
  readonly line?: number
  readonly program?: string
  readonly before?: string
  /** Default 100. */
  readonly limit?: number
}

export interface StoredProgram {
  readonly hash: string
  readonly definition: string
  /** The program as JSON text: what the hash is of. */
  readonly text: string
  /** Source and positions, not part of the hash. */
  readonly debug: string
  /** Of the hash, by the key of the engine that stored it; the last one that was given wins. */
  readonly signature?: string
}

export interface LiveProgram {
  readonly hash: string
  readonly definition: string
}

/** How many processes stand at a source line. */
export interface LineCount {
  readonly line: number
  readonly count: number
}

/** A cron schedule as the store knows it. */
export interface ScheduleRule {
  readonly name: string
  readonly cron: string
  readonly timeZone: string
}

export interface ScheduleRecord extends ScheduleRule {
  /** When it became known with this rule, in store milliseconds. */
  readonly since: number
  /** The moment it fired for last, and when that was done, in store milliseconds. */
  readonly fired?: number
  readonly firedAt?: number
  /** How often it fired. */
  readonly firings: number
}

export interface ScheduleFiring {
  readonly name: string
  /** The moment it fires for, in store milliseconds. */
  readonly due: number
  readonly start: readonly StartRequest[]
  readonly emit: readonly SignalEmission[]
}
