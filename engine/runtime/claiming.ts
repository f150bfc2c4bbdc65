/**
 * What a node takes up next. Timers are known ahead and claimed when they are due; everything else, and whatever was missed,
 * is found by looking: at once where somebody says that there may be something, and by itself now and then.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Scheduled } from '../clock/clock.ts'
import type { DueClaim } from '../store/store.ts'
import { DueTimers } from './due-timers.ts'
import type { NodeContext } from './node-context.ts'
import type { NodeSettings } from './node-settings.ts'
import type { Places } from './places.ts'
import type { ProcessRun } from './process-run.ts'
import type { Residents } from './residents.ts'

/** How many processes are claimed at once: of those that look for a turn, and of those whose timers are due. */
const CLAIM = 64
const DUE = 256
/** Milliseconds between two claims of those that are due: what is due a moment later comes along. */
const TOGETHER = 4
/** After how many processes that left their places are filled again, and after how many milliseconds at the latest. */
const MOST_LEFT = 16
const BETWEEN = 5
/** Milliseconds in memory after which a process is told what arrives for it meanwhile, and how often it is told at most. */
const LONG = 200
/** Times as long as a claim that looks past definitions took that it is left alone before the next. */
const REST = 4

/** The node as its claims see it. */
export interface ClaimingNode {
  /** What its processes run in; `undefined` while it has no session, drains or has stopped. */
  running(): NodeContext | undefined
  /** Whether that is still the session it has. */
  isCurrent(context: NodeContext): boolean
  /** Store time. */
  now(): number
  /** The store's clock was at `time` between two moments of the node's own. */
  saw(time: number, from: number, to: number): void
  /** Processes that are being started here. */
  starting(): ReadonlySet<string>
  /** Asking the store failed, when `context` was what processes run in. */
  failed(error: unknown, context: NodeContext | undefined): Promise<void>
}

/** What a claim brings, with the store's time where that is told. */
type Claim = Pick<DueClaim, 'processes'> & { readonly now: number | undefined }

export class Claiming {
  readonly #settings: NodeSettings
  readonly #places: Places
  readonly #residents: Residents
  readonly #node: ClaimingNode
  readonly #due: DueTimers
  /** Out of any caller's async context: a turn belongs to nobody's request. */
  readonly #outside = AsyncLocalStorage.snapshot()
  #calls = 0
  #claiming = false
  #woken = false
  #asking = false
  #hungry = false
  /** Processes that left since the last claim. */
  #left = 0
  /** When those that are due are claimed again at the earliest, in store milliseconds. */
  #dueAgain = Number.NEGATIVE_INFINITY
  /** When a claim may look past definitions without a place again: the store reads over all that waits of them. */
  #nextPast = 0
  #again: Scheduled | undefined
  #telling: Scheduled | undefined
  #alarm: { readonly at: number; readonly scheduled: Scheduled } | undefined

  constructor(settings: NodeSettings, places: Places, residents: Residents, node: ClaimingNode) {
    this.#settings = settings
    this.#places = places
    this.#residents = residents
    this.#node = node
    this.#due = new DueTimers(2 * settings.poll)
  }

  /** How often somebody said that there may be something to do. */
  get calls(): number {
    return this.#calls
  }

  /** A claim is under way. */
  get asking(): boolean {
    return this.#asking
  }

  /** The last claim left something behind, or may have. */
  get hungry(): boolean {
    return this.#hungry
  }

  /** There may be something to do. */
  wake(): void {
    this.#calls++
    this.look()
  }

  /** As `wake`, when nobody said so. */
  look(): void {
    this.#woken = true
    this.#goOn()
  }

  /** A process left memory; `due` is when its next timer is, if it has any. */
  left(run: ProcessRun, due: number | undefined): void {
    this.#due.set(run.id, due)
    if (due !== undefined && due < this.#due.until) this.#wakeAt(due)
    // What arrived for it while it ran is claimed now; so is what there was no place for.
    if (this.#hungry || run.calls !== this.#calls) this.#lookAgain()
  }

  /** Forgets what it knows of a session that is gone. */
  clear(): void {
    for (const scheduled of [this.#alarm?.scheduled, this.#again, this.#telling]) scheduled?.cancel()
    this.#alarm = undefined
    this.#again = undefined
    this.#telling = undefined
    this.#due.clear()
    this.#dueAgain = Number.NEGATIVE_INFINITY
  }

  #goOn(): void {
    if (this.#claiming || this.#node.running() === undefined) return
    this.#claiming = true
    this.#outside(() => void this.#claimAll())
  }

  async #claimAll(): Promise<void> {
    let context: NodeContext | undefined
    try {
      while ((context = this.#node.running()) !== undefined) {
        const claimed = await this.#claimDue(context)
        const looked = this.#woken && (await this.#claimWoken(context))
        if (!claimed && !looked && !(await this.#lookAhead(context))) break
      }
      // Without a place nothing was asked.
      if (this.#node.running() !== undefined) this.#settings.health.answered()
    } catch (error) {
      await this.#node.failed(error, context)
    } finally {
      this.#claiming = false
    }
    if (this.#woken) this.#goOn()
    else this.#sleep()
  }

  /** Claims processes whose timers are due, as far as they are known; answers whether there were any. */
  async #claimDue(context: NodeContext): Promise<boolean> {
    const now = this.#node.now()
    if (Math.max(this.#due.next ?? Infinity, this.#dueAgain) > now) return false
    const { free } = this.#places
    if (free <= 0) {
      this.#hungry = true
      return false
    }
    const starting = this.#node.starting()
    // What is in memory sees to its timers itself.
    const resting = (id: string) => !this.#residents.has(id) && !starting.has(id)
    const due = this.#due.take(now, Math.min(DUE, free)).filter(({ process }) => resting(process))
    if (due.length === 0) return true
    const ids = due.map(({ process }) => process)
    this.#dueAgain = now + TOGETHER
    const most = this.#places.limits(due.length, this.#settings.limits().keys())
    const { now: storeNow, processes } = await this.#ask(context, () => context.session.claimDue(ids, most))
    if (processes.length === due.length) return true
    const claimed = new Set(processes.map(({ record }) => record.id))
    const left = due.filter(({ process }) => !claimed.has(process))
    // Some were too early, by the store's clock, others have no place. What else is left has no such timer any more.
    this.#due.putBack(left, storeNow)
    if (most.size > 0) this.#hungry = true
    return true
  }

  /** Claims what is woken, or was missed; answers whether it asked. */
  async #claimWoken(context: NodeContext): Promise<boolean> {
    this.#woken = false
    const { clock, limits } = this.#settings
    const { free } = this.#places
    this.#hungry = free <= 0
    if (free <= 0) return false
    this.#left = 0
    const begun = clock.now()
    if (this.#residents.tell(this.#calls, begun - LONG)) this.#telling ??= this.#lookIn(LONG)
    const running = new Set([...this.#residents.ids, ...this.#node.starting()])
    const asked = Math.min(CLAIM, free)
    const most = this.#places.fairLimits(asked, limits().keys(), begun)
    const looksPast = [...most.values()].includes(0)
    if (looksPast && begun < this.#nextPast) {
      this.#hungry = true
      this.#again ??= this.#lookIn(this.#nextPast - begun)
      return false
    }
    const claim = async () => {
      const processes = await context.session.claim(asked, running, most)
      return { now: processes[0]?.now, processes }
    }
    const { processes: claimed } = await this.#ask(context, claim).finally(() => {
      const ended = clock.now()
      if (looksPast) this.#nextPast = ended + REST * (ended - begun)
    })
    this.#places.claimed(
      asked,
      claimed.map(({ record }) => record.definition),
    )
    this.#hungry = claimed.length >= asked || most.size > 0
    if (claimed.length >= asked || this.#places.passedOver || (this.#hungry && this.#left > 0)) this.#woken = true
    return true
  }

  /** Runs what a claim brings, and answers it: nothing for a session that is gone. */
  async #ask<Answer extends Claim>(context: NodeContext, claim: () => Promise<Answer>): Promise<Answer> {
    const { clock, metrics } = this.#settings
    const asked = this.#residents.ask(this.#calls)
    this.#asking = true
    const begun = clock.now()
    try {
      const answer = await claim().finally(() => (this.#asking = false))
      if (!this.#node.isCurrent(context)) return { ...answer, processes: [] }
      metrics.counters.claims++
      if (answer.now !== undefined) this.#node.saw(answer.now, begun, clock.now())
      for (const process of answer.processes) this.#residents.begin(context, process, asked)
      return answer
    } finally {
      this.#residents.answered(asked)
    }
  }

  /** Learns of further timers; answers whether it asked. */
  async #lookAhead({ session }: NodeContext): Promise<boolean> {
    const { clock } = this.#settings
    const asked = clock.now()
    const answer = await this.#due.fill(session, this.#node.now())
    if (answer === undefined) return false
    this.#node.saw(answer.now, asked, clock.now())
    // More are due at one moment than are told at once: claims find them.
    if (answer.crowded !== undefined) this.#again ??= this.#lookIn(Math.max(0, answer.crowded - this.#node.now()))
    return true
  }

  /** Until the next timer that is known. Without a place there is nothing to wake up for. */
  #sleep(): void {
    const next = this.#due.wakeUp
    if (next !== undefined && this.#places.free > 0) this.#wakeAt(next)
  }

  #wakeAt(at: number): void {
    if (this.#node.running() === undefined || (this.#alarm !== undefined && this.#alarm.at <= at)) return
    this.#alarm?.scheduled.cancel()
    const delay = Math.max(at, this.#dueAgain) - this.#node.now()
    const scheduled = this.#settings.clock.schedule(Math.max(0, delay), () => {
      this.#alarm = undefined
      this.#goOn()
    })
    this.#alarm = { at, scheduled }
  }

  /** Looks at once where few processes run; where many do, not after every one of them. */
  #lookAgain(): void {
    if (++this.#left >= Math.min(MOST_LEFT, this.#residents.size / 8)) return this.look()
    this.#again ??= this.#lookIn(BETWEEN)
  }

  #lookIn(milliseconds: number): Scheduled {
    const scheduled = this.#settings.clock.schedule(milliseconds, () => {
      if (this.#again === scheduled) this.#again = undefined
      if (this.#telling === scheduled) this.#telling = undefined
      this.look()
    })
    return scheduled
  }
}
