/**
 * The node loop: claims what is runnable or due among this node's shards, runs it, and sleeps until the store or a timer
 * wakes it. Polling is the truth, wake-ups only make it quick. A lost node drops everything it runs and joins again.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Scheduled } from '../clock/clock.ts'
import { FencedError, QuarantinedError } from '../errors.ts'
import type { LoadedProcess, StartRequest, StartResult, StoreSession } from '../store/store.ts'
import { Committer } from './committer.ts'
import { LocalStarts } from './local-starts.ts'
import type { NodeContext } from './node-context.ts'
import type { NodeSettings } from './node-settings.ts'
import { Places } from './places.ts'
import { ProcessRun } from './process-run.ts'

/** How many processes are claimed at once. */
const CLAIM = 64
/** How far ahead timers are looked for, at least, and the pause before joining again: milliseconds. */
const HORIZON = 60_000
const REJOIN = 500
/** Milliseconds that who waits for a result relies on the process being in memory here. */
const PATIENCE = 5_000
/** After how many processes that left their places are filled again, and after how many milliseconds at the latest. */
const MOST_LEFT = 16
const BETWEEN = 5
/** Milliseconds that a process which cannot run here is left alone. */
const PARKED = 5_000
/** Milliseconds in memory after which a process is told what arrives for it meanwhile, and how often it is told at most. */
const LONG = 200

/** Times as long as such a claim took that it is left alone before the next. */
const REST = 4

export class Node {
  readonly #settings: NodeSettings
  readonly #runs = new Map<string, ProcessRun>()
  readonly #byPath = new Map<string, ProcessRun>()
  readonly #parked = new Set<string>()
  readonly #places: Places
  readonly #starts: LocalStarts
  /** When a claim may look past definitions without a place again: the store reads over all that waits of them. */
  #nextPast = 0
  /** Out of any caller's async context: a turn belongs to nobody's request. */
  readonly #outside = AsyncLocalStorage.snapshot()
  #session: StoreSession | undefined
  #context: NodeContext | undefined
  #offset = 0
  #state: 'stopped' | 'running' | 'draining' = 'stopped'
  #claiming = false
  #woken = false
  /** How often somebody said that there may be something to do. */
  #calls = 0
  /** A claim is under way. */
  #asking = false
  /** The last claim left something behind, or may have. */
  #hungry = false
  /** Processes that left since the last claim. */
  #left = 0
  #again: Scheduled | undefined
  #poll: Scheduled | undefined
  #timer: { readonly at: number; readonly scheduled: Scheduled } | undefined
  #idle: (() => void)[] = []

  constructor(settings: NodeSettings) {
    this.#settings = settings
    this.#places = new Places(settings.concurrency, (definition) => settings.limits().get(definition))
    this.#starts = new LocalStarts(settings, this.#places, {
      running: () => this.#runningIn(),
      isAsking: () => this.#asking,
      calls: () => this.#calls,
      begin: (context, process, calls) => this.#outside(() => this.#begin(context, process, calls)),
      wake: () => this.wake(),
      freed: () => {
        if (this.#hungry) this.#look()
      },
    })
  }

  /** Number of processes in memory. */
  get size(): number {
    return this.#runs.size
  }

  get session(): StoreSession | undefined {
    return this.#session
  }

  async start(): Promise<void> {
    this.#state = 'running'
    await this.#join()
    this.#schedulePoll()
    this.wake()
  }

  /** Starts processes. Those that there is a place for run here at once, without being claimed. */
  startAll(requests: readonly StartRequest[]): Promise<readonly StartResult[]> {
    return this.#starts.startAll(requests)
  }

  /** Claims nothing more and waits until what runs is at rest, at most `deadline` milliseconds; then lets go of all shards. */
  async drain(deadline: number): Promise<void> {
    if (this.#state !== 'running') return
    this.#state = 'draining'
    if (this.#runs.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#idle.push(resolve)
      const timer = this.#settings.clock.schedule(deadline, resolve)
      await promise
      timer.cancel()
    }
    await this.stop()
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return
    this.#state = 'stopped'
    this.#poll?.cancel()
    this.#timer?.scheduled.cancel()
    this.#timer = undefined
    this.#again?.cancel()
    this.#again = undefined
    this.#dropAll('the engine was stopped')
    const session = this.#session
    this.#session = undefined
    this.#context = undefined
    await session?.leave().catch(() => {})
  }

  /** There may be something to do. */
  wake(): void {
    this.#calls++
    this.#look()
  }

  /** As `HandleSource.ending`. */
  ending(path: string): Promise<Uint8Array | undefined> | undefined {
    return this.#byPath.get(path)?.left()
  }

  #runningIn(): NodeContext | undefined {
    return this.#state === 'running' ? this.#context : undefined
  }

  /** As `wake`, when nobody said so. */
  #look(): void {
    this.#woken = true
    if (this.#claiming || this.#state !== 'running') return
    this.#claiming = true
    this.#outside(() => void this.#claimAll())
  }

  get #horizon(): number {
    return Math.max(HORIZON, 2 * this.#settings.poll)
  }

  now(): number {
    return this.#settings.clock.now() + this.#offset
  }

  async #join(): Promise<void> {
    const { store, clock, name, shared, report, metrics } = this.#settings
    let lost = false
    const session = await store.connect({
      name,
      onWake: () => this.wake(),
      onLost: (reason) => {
        lost = true
        if (this.#session === session) this.#outside(() => void this.#lost(reason))
      },
      onTakeover: (quarantined) => {
        metrics.counters.takeovers++
        for (const { path, line } of quarantined)
          report({ kind: 'quarantined', process: path, line, error: new QuarantinedError(path) })
      },
    })
    if (this.#state !== 'running') {
      await session.leave()
      return
    }
    this.#session = session
    if (lost) return this.#outside(() => this.#lost('lost while joining'))
    this.#offset = (await store.now()) - clock.now()
    this.#context = {
      ...shared,
      store,
      clock,
      session,
      committer: new Committer(
        session,
        clock,
        metrics,
        () => lost,
        (error) => this.#storeFailed(error),
      ),
      metrics,
      report,
      storeFailed: (error) => this.#storeFailed(error),
      now: () => this.now(),
      released: (id) => this.#released(id),
      parked: (id) => this.#park(id),
      due: (at) => this.#due(at),
    }
  }

  async #lost(reason: string): Promise<void> {
    this.#settings.report({ kind: 'lost', reason })
    this.#dropAll(reason)
    this.#session = undefined
    this.#context = undefined
    while (this.#state === 'running' && this.#session === undefined) {
      try {
        await this.#join()
        this.wake()
      } catch (error) {
        this.#storeFailed(error)
        await new Promise<void>((resolve) => this.#settings.clock.schedule(REJOIN, resolve))
      }
    }
  }

  /** What is cut off by stopping is no failure. */
  #storeFailed(error: unknown): void {
    if (this.#state !== 'stopped') this.#settings.health.failed(error)
  }

  #dropAll(reason: string): void {
    for (const run of this.#runs.values()) run.drop(reason)
    this.#runs.clear()
    this.#byPath.clear()
    this.#places.clear()
    this.#releaseIdle()
  }

  async #claimAll(): Promise<void> {
    try {
      while (this.#woken && this.#state === 'running') {
        this.#woken = false
        await this.#claimOnce()
      }
      await this.#lookAhead()
      // Without a place nothing was asked.
      if (this.#session !== undefined) this.#settings.health.answered()
    } catch (error) {
      if (!(error instanceof FencedError)) this.#storeFailed(error)
      else if (this.#session !== undefined && this.#state === 'running') await this.#lost(error.message)
    } finally {
      this.#claiming = false
    }
    if (this.#woken) this.#look()
  }

  async #claimOnce(): Promise<void> {
    const session = this.#session
    const context = this.#context
    const { free } = this.#places
    if (session === undefined || context === undefined) return
    this.#hungry = free <= 0
    if (free <= 0) return
    this.#left = 0
    const calls = this.#calls
    this.#refreshRuns()
    const running = new Set([...this.#runs.keys(), ...this.#parked, ...this.#starts.ids])
    const asked = Math.min(CLAIM, free)
    const begun = this.#settings.clock.now()
    const most = this.#places.limits(asked, this.#settings.limits().keys(), begun)
    const looksPast = [...most.values()].includes(0)
    if (looksPast && begun < this.#nextPast) {
      this.#hungry = true
      this.#due(this.now() + this.#nextPast - begun)
      return
    }
    this.#asking = true
    const claimed = await session.claim(asked, running, most).finally(() => {
      this.#asking = false
      const ended = this.#settings.clock.now()
      if (looksPast) this.#nextPast = ended + REST * (ended - begun)
    })
    if (session !== this.#session) return
    this.#settings.metrics.counters.claims++
    this.#places.claimed(
      asked,
      claimed.map(({ record }) => record.definition),
    )
    for (const process of claimed) this.#begin(context, process, calls)
    this.#hungry = claimed.length >= asked || most.size > 0
    if (claimed.length >= asked || (this.#hungry && this.#left > 0)) this.#woken = true
  }

  /** What runs for long, or waits beside a step in flight, has to hear of signals and commands meanwhile. */
  #refreshRuns(): void {
    const before = this.#settings.clock.now() - LONG
    let others = false
    for (const run of this.#runs.values()) {
      if (run.wantsNews(this.#calls, before)) void run.refresh(this.#calls)
      else if (run.calls !== this.#calls) others = true
    }
    if (others) this.#due(this.now() + LONG)
  }

  /** `calls`: as it was before the process was loaded. */
  #begin(context: NodeContext, process: LoadedProcess, calls: number): void {
    if (this.#runs.has(process.record.id)) return
    const run = new ProcessRun(context, process, calls)
    this.#runs.set(run.id, run)
    this.#byPath.set(run.path, run)
    this.#places.take(process.record.definition)
    this.#settings.metrics.counters.turns++
    this.#settings.metrics.inboxDepth.record(process.inbox.length)
    void run.begin()
  }

  #released(id: string): void {
    const run = this.#runs.get(id)
    if (this.#runs.delete(id) && run !== undefined) {
      this.#byPath.delete(run.path)
      this.#places.giveBack(run.definition)
    }
    if (this.#runs.size === 0) this.#releaseIdle()
    // What arrived for it while it ran is claimed now; so is what there was no place for.
    if (this.#hungry || run?.calls !== this.#calls) this.#lookAgain()
  }

  /** Looks at once where few processes run; where many do, not after every one of them. */
  #lookAgain(): void {
    if (++this.#left >= Math.min(MOST_LEFT, this.#runs.size / 8)) return this.#look()
    this.#again ??= this.#settings.clock.schedule(BETWEEN, () => {
      this.#again = undefined
      this.#look()
    })
  }

  #park(id: string): void {
    this.#parked.add(id)
    this.#settings.clock.schedule(PARKED, () => {
      this.#parked.delete(id)
      this.wake()
    })
    this.#released(id)
  }

  #releaseIdle(): void {
    const idle = this.#idle
    this.#idle = []
    for (const resolve of idle) resolve()
  }

  #schedulePoll(): void {
    this.#poll = this.#settings.clock.schedule(this.#settings.poll, () => {
      if (this.#state !== 'running') return
      this.#look()
      const before = this.#settings.clock.now() - PATIENCE
      for (const run of this.#runs.values()) run.sendAway(before)
      this.#schedulePoll()
    })
  }

  async #lookAhead(): Promise<void> {
    const next = await this.#session?.nextDue(this.#horizon)
    if (next !== undefined) this.#due(next)
  }

  /** Wakes at the earliest known due time. */
  #due(at: number): void {
    if (this.#timer !== undefined && this.#timer.at <= at && this.#timer.at > this.now()) return
    if (at > this.now() + this.#horizon || this.#state !== 'running') return
    this.#timer?.scheduled.cancel()
    const scheduled = this.#settings.clock.schedule(Math.max(0, at - this.now()), () => {
      this.#timer = undefined
      this.#look()
    })
    this.#timer = { at, scheduled }
  }
}
