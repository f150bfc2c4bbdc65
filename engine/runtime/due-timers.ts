/**
 * The next timers of a node's shards: which process is due when, the earliest of each, without gaps up to `until`. However
 * many processes sleep, a node knows a few thousand of them at most; the store has the others.
 */
import type { DueTimer, StoreSession, Upcoming } from '../store/store.ts'

/** Timers kept at most, asked for at once, and below how many further ones are asked for. */
const MOST = 4_096
const ASKED = 2_000
const FEW = 500
/** How far ahead timers are known at least, where they are few: milliseconds. */
const HORIZON = 60_000
/** Milliseconds before the end of what is known that further timers are asked for. */
const SOON = 250
/** How far back timers are looked for at first: what is due longer was there for claims to find. */
const OVERDUE = 1_000

/** What an answer told besides timers. */
export interface Filled {
  /** The store's time. */
  readonly now: number
  /** More timers are due at this moment than were told. */
  readonly crowded?: number
}

export class DueTimers {
  /** By time. */
  #timers: DueTimer[] = []
  readonly #times = new Map<string, number>()
  #until = Number.NEGATIVE_INFINITY
  /** What changed since the store was asked; its answer may be from before. */
  #changes: Map<string, number | undefined> | undefined
  /** Whose timers these are. */
  #shards: readonly number[] = []
  /** What is known ends before the horizon: there are more. */
  #partly = false
  readonly #horizon: number

  /** `horizon`: how far ahead timers have to be known, in milliseconds. */
  constructor(horizon: number) {
    this.#horizon = Math.max(HORIZON, horizon)
  }

  /** No timer before this moment is missing, in store milliseconds. */
  get until(): number {
    return this.#until
  }

  get size(): number {
    return this.#timers.length
  }

  /** When the earliest is due, in store milliseconds. */
  get next(): number | undefined {
    return this.#timers[0]?.due
  }

  /** The earliest timer of a process, as far as its node knows; `undefined` when it has none. */
  set(process: string, due: number | undefined): void {
    this.#changes?.set(process, due)
    if (due !== undefined && due < this.#until) this.#put(process, due)
    else this.#remove(process)
  }

  /** Takes out up to `most` that are due at `now`, earliest first. */
  take(now: number, most: number): readonly DueTimer[] {
    const count = Math.min(this.#place(now + 1), most)
    const taken = count === 0 ? [] : this.#timers.splice(0, count)
    for (const { process } of taken) this.#times.delete(process)
    return taken
  }

  /** Puts back what was taken too early, for the store's `now`; what is known of a process since then is newer. */
  putBack(taken: Iterable<DueTimer>, now: number): void {
    for (const { process, due } of taken) if (due > now && !this.#times.has(process)) this.set(process, due)
  }

  /** When there is something to do: a timer is due, or further ones have to be learned of. */
  get wakeUp(): number | undefined {
    const further = this.#partly && this.size < FEW ? this.#until - SOON : undefined
    return this.next === undefined ? further : Math.min(this.next, further ?? Infinity)
  }

  /**
   * Learns of further timers where it has to, at `now` in store milliseconds: when what is known comes to its end, or the
   * shards are other ones than before. Answers `undefined` when it did not ask.
   */
  async fill(session: Pick<StoreSession, 'shards' | 'upcoming'>, now: number): Promise<Filled | undefined> {
    const shards = session.shards()
    if (!isSame(shards, this.#shards)) {
      this.clear()
      this.#shards = shards
    }
    const ahead = this.#until - now
    if (this.#partly ? ahead >= SOON || this.size >= FEW : ahead >= this.#horizon / 2) return undefined
    const from = Math.max(this.#until, now - OVERDUE)
    const { until, now: storeNow } = await this.#ask(() => session.upcoming(from, this.#horizon, ASKED))
    const crowded = until <= from
    this.#partly = until < storeNow + this.#horizon
    return { now: storeNow, ...(crowded ? { crowded: from } : {}) }
  }

  /** Changes while it asks are newer than the answer. */
  async #ask(ask: () => Promise<Upcoming>): Promise<Upcoming> {
    const changes = new Map<string, number | undefined>()
    this.#changes = changes
    const answer = await ask().finally(() => (this.#changes = undefined))
    // Of more timers at one moment than fit an answer the rest is not asked for again.
    this.#until = Math.max(this.#until + 1, answer.until)
    for (const { process, due } of answer.timers) {
      if (!changes.has(process) && due < (this.#times.get(process) ?? Infinity)) this.#put(process, due)
    }
    for (const [process, due] of changes) this.set(process, due)
    return answer
  }

  /** Nothing is known any more: there are other shards, or another session. */
  clear(): void {
    this.#timers = []
    this.#times.clear()
    this.#until = Number.NEGATIVE_INFINITY
    this.#shards = []
    this.#partly = false
  }

  #put(process: string, due: number): void {
    this.#remove(process)
    this.#timers.splice(this.#place(due), 0, { process, due })
    this.#times.set(process, due)
    if (this.#timers.length > MOST) this.#forgetLast()
  }

  #forgetLast(): void {
    const last = this.#timers.pop()
    if (last === undefined) return
    this.#times.delete(last.process)
    this.#until = Math.min(this.#until, last.due)
    this.#partly = true
  }

  #remove(process: string): void {
    const due = this.#times.get(process)
    if (due === undefined) return
    this.#times.delete(process)
    for (let index = this.#place(due); index < this.#timers.length; index++) {
      if (this.#timers[index]?.process !== process) continue
      this.#timers.splice(index, 1)
      return
    }
  }

  /** The index of the first that is due at `time` or later. */
  #place(time: number): number {
    let from = 0
    let to = this.#timers.length
    while (from < to) {
      const middle = (from + to) >> 1
      if ((this.#timers[middle] as DueTimer).due < time) from = middle + 1
      else to = middle
    }
    return from
  }
}

function isSame(some: readonly number[], others: readonly number[]): boolean {
  return some === others || (some.length === others.length && some.every((shard, index) => shard === others[index]))
}
