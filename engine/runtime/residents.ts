/** The processes that are in a node's memory: found by id and by path, counted by their places, told of news. */
import type { Clock } from '../clock/clock.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { LoadedProcess } from '../store/records.ts'
import { type Asked, HandOuts } from './hand-outs.ts'
import type { NodeContext } from './node-context.ts'
import type { Places } from './places.ts'
import { ProcessRun } from './process-run.ts'

/** Milliseconds that a process which cannot run here is left alone. */
const PARKED = 5_000

export class Residents {
  readonly #runs = new Map<string, ProcessRun>()
  readonly #byPath = new Map<string, ProcessRun>()
  readonly #parked = new Set<string>()
  readonly #places: Places
  readonly #clock: Clock
  readonly #metrics: Metrics
  readonly #handOuts = new HandOuts()
  readonly #refused: () => void
  #idle: (() => void)[] = []

  /** `refused`: something was handed out and not taken; what woke it is still to be seen to. */
  constructor(places: Places, clock: Clock, metrics: Metrics, refused: () => void) {
    this.#refused = refused
    this.#places = places
    this.#clock = clock
    this.#metrics = metrics
  }

  get size(): number {
    return this.#runs.size
  }

  /** What no claim may bring. */
  get ids(): Iterable<string> {
    return [...this.#runs.keys(), ...this.#parked]
  }

  has(id: string): boolean {
    return this.#runs.has(id) || this.#parked.has(id)
  }

  /** As `HandleSource.ending`. */
  ending(path: string): Promise<Uint8Array | undefined> | undefined {
    return this.#byPath.get(path)?.left()
  }

  /** Processes are asked for: `begin` those of the answer, then say `answered`. `calls`: what the node has heard until now. */
  ask(calls: number): Asked {
    return this.#handOuts.ask(calls)
  }

  answered(asked: Asked): void {
    this.#handOuts.answered(asked)
  }

  /** Runs what the answer handed out, unless it has had a turn here since it was asked for. */
  begin(context: NodeContext, process: LoadedProcess, asked: Asked): void {
    const { id } = process.record
    const here = this.#runs.has(id)
    if (here || this.#handOuts.isStale(id, asked)) {
      if (!here) context.session.returned(id)
      this.#refused()
      return
    }
    const run = new ProcessRun(context, process, asked.calls)
    this.#runs.set(run.id, run)
    this.#handOuts.turned(id)
    this.#byPath.set(run.path, run)
    this.#places.take(process.record.definition)
    this.#metrics.counters.turns++
    this.#metrics.inboxDepth.record(process.inbox.length)
    void run.begin()
  }

  /** It is at rest, ended, or no longer this node's. Answers what it was. */
  leave(id: string): ProcessRun | undefined {
    const run = this.#runs.get(id)
    if (this.#runs.delete(id) && run !== undefined) {
      this.#handOuts.turned(id)
      this.#byPath.delete(run.path)
      this.#places.giveBack(run.definition)
    }
    if (this.#runs.size === 0) this.#tellIdle()
    return run
  }

  /** It cannot run here now: it is kept out of claims for a while, and `again` is called then. */
  park(id: string, again: () => void): void {
    this.#parked.add(id)
    this.#clock.schedule(PARKED, () => {
      this.#parked.delete(id)
      again()
    })
  }

  /**
   * What runs since before `before` (clock milliseconds), or waits beside a step in flight, has to hear of signals and commands
   * meanwhile. Answers whether others are to hear of them later.
   */
  tell(calls: number, before: number): boolean {
    let others = false
    for (const run of this.#runs.values()) {
      if (run.wantsNews(calls, before)) void run.refresh(calls)
      else if (run.calls !== calls) others = true
    }
    return others
  }

  /** Who has waited for an end since before `time` (clock milliseconds) asks the store from now on. */
  sendAway(time: number): void {
    for (const run of this.#runs.values()) run.sendAway(time)
  }

  dropAll(reason: string): void {
    for (const run of this.#runs.values()) run.drop(reason)
    this.#runs.clear()
    this.#byPath.clear()
    this.#places.clear()
    this.#tellIdle()
  }

  /** Resolves when nothing runs, after `deadline` milliseconds at the latest. */
  async idle(deadline: number): Promise<void> {
    if (this.#runs.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#idle.push(resolve)
    const timer = this.#clock.schedule(deadline, resolve)
    await promise
    timer.cancel()
  }

  #tellIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve()
  }
}
