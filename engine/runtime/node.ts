/**
 * The node loop: claims what is runnable or due among this node's shards, runs it, and sleeps until the store or a timer
 * wakes it. Polling is the truth, wake-ups only make it quick. A lost node drops everything it runs and joins again.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock, Scheduled } from '../clock/clock.ts'
import { FencedError, QuarantinedError } from '../errors.ts'
import type { EngineStore, LoadedProcess, StoreSession } from '../store/store.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { Committer } from './committer.ts'
import type { EngineEvent } from './event.ts'
import type { NodeContext } from './node-context.ts'
import { Places } from './places.ts'
import { ProcessRun } from './process-run.ts'
import type { StoreHealth } from './store-health.ts'

/** How many processes are claimed at once. */
const CLAIM = 64
/** How far ahead timers are looked for, at least, and the pause before joining again: milliseconds. */
const HORIZON = 60_000
const REJOIN = 500
/** Milliseconds that a process which cannot run here is left alone. */
const PARKED = 5_000
/** Milliseconds in memory after which a process is told what arrives for it meanwhile, and how often it is told at most. */
const LONG = 200

export interface NodeSettings {
  readonly name: string
  readonly store: EngineStore
  readonly clock: Clock
  /** Most processes in memory at once. */
  readonly concurrency: number
  /** Definitions with a limit of their own: most processes of each in memory at once. */
  limits(): ReadonlyMap<string, number>
  readonly metrics: Metrics
  readonly health: StoreHealth
  /** Milliseconds between looks for work that nobody announced. */
  readonly poll: number
  report(event: EngineEvent): void
  /** Everything a run needs besides the node's own parts. */
  readonly shared: Omit<
    NodeContext,
    | 'session'
    | 'committer'
    | 'released'
    | 'parked'
    | 'due'
    | 'now'
    | 'store'
    | 'clock'
    | 'report'
    | 'storeFailed'
    | 'metrics'
  >
}

export class Node {
  readonly #settings: NodeSettings
  readonly #runs = new Map<string, ProcessRun>()
  readonly #parked = new Set<string>()
  readonly #places: Places
  /** Out of any caller's async context: a turn belongs to nobody's request. */
  readonly #outside = AsyncLocalStorage.snapshot()
  #session: StoreSession | undefined
  #context: NodeContext | undefined
  #offset = 0
  #state: 'stopped' | 'running' | 'draining' = 'stopped'
  #claiming = false
  #woken = false
  #poll: Scheduled | undefined
  #timer: { readonly at: number; readonly scheduled: Scheduled } | undefined
  #idle: (() => void)[] = []

  constructor(settings: NodeSettings) {
    this.#settings = settings
    this.#places = new Places(settings.concurrency, (definition) => settings.limits().get(definition))
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
    this.#dropAll('the engine was stopped')
    const session = this.#session
    this.#session = undefined
    this.#context = undefined
    await session?.leave().catch(() => {})
  }

  /** There may be something to do. */
  wake(): void {
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
      committer: new Committer(session, clock, metrics, () => lost),
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
      this.#settings.health.answered()
    } catch (error) {
      if (!(error instanceof FencedError)) this.#storeFailed(error)
      else if (this.#session !== undefined && this.#state === 'running') await this.#lost(error.message)
    } finally {
      this.#claiming = false
    }
    if (this.#woken) this.wake()
  }

  async #claimOnce(): Promise<void> {
    const session = this.#session
    const context = this.#context
    const { free } = this.#places
    if (session === undefined || context === undefined || free <= 0) return
    this.#refreshRuns()
    const running = new Set([...this.#runs.keys(), ...this.#parked])
    const asked = Math.min(CLAIM, free)
    const most = this.#places.limits(asked, this.#settings.limits().keys(), this.#settings.clock.now())
    const claimed = await session.claim(asked, running, most)
    if (session !== this.#session) return
    this.#settings.metrics.counters.claims++
    this.#places.claimed(
      asked,
      claimed.map(({ record }) => record.definition),
    )
    for (const process of claimed) this.#begin(context, process)
    if (claimed.length > 0) this.#woken = true
  }

  /** What runs for long, or waits beside a step in flight, has to hear of signals and commands meanwhile. */
  #refreshRuns(): void {
    const before = this.#settings.clock.now() - LONG
    let others = false
    for (const run of this.#runs.values()) {
      if (run.wantsNews(before)) void run.refresh()
      else others = true
    }
    if (others) this.#due(this.now() + LONG)
  }

  #begin(context: NodeContext, process: LoadedProcess): void {
    if (this.#runs.has(process.record.id)) return
    const run = new ProcessRun(context, process)
    this.#runs.set(run.id, run)
    this.#places.take(process.record.definition)
    this.#settings.metrics.counters.turns++
    this.#settings.metrics.inboxDepth.record(process.inbox.length)
    void run.begin()
  }

  #released(id: string): void {
    const run = this.#runs.get(id)
    if (this.#runs.delete(id) && run !== undefined) this.#places.giveBack(run.definition)
    if (this.#runs.size === 0) this.#releaseIdle()
    this.wake()
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
      this.wake()
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
      this.wake()
    })
    this.#timer = { at, scheduled }
  }
}
