/**
 * The memory store: the executable specification of `EngineStore`. It holds everything in this OS process, applies each
 * change in one synchronous turn, and forgets all of it with the process.
 */
import { type Clock, systemClock } from '../../clock/clock.ts'
import type { JoinableTransaction } from '../../step/transaction.ts'
import { encodeControl } from '../control-payload.ts'
import type {
  ControlCommand,
  LineCount,
  LiveProgram,
  LoadedProcess,
  LogLine,
  ProcessFilter,
  ProcessRecord,
  ScheduleFiring,
  ScheduleRecord,
  ScheduleRule,
  SignalEmission,
  StartRequest,
  StartResult,
  StoredProgram,
} from '../records.ts'
import type { EngineStore, NodeOptions, ProcessPlace, StoreCapabilities, StoreCensus, StoreSession } from '../store.ts'
import { RETENTION } from '../retention.ts'
import { isClaimable, isEnded, loaded, type Row, Rows, SHARDS } from './rows.ts'
import { Schedules } from './schedules.ts'
import { type Member, MemorySession } from './session.ts'

export interface MemoryStoreOptions {
  readonly clock?: Clock
  /** Milliseconds that ended processes, with result and timeline, are kept (default 7 days). Then their paths are free again. */
  readonly retention?: number
}

export class MemoryStore implements EngineStore {
  readonly capabilities: StoreCapabilities = { notify: true, announces: true, sessions: true, terminate: true }
  readonly #clock: Clock
  readonly #rows: Rows
  readonly #members = new Map<number, Member>()
  readonly #programs = new Map<string, StoredProgram>()
  readonly #watchers = new Map<string, Set<() => void>>()
  readonly #schedules = new Schedules(() => this.#clock.now())
  #epoch = 0

  constructor(options: MemoryStoreOptions = {}) {
    this.#clock = options.clock ?? systemClock
    this.#rows = new Rows(
      () => this.#clock.now(),
      options.retention ?? RETENTION,
      (row) => this.#rowChanged(row),
    )
  }

  async migrate(): Promise<void> {}

  async now(): Promise<number> {
    return this.#clock.now()
  }

  async connect(options: NodeOptions): Promise<StoreSession> {
    const epoch = ++this.#epoch
    const member: Member = { node: epoch, epoch, options, shards: new Set(), busy: new Set(), alive: true }
    this.#members.set(epoch, member)
    this.#share(member)
    return new MemorySession(
      member,
      this.#rows,
      () => this.#clock.now(),
      (leaving) => this.#remove(leaving, false),
    )
  }

  /** Ends a node as `kill -9` would: its turns die, its shards go to others, and it learns of it. For tests. */
  kill(node: number): void {
    const member = this.#members.get(node)
    if (member === undefined) return
    this.#remove(member, true)
    member.options.onLost('killed')
  }

  accepts(transaction: JoinableTransaction): boolean {
    return transaction.kind === 'memory'
  }

  async putPrograms(programs: readonly StoredProgram[]): Promise<void> {
    for (const program of programs) {
      const { signature } = program
      const known = this.#programs.get(program.hash) ?? program
      this.#programs.set(program.hash, signature === undefined ? known : { ...known, signature })
    }
  }

  async getProgram(hash: string): Promise<StoredProgram | undefined> {
    return this.#programs.get(hash)
  }

  async livePrograms(): Promise<readonly LiveProgram[]> {
    const live = new Map<string, LiveProgram>()
    for (const row of this.#rows.byId.values()) {
      if (isEnded(row)) continue
      const { program: hash, definition } = row.record
      live.set(hash, { hash, definition })
    }
    return [...live.values()]
  }

  async linesOf(hash: string): Promise<readonly LineCount[]> {
    const counts = new Map<number, number>()
    for (const row of this.#rows.byId.values()) {
      const { program, place } = row.record
      if (program === hash && !isEnded(row)) counts.set(place.line, (counts.get(place.line) ?? 0) + 1)
    }
    return [...counts].map(([line, count]) => ({ line, count })).sort((a, b) => b.count - a.count || a.line - b.line)
  }

  async start(requests: readonly StartRequest[], transaction?: JoinableTransaction): Promise<readonly StartResult[]> {
    if (transaction === undefined) return requests.map((request) => this.#rows.start(request))
    this.#within(transaction, () => {
      for (const request of requests) this.#rows.start(request)
    })
    return requests.map((request) => {
      const existing = this.#rows.byPath(request.path)?.record
      return {
        id: existing?.id ?? request.id,
        created: existing === undefined,
        shard: existing?.shard ?? request.shard ?? 0,
      }
    })
  }

  async emit(signals: readonly SignalEmission[], transaction?: JoinableTransaction): Promise<readonly number[]> {
    this.#rows.checkRoom(signals)
    if (transaction === undefined) return signals.map((signal) => this.#rows.emit(signal))
    this.#within(transaction, () => {
      for (const signal of signals) this.#rows.emit(signal)
    })
    return signals.map((signal) => this.#rows.reach(signal))
  }

  async room(signals: readonly SignalEmission[]): Promise<void> {
    this.#rows.checkRoom(signals)
  }

  async control(process: string, command: ControlCommand): Promise<boolean> {
    const row = this.#rows.byId.get(process)
    if (row === undefined || isEnded(row)) return false
    this.#rows.deliver(row, 'control', encodeControl(command))
    return true
  }

  async putSchedules(rules: readonly ScheduleRule[]): Promise<readonly ScheduleRecord[]> {
    return this.#schedules.put(rules)
  }

  async schedules(): Promise<readonly ScheduleRecord[]> {
    return this.#schedules.all()
  }

  async fire(firing: ScheduleFiring): Promise<boolean> {
    if (!this.#schedules.fire(firing)) return false
    for (const request of firing.start) this.#rows.start(request)
    for (const emission of firing.emit) this.#rows.emit(emission)
    return true
  }

  async find(path: string): Promise<ProcessRecord | undefined> {
    return this.#rows.byPath(path)?.record
  }

  async children(id: string): Promise<readonly ProcessRecord[]> {
    return [...this.#rows.byId.values()]
      .filter((row) => row.record.parent === id && !isEnded(row))
      .map((row) => row.record)
  }

  async census(): Promise<StoreCensus> {
    const now = this.#clock.now()
    const processes: Partial<Record<ProcessRecord['status'], number>> = {}
    let runnable = 0
    let timers = 0
    for (const row of this.#rows.byId.values()) {
      if (isEnded(row)) continue
      processes[row.record.status] = (processes[row.record.status] ?? 0) + 1
      if (isClaimable(row, now)) runnable++
      timers += row.timers.size
    }
    return { processes, exact: true, runnable, timers }
  }

  async list(filter: ProcessFilter): Promise<readonly ProcessRecord[]> {
    const { status, path, line, program, before } = filter
    return [...this.#rows.byId.values()]
      .map((row) => row.record)
      .filter((record) => status === undefined || status.includes(record.status))
      .filter((record) => path === undefined || record.definition === path || record.path.startsWith(path))
      .filter((record) => line === undefined || record.place.line === line)
      .filter((record) => program === undefined || record.program === program)
      .filter((record) => before === undefined || record.id < before)
      .sort((a, b) => (a.id < b.id ? 1 : -1))
      .slice(0, filter.limit ?? 100)
  }

  async load(id: string): Promise<LoadedProcess | undefined> {
    const row = this.#rows.byId.get(id)
    return row && loaded(row)
  }

  /** The capped timeline of one process. */
  async timeline(id: string): Promise<readonly LogLine[]> {
    return this.#rows.byId.get(id)?.log ?? []
  }

  async changed(id: string, seq: number, signal: AbortSignal): Promise<void> {
    const row = this.#rows.byId.get(id)
    if (row === undefined || row.record.seq !== seq || signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const watchers = this.#watchers.get(id) ?? new Set()
    this.#watchers.set(id, watchers.add(resolve))
    signal.addEventListener('abort', () => resolve(), { once: true })
    await promise
    watchers.delete(resolve)
    if (watchers.size === 0) this.#watchers.delete(id)
  }

  async close(): Promise<void> {
    for (const member of [...this.#members.values()]) this.#remove(member, false)
  }

  #within(transaction: JoinableTransaction, apply: () => void): void {
    if (transaction.kind !== 'memory') throw new TypeError('The memory store cannot write into an SQL transaction')
    transaction.onCommit(apply)
  }

  #rowChanged(row: Row): void {
    for (const resolve of [...(this.#watchers.get(row.record.id) ?? [])]) resolve()
    for (const member of this.#members.values()) if (member.shards.has(row.record.shard)) member.options.onWake()
  }

  /** Gives a new member its share: free shards first, then what others have too many of and are not busy with. */
  #share(member: Member): void {
    const owned = new Set([...this.#members.values()].flatMap((other) => [...other.shards]))
    for (let shard = 0; shard < SHARDS; shard++) if (!owned.has(shard)) member.shards.add(shard)
    const fair = Math.floor(SHARDS / this.#members.size)
    for (const other of this.#members.values()) {
      const busy = new Set([...other.busy].map((id) => this.#rows.byId.get(id)?.record.shard))
      for (const shard of [...other.shards]) {
        if (other === member || member.shards.size >= fair || other.shards.size <= fair) break
        if (busy.has(shard)) continue
        other.shards.delete(shard)
        member.shards.add(shard)
      }
    }
  }

  #remove(member: Member, crashed: boolean): void {
    if (!member.alive) return
    member.alive = false
    this.#members.delete(member.node)
    const heirs = [...this.#members.values()]
    if (heirs.length > 0) for (const shard of member.shards) heirs[shard % heirs.length]?.shards.add(shard)
    member.shards.clear()
    const quarantined: ProcessPlace[] = []
    for (const id of crashed ? member.busy : []) {
      const row = this.#rows.byId.get(id)
      if (row === undefined || isEnded(row) || !this.#rows.crashed(row)) continue
      quarantined.push({ path: row.record.path, line: row.record.place.line })
    }
    if (crashed) heirs[0]?.options.onTakeover?.(quarantined)
    for (const heir of heirs) heir.options.onWake()
  }
}
