/**
 * One node of the cluster: joins, runs what it claims (`claiming.ts`) and what is started here (`local-starts.ts`), and drops
 * everything and joins again when it lost its place.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Scheduled } from '../clock/clock.ts'
import { FencedError, QuarantinedError } from '../errors.ts'
import type { SignalEmission, StartRequest, StartResult } from '../store/records.ts'
import type { StoreSession } from '../store/store.ts'
import { Claiming } from './claiming.ts'
import { Committer } from './committer.ts'
import type { HandedNode } from './hand-outs.ts'
import { LocalEmissions } from './local-emissions.ts'
import { LocalStarts } from './local-starts.ts'
import type { NodeContext } from './node-context.ts'
import type { NodeSettings } from './node-settings.ts'
import { Places } from './places.ts'
import { Residents } from './residents.ts'
import { Unavailable } from './unavailable.ts'

/** The pause before joining again: milliseconds. */
const REJOIN = 500
/** Milliseconds that who waits for a result relies on the process being in memory here. */
const PATIENCE = 5_000

export class Node {
  readonly #settings: NodeSettings
  readonly #residents: Residents
  readonly #claiming: Claiming
  readonly #starts: LocalStarts
  readonly #unavailable: Unavailable
  readonly #emissions: LocalEmissions
  /** Out of any caller's async context: a turn belongs to nobody's request. */
  readonly #outside = AsyncLocalStorage.snapshot()
  #session: StoreSession | undefined
  #context: NodeContext | undefined
  /** What the store's clock is ahead of this node's, in milliseconds; never more than it was seen to be. */
  #offset = 0
  #state: 'stopped' | 'running' | 'draining' = 'stopped'
  #poll: Scheduled | undefined
  #joining: Promise<void> | undefined

  constructor(settings: NodeSettings) {
    const places = new Places(settings.concurrency, (definition) => settings.limits().get(definition))
    const running = () => (this.#state === 'running' ? this.#context : undefined)
    this.#settings = settings
    this.#unavailable = new Unavailable(settings.metrics, settings.report)
    this.#residents = new Residents(places, settings.clock, settings.metrics, () => this.wake())
    this.#claiming = new Claiming(settings, places, this.#residents, {
      running,
      isCurrent: (context) => this.#context === context,
      now: () => this.now(),
      saw: (time, from, to) => (this.#offset = Math.min(Math.max(this.#offset, time - to), time - from)),
      starting: () => this.#starts.ids,
      failed: (error, context) => this.#claimFailed(error, context),
    })
    const handing: HandedNode = {
      ask: () => this.#residents.ask(this.#claiming.calls),
      answered: (asked) => this.#residents.answered(asked),
      begin: (context, process, asked) => this.#outside(() => this.#residents.begin(context, process, asked)),
    }
    this.#emissions = new LocalEmissions(settings, places, {
      running,
      present: () => [...this.#residents.ids, ...this.#starts.ids],
      ...handing,
    })
    this.#starts = new LocalStarts(settings, places, {
      running,
      isAsking: () => this.#claiming.asking,
      ...handing,
      wake: () => this.wake(),
      freed: () => {
        if (this.#claiming.hungry) this.#claiming.look()
      },
    })
  }

  /** Number of processes in memory. */
  get size(): number {
    return this.#residents.size
  }

  get session(): StoreSession | undefined {
    return this.#session
  }

  async start(): Promise<void> {
    this.#state = 'running'
    await this.#join()
    if (this.#state !== 'running') return
    this.#schedulePoll()
    this.wake()
  }

  /** Starts processes. Those that there is a place for run here at once, without being claimed. */
  startAll(requests: readonly StartRequest[]): Promise<readonly StartResult[]> {
    return this.#starts.startAll(requests)
  }

  /** Emits. Processes of this node that it reaches may go on here at once, without being claimed. */
  emitAll(signals: readonly SignalEmission[]): Promise<readonly number[]> {
    return this.#emissions.emitAll(signals)
  }

  /** Claims nothing more and waits until what runs is at rest, at most `deadline` milliseconds; then lets go of all shards. */
  async drain(deadline: number): Promise<void> {
    if (this.#state !== 'running') return
    this.#state = 'draining'
    await this.#residents.idle(deadline)
    await this.stop()
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return
    this.#state = 'stopped'
    this.#poll?.cancel()
    const session = this.#session
    this.#dropAll('the engine was stopped')
    await session?.leave().catch(() => {})
    await this.#joining?.catch(() => {})
  }

  /** There may be something to do. */
  wake(): void {
    this.#claiming.wake()
  }

  /** As `HandleSource.ending`. */
  ending(path: string): Promise<Uint8Array | undefined> | undefined {
    return this.#residents.ending(path)
  }

  /** The store's time, or a little before. */
  now(): number {
    return this.#settings.clock.now() + this.#offset
  }

  /** Once, whoever asks for it meanwhile. */
  #join(): Promise<void> {
    this.#joining ??= this.#joinOnce().finally(() => (this.#joining = undefined))
    return this.#joining
  }

  async #joinOnce(): Promise<void> {
    while (!(await this.#connect())) this.#settings.report({ kind: 'lost', reason: 'lost while joining' })
  }

  /** Answers `false` when the place that it got is lost again. */
  async #connect(): Promise<boolean> {
    const { store, clock, name, stuck, shared, report, metrics } = this.#settings
    let lost = false
    const session = await store.connect({
      name,
      ...(stuck === undefined ? {} : { stuck }),
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
    try {
      this.#offset = (await store.now()) - clock.now()
    } catch (error) {
      await session.leave().catch(() => {})
      throw error
    }
    if (this.#state !== 'running') {
      await session.leave()
      return true
    }
    if (lost) return false
    this.#session = session
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
      released: (id, due) => this.#leave(id, due),
      missed: () => this.#claiming.look(),
      unavailable: (process, definition, error) => this.#unavailable.add(process, definition, error),
      parked: (id) => this.#park(id),
    }
    return true
  }

  async #lost(reason: string): Promise<void> {
    this.#settings.report({ kind: 'lost', reason })
    this.#dropAll(reason)
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

  async #claimFailed(error: unknown, context: NodeContext | undefined): Promise<void> {
    if (!(error instanceof FencedError)) this.#storeFailed(error)
    else if (this.#context === context && context !== undefined && this.#state === 'running')
      await this.#lost(error.message)
  }

  #dropAll(reason: string): void {
    this.#residents.dropAll(reason)
    this.#claiming.clear()
    this.#session = undefined
    this.#context = undefined
  }

  /** A process is at rest, ended, or no longer this node's. */
  #leave(id: string, due: number | undefined): void {
    const run = this.#residents.leave(id)
    if (run !== undefined) this.#claiming.left(run, due)
  }

  #park(id: string): void {
    this.#residents.park(id, () => this.wake())
    this.#leave(id, undefined)
  }

  #schedulePoll(): void {
    const { clock, poll } = this.#settings
    this.#poll = clock.schedule(poll, () => {
      if (this.#state !== 'running') return
      this.#claiming.look()
      this.#residents.sendAway(clock.now() - PATIENCE)
      this.#schedulePoll()
    })
  }
}
