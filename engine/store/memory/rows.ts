/** The memory store's tables and the changes that checkpoints, starts and emissions make to them. */
import { InboxFullError } from '../../errors.ts'
import type {
  Checkpoint,
  InboxEntry,
  LoadedProcess,
  LogLine,
  ProcessRecord,
  ProcessStatus,
  SignalEmission,
  StartRequest,
  StartResult,
} from '../records.ts'
import { plainBytes } from '../../value/text-bytes.ts'

export const SHARDS = 256
/** A process whose turn ended with its node's death this many times in a row is quarantined. */
export const CRASH_LIMIT = 3
const LOG_CAP = 200

export interface Row {
  record: ProcessRecord
  head: Uint8Array
  readonly parts: Map<number, Uint8Array>
  inbox: InboxEntry[]
  readonly timers: Map<number, number>
  readonly subscriptions: Map<number, string>
  runnable: boolean
  /** Wake-ups: each keeps the process runnable until a checkpoint whose turn was loaded with it. */
  readonly wakes: Set<string>
  log: LogLine[]
}

const ended: ReadonlySet<ProcessStatus> = new Set(['completed', 'cancelled'])
/** Statuses in which no turn begins by itself; commands still reach them. */
const idle: ReadonlySet<ProcessStatus> = new Set(['paused', 'failed', 'quarantined'])

export function isEnded(row: Row): boolean {
  return ended.has(row.record.status)
}

/** Whether a node should give the process a turn: it has work in flight, something to act on, a due timer or a command. */
export function isClaimable(row: Row, now: number): boolean {
  if (isEnded(row)) return false
  if (idle.has(row.record.status)) return row.inbox.some((entry) => entry.via === 'control')
  if (row.record.status === 'running' || row.runnable || row.wakes.size > 0) return true
  return isDue(row, now)
}

export function isDue(row: Row, now: number): boolean {
  for (const due of row.timers.values()) if (due <= now) return true
  return false
}

export class Rows {
  readonly byId = new Map<string, Row>()
  readonly #byPath = new Map<string, string>()
  readonly #byKey = new Map<string, Map<string, Set<number>>>()
  readonly #now: () => number
  readonly #changed: (row: Row) => void
  readonly #retention: number
  /** Ends of processes in order of time, of which those before `#firstEnd` are forgotten. */
  #ends: { readonly id: string; readonly time: number }[] = []
  #firstEnd = 0
  #entries = 0

  /** `retention`: milliseconds that ended processes are kept. */
  constructor(now: () => number, retention: number, changed: (row: Row) => void) {
    this.#now = now
    this.#retention = retention
    this.#changed = changed
  }

  byPath(path: string): Row | undefined {
    const id = this.#byPath.get(path)
    return id === undefined ? undefined : this.byId.get(id)
  }

  start(request: StartRequest): StartResult {
    this.#forget()
    const existing = this.byPath(request.path)
    if (existing) return { id: existing.record.id, created: false, shard: existing.record.shard }
    const shard = request.shard ?? Number(Bun.hash(request.path) % BigInt(SHARDS))
    const { id, path, definition, program, parent, place } = request
    const record: ProcessRecord = {
      id,
      path,
      definition,
      program,
      shard,
      seq: 0,
      status: 'running',
      place,
      startedAt: this.#now(),
      crashes: 0,
      ...(parent === undefined ? {} : { parent }),
    }
    const row: Row = {
      record,
      head: plainBytes(request.head),
      parts: new Map([...request.parts].map(([part, bytes]) => [part, plainBytes(bytes)])),
      inbox: [],
      timers: new Map(),
      subscriptions: new Map(),
      runnable: true,
      wakes: new Set(),
      log: [],
    }
    this.byId.set(id, row)
    this.#byPath.set(path, id)
    for (const { number, key } of request.subscribe) this.#subscribe(row, number, key)
    this.#changed(row)
    return { id, created: true, shard }
  }

  /** Throws `InboxFullError` when one of the signals would reach an inbox that is full for it. */
  checkRoom(emissions: readonly SignalEmission[]): void {
    for (const emission of emissions) {
      if (emission.limit === undefined) continue
      for (const id of this.#receivers(emission).keys()) {
        const row = this.byId.get(id) as Row
        if (row.inbox.length >= emission.limit)
          throw new InboxFullError(emission.signal, row.record.path, emission.limit)
      }
    }
  }

  /** Puts the signal into inboxes; answers how many processes received it. */
  emit(emission: SignalEmission): number {
    const received = this.#receivers(emission)
    for (const [id, numbers] of received) {
      const row = this.byId.get(id) as Row
      for (const via of numbers) this.deliver(row, via, emission.payload)
    }
    return received.size
  }

  /** How many processes would receive it now. */
  reach(emission: SignalEmission): number {
    return this.#receivers(emission).size
  }

  /** Ids of those that would receive it now. */
  receivers(emission: SignalEmission): readonly string[] {
    return [...this.#receivers(emission).keys()]
  }

  /** The processes subscribed under one of its keys, with the numbers of those subscriptions. */
  #receivers(emission: SignalEmission): ReadonlyMap<string, ReadonlySet<number>> {
    const received = new Map<string, Set<number>>()
    for (const key of emission.keys) {
      for (const [id, numbers] of this.#byKey.get(key) ?? []) {
        const known = received.get(id) ?? new Set()
        for (const number of numbers) known.add(number)
        received.set(id, known)
      }
    }
    return received
  }

  deliver(row: Row, via: InboxEntry['via'], payload: Uint8Array): void {
    const id = String(++this.#entries)
    row.inbox.push({ id, via, at: this.#now(), payload })
    row.wakes.add(id)
    this.#changed(row)
  }

  apply(checkpoint: Checkpoint): void {
    const row = this.byId.get(checkpoint.id) as Row
    const { status, place, outcome, data } = checkpoint
    const over = outcome !== undefined
    row.record = {
      ...row.record,
      seq: checkpoint.seq,
      status,
      place,
      crashes: 0,
      ...(over ? { outcome, endedAt: this.#now() } : {}),
      ...(data === undefined ? {} : { data }),
    }
    if (!over && row.record.outcome !== undefined) {
      const { outcome: _outcome, endedAt: _endedAt, ...record } = row.record
      row.record = record
    }
    row.head = plainBytes(checkpoint.head)
    for (const [part, bytes] of checkpoint.writeParts) row.parts.set(part, plainBytes(bytes))
    for (const part of checkpoint.dropParts) row.parts.delete(part)
    const consumed = new Set(checkpoint.consume)
    row.inbox = row.inbox.filter((entry) => !consumed.has(entry.id))
    for (const [number, due] of checkpoint.timers)
      due === null ? row.timers.delete(number) : row.timers.set(number, due)
    for (const number of checkpoint.unsubscribe) this.#unsubscribe(row, number)
    for (const { number, key } of checkpoint.subscribe) this.#subscribe(row, number, key)
    row.runnable = checkpoint.runnable
    for (const wake of checkpoint.wakes) row.wakes.delete(wake)
    row.log = [...row.log, ...checkpoint.log].slice(-LOG_CAP)
    for (const request of checkpoint.start) this.start(request)
    for (const emission of checkpoint.emit) this.emit(emission)
    if (ended.has(status)) this.#clear(row)
    this.#changed(row)
  }

  /** Forgets processes whose time is over: their paths are free again. */
  #forget(): void {
    const oldest = this.#now() - this.#retention
    for (let at = this.#ends[this.#firstEnd]; at !== undefined && at.time < oldest; at = this.#ends[++this.#firstEnd]) {
      const row = this.byId.get(at.id)
      this.byId.delete(at.id)
      if (row) this.#byPath.delete(row.record.path)
    }
    if (this.#firstEnd < 1_000) return
    this.#ends = this.#ends.slice(this.#firstEnd)
    this.#firstEnd = 0
  }

  /** The node that ran this process died during its turn; answers whether that was once too often. */
  crashed(row: Row): boolean {
    const crashes = row.record.crashes + 1
    row.record = {
      ...row.record,
      crashes,
      status: crashes >= CRASH_LIMIT ? 'quarantined' : row.record.status,
      seq: row.record.seq,
    }
    if (crashes < CRASH_LIMIT) row.runnable = true
    this.#changed(row)
    return crashes >= CRASH_LIMIT
  }

  #subscribe(row: Row, number: number, key: string): void {
    row.subscriptions.set(number, key)
    const processes = this.#byKey.get(key) ?? new Map<string, Set<number>>()
    const numbers = processes.get(row.record.id) ?? new Set()
    this.#byKey.set(key, processes.set(row.record.id, numbers.add(number)))
  }

  #unsubscribe(row: Row, number: number): void {
    const key = row.subscriptions.get(number)
    if (key === undefined) return
    row.subscriptions.delete(number)
    row.inbox = row.inbox.filter((entry) => entry.via !== number)
    const processes = this.#byKey.get(key)
    const numbers = processes?.get(row.record.id)
    numbers?.delete(number)
    if (numbers?.size === 0) processes?.delete(row.record.id)
    if (processes?.size === 0) this.#byKey.delete(key)
  }

  #clear(row: Row): void {
    this.#ends.push({ id: row.record.id, time: this.#now() })
    this.#forget()
    for (const number of [...row.subscriptions.keys()]) this.#unsubscribe(row, number)
    row.inbox = []
    row.timers.clear()
    row.parts.clear()
    row.wakes.clear()
    row.runnable = false
  }
}

export function loaded(row: Row): LoadedProcess {
  return {
    record: row.record,
    head: row.head,
    parts: new Map(row.parts),
    inbox: [...row.inbox],
    timers: new Map(row.timers),
    wakes: [...row.wakes],
  }
}
