/** A node's place in the memory store. */
import { FencedError } from '../../errors.ts'
import type { JoinableTransaction } from '../../step/transaction.ts'
import type { Checkpoint, LoadedProcess, SignalEmission, StartRequest, StartResult } from '../records.ts'
import type { CommitAnswer, DueClaim, DueTimer, EmitResult, NodeOptions, StoreSession, Upcoming } from '../store.ts'
import { isClaimable, isDue, isEnded, loaded, type Row, type Rows } from './rows.ts'

/** What the store keeps of a connected node. */
export interface Member {
  readonly node: number
  readonly epoch: number
  readonly options: NodeOptions
  readonly shards: Set<number>
  /** Processes claimed and not yet at rest: their turns die with the node. */
  readonly busy: Set<string>
  alive: boolean
}

export class MemorySession implements StoreSession {
  readonly node: number
  readonly epoch: number
  readonly #member: Member
  readonly #rows: Rows
  readonly #now: () => number
  readonly #leave: (member: Member) => void

  constructor(member: Member, rows: Rows, now: () => number, leave: (member: Member) => void) {
    this.node = member.node
    this.epoch = member.epoch
    this.#member = member
    this.#rows = rows
    this.#now = now
    this.#leave = leave
  }

  shards(): readonly number[] {
    return [...this.#member.shards]
  }

  async claim(
    limit: number,
    running: ReadonlySet<string>,
    most?: ReadonlyMap<string, number>,
  ): Promise<readonly LoadedProcess[]> {
    return this.#claim(this.#rows.byId.values(), limit, running, most)
  }

  #claim(
    rows: Iterable<Row>,
    limit: number,
    running: ReadonlySet<string>,
    most: ReadonlyMap<string, number> = new Map(),
  ): readonly LoadedProcess[] {
    this.#fence()
    const now = this.#now()
    const claimed: LoadedProcess[] = []
    const places = new Map(most)
    for (const row of rows) {
      if (claimed.length >= limit) break
      const { id, shard, definition } = row.record
      const free = places.get(definition)
      if (running.has(id) || free === 0 || !this.#member.shards.has(shard) || !isClaimable(row, now)) continue
      if (free !== undefined) places.set(definition, free - 1)
      this.#member.busy.add(id)
      claimed.push({ ...loaded(row), now })
    }
    return claimed
  }

  async start(requests: readonly StartRequest[]): Promise<readonly StartResult[]> {
    this.#fence()
    return requests.map((request) => {
      const result = this.#rows.start(request)
      const row = this.#rows.byId.get(result.id)
      if (!result.created || row === undefined || !this.#owns(row)) return result
      this.#member.busy.add(result.id)
      return { ...result, process: loaded(row) }
    })
  }

  async emit(signals: readonly SignalEmission[], limit: number, running: ReadonlySet<string>): Promise<EmitResult> {
    this.#fence()
    this.#rows.checkRoom(signals)
    const reached = new Set(signals.flatMap((signal) => this.#rows.receivers(signal)))
    const counts = signals.map((signal) => this.#rows.emit(signal))
    const claimed: LoadedProcess[] = []
    for (const id of reached) {
      const row = this.#rows.byId.get(id)
      if (claimed.length >= limit) break
      if (row === undefined || running.has(id)) continue
      if (!this.#owns(row) || !isClaimable(row, this.#now())) continue
      this.#member.busy.add(id)
      claimed.push(loaded(row))
    }
    return { counts, claimed }
  }

  async reload(id: string): Promise<LoadedProcess | undefined> {
    this.#fence()
    const row = this.#rows.byId.get(id)
    return row && this.#owns(row) && !isEnded(row) ? loaded(row) : undefined
  }

  async release(id: string): Promise<void> {
    this.#fence()
    this.#member.busy.delete(id)
  }

  returned(id: string): void {
    this.#member.busy.delete(id)
  }

  async claimDue(ids: readonly string[], most?: ReadonlyMap<string, number>): Promise<DueClaim> {
    const now = this.#now()
    const due = ids.flatMap((id) => this.#rows.byId.get(id) ?? []).filter((row) => isDue(row, now))
    return { now, processes: this.#claim(due, ids.length, new Set(), most) }
  }

  async upcoming(from: number, horizon: number, limit: number): Promise<Upcoming> {
    this.#fence()
    const now = this.#now()
    const timers: DueTimer[] = []
    for (const row of this.#rows.byId.values()) {
      if (!this.#owns(row)) continue
      for (const due of row.timers.values())
        if (due >= from && due < now + horizon) timers.push({ process: row.record.id, due })
    }
    timers.sort((one, other) => one.due - other.due)
    const told = timers.slice(0, limit)
    const until = timers.length > limit ? (told.at(-1)?.due ?? from) : now + horizon
    return { now, until, timers: told }
  }

  async commit(checkpoints: readonly Checkpoint[]): Promise<readonly CommitAnswer[]> {
    return checkpoints.map((checkpoint): CommitAnswer => {
      if (!this.#accepts(checkpoint)) return 'fenced'
      this.#apply(checkpoint)
      return 'accepted'
    })
  }

  async commitIn(transaction: JoinableTransaction, checkpoint: Checkpoint): Promise<void> {
    if (transaction.kind !== 'memory') throw new TypeError('The memory store cannot write into an SQL transaction')
    if (!this.#accepts(checkpoint))
      throw new FencedError(`Process ${checkpoint.id} moved on or belongs to another node`)
    // As with a database's row locks: who passed the fence in an open transaction may commit it.
    transaction.onCommit(() => {
      if (this.#rows.byId.get(checkpoint.id)?.record.seq === checkpoint.seq - 1) this.#apply(checkpoint)
    })
  }

  async committed(id: string, seq: number): Promise<boolean> {
    const row = this.#rows.byId.get(id)
    return this.#member.alive && row !== undefined && this.#owns(row) && row.record.seq >= seq
  }

  async leave(): Promise<void> {
    this.#leave(this.#member)
  }

  #apply(checkpoint: Checkpoint): void {
    this.#rows.apply(checkpoint)
    const { id, shard, status, runnable } = checkpoint
    if (status !== 'running' && !runnable) this.#member.busy.delete(id)
    else if (this.#member.shards.has(shard)) this.#member.busy.add(id)
  }

  #accepts(checkpoint: Checkpoint): boolean {
    const row = this.#rows.byId.get(checkpoint.id)
    return this.#member.alive && row !== undefined && this.#owns(row) && row.record.seq === checkpoint.seq - 1
  }

  #owns(row: Row): boolean {
    return this.#member.shards.has(row.record.shard)
  }

  #fence(): void {
    if (!this.#member.alive) throw new FencedError(`Node ${this.node} lost its place`)
  }
}
