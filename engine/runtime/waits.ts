/**
 * The waits, subscriptions and timers of one running process, and what of them the next checkpoint has to change. Numbers
 * of subscriptions and timers are unique within the process and never used again.
 */
import type { SignalDefinition, WaitSpec } from '../program/wait.ts'
import type { Checkpoint, Subscription } from '../store/records.ts'
import { dueTime } from './due-time.ts'
import type { Head } from './head.ts'
import { routingKey } from './signal.ts'
import { flatLeaves, type Leaf } from './wait-plan.ts'

/** Under this key a process listens for another one's end. */
export function endKey(path: string): string {
  return `process:${path}`
}

const NONE: readonly never[] = []
const UNCHANGED = { subscribe: [], unsubscribe: [], timers: new Map<number, never>() } as const

interface Interest {
  readonly key: string
  readonly signal: string
}

export class Waits {
  readonly byFiber = new Map<number, readonly Leaf[]>()
  readonly listeners: Map<number, number>
  readonly #subscriptions: Map<number, Interest>
  /** The process's path parameters as texts. */
  readonly #shared: Readonly<Record<string, string>>
  readonly #textOf: (value: unknown) => string
  /** Subscriptions to ends of processes that no wait asks for. */
  readonly #ends: Set<number>
  #next: number
  #subscribe: Subscription[] = []
  #unsubscribe: number[] = []
  #timers = new Map<number, number | null>()

  constructor(head: Head, shared: Readonly<Record<string, string>>, textOf: (value: unknown) => string) {
    for (const [fiber, leaves] of head.waits) this.byFiber.set(fiber, leaves)
    this.#subscriptions = new Map(head.subscriptions.map(([number, key, signal]) => [number, { key, signal }]))
    this.listeners = new Map(head.listeners)
    this.#ends = new Set(head.cancelling?.children.map(([, number]) => number))
    this.#next = head.next
    this.#shared = shared
    this.#textOf = textOf
  }

  get hasSubscriptions(): boolean {
    return this.#subscriptions.size > 0
  }

  /** What the head keeps of this. */
  stored(): Pick<Head, 'waits' | 'subscriptions' | 'listeners' | 'next'> {
    if (this.byFiber.size + this.#subscriptions.size + this.listeners.size === 0)
      return { waits: NONE, subscriptions: NONE, listeners: NONE, next: this.#next }
    return {
      waits: [...this.byFiber],
      subscriptions: [...this.#subscriptions].map(([number, { key, signal }]) => [number, key, signal]),
      listeners: [...this.listeners],
      next: this.#next,
    }
  }

  /** When the next of its timers is due that is not yet at `now`. */
  nextTimer(now: number): number | undefined {
    let next: number | undefined
    for (const leaves of this.byFiber.values())
      for (const leaf of flatLeaves(leaves))
        if (leaf.kind === 'timer' && leaf.at > now && (next === undefined || leaf.at < next)) next = leaf.at
    return next
  }

  /**
   * What changed since the last checkpoint took it. A timer that is over at `now` and waits for others to be ready is not
   * kept: there is nothing to wake up for.
   */
  takeChanges(now: number): Pick<Checkpoint, 'subscribe' | 'unsubscribe' | 'timers'> {
    for (const leaves of this.byFiber.values())
      for (const leaf of flatLeaves(leaves.filter(({ kind }) => kind === 'group')))
        if (leaf.kind === 'timer' && leaf.at <= now) this.#cancelTimer(leaf.timer)
    if (this.#subscribe.length + this.#unsubscribe.length + this.#timers.size === 0) return UNCHANGED
    const changes = { subscribe: this.#subscribe, unsubscribe: this.#unsubscribe, timers: this.#timers }
    this.#subscribe = []
    this.#unsubscribe = []
    this.#timers = new Map()
    return changes
  }

  /** Begins a wait of a fiber; answers the paths of the processes it newly waits for. */
  begin(fiber: number, specs: readonly WaitSpec[], now: number): readonly string[] {
    const leaves = specs.map((spec) => this.#leaf(spec, now))
    this.byFiber.set(fiber, leaves)
    return flatLeaves(leaves).flatMap((leaf) => (leaf.kind === 'process' ? [leaf.path] : []))
  }

  /** Ends the wait of a fiber: its timers are cancelled, its interest in other processes too. */
  end(fiber: number): void {
    for (const leaf of flatLeaves(this.byFiber.get(fiber) ?? [])) {
      if (leaf.kind === 'timer') this.#cancelTimer(leaf.timer)
      else if (leaf.kind === 'process') this.#end(leaf.subscription)
    }
    this.byFiber.delete(fiber)
  }

  listen(id: number, signal: SignalDefinition, match: Readonly<Record<string, unknown>>): void {
    this.listeners.set(id, this.#interest(signal, match, true))
  }

  unlisten(id: number): void {
    const number = this.listeners.get(id)
    this.listeners.delete(id)
    if (number !== undefined) this.#end(number)
  }

  /** Subscriptions that a drained signal, or listener, came through. */
  through(signal: SignalDefinition | { readonly listener: number }): ReadonlySet<number> {
    if ('listener' in signal) return new Set([this.listeners.get(signal.listener) ?? -1])
    return new Set(
      [...this.#subscriptions].filter(([, { signal: name }]) => name === signal.name).map(([number]) => number),
    )
  }

  /** Listens for another process's end without a wait for it, until `unwatchEnds`; answers the subscription. */
  watchEnd(path: string): number {
    const number = this.#next++
    this.#ends.add(number)
    this.#add(number, { key: endKey(path), signal: '' })
    return number
  }

  unwatchEnds(): void {
    for (const number of this.#ends) this.#end(number)
    this.#ends.clear()
  }

  /** The name of the signal that a subscription is to; empty for another process's end. */
  signalOf(subscription: number): string {
    return this.#subscriptions.get(subscription)?.signal ?? ''
  }

  /** Ends the subscriptions to signals that no wait can be reached for any more. */
  keepOnly(reachable: ReadonlySet<string>): void {
    const held = new Set<number>([...this.listeners.values(), ...this.#ends])
    for (const leaves of this.byFiber.values())
      for (const leaf of flatLeaves(leaves)) if ('subscription' in leaf) held.add(leaf.subscription)
    for (const [number, { signal }] of this.#subscriptions)
      if (!held.has(number) && !reachable.has(signal)) this.#end(number)
  }

  /** For people: what is waited for. */
  describe(): readonly string[] {
    if (this.byFiber.size === 0) return NONE
    const words = (leaf: Leaf): string => {
      if (leaf.kind === 'timer') return `delay until ${new Date(leaf.at).toISOString()}`
      if (leaf.kind === 'process') return `process ${leaf.path}`
      if (leaf.kind === 'group') return leaf.leaves.map(words).join(' and ')
      return `signal ${this.#subscriptions.get(leaf.subscription)?.signal ?? ''}`
    }
    return [...this.byFiber.values()].flatMap((leaves) => leaves.map(words))
  }

  #leaf(spec: WaitSpec, now: number): Leaf {
    switch (spec.kind) {
      case 'signal': {
        const match =
          spec.match &&
          Object.fromEntries(Object.entries(spec.match).map(([name, value]) => [name, this.#textOf(value)]))
        return {
          kind: 'signal',
          subscription: this.#interest(spec.signal, spec.match ?? {}, false),
          ...(match ? { match } : {}),
        }
      }
      case 'listener':
        return { kind: 'signal', subscription: this.listeners.get(spec.id) ?? -1 }
      case 'delay':
        return this.#timer(dueTime(now, spec.amount, spec.unit))
      case 'until':
        return this.#timer(spec.at)
      case 'process': {
        const number = this.#next++
        this.#add(number, { key: endKey(spec.id), signal: '' })
        return { kind: 'process', subscription: number, path: spec.id }
      }
      case 'all':
      case 'settled':
        return {
          kind: 'group',
          settled: spec.kind === 'settled',
          leaves: spec.waits.map((inner) => this.#leaf(inner, now)),
        }
    }
  }

  #timer(at: number): Leaf {
    const timer = this.#next++
    this.#timers.set(timer, at)
    return { kind: 'timer', timer, at }
  }

  #cancelTimer(timer: number): void {
    if (typeof this.#timers.get(timer) === 'number') this.#timers.delete(timer)
    else this.#timers.set(timer, null)
  }

  /** The subscription to a signal by what it shares with the path, and by `match` when it shares nothing or `exact` is asked. */
  #interest(signal: SignalDefinition, match: Readonly<Record<string, unknown>>, exact: boolean): number {
    const shared = signal.params.filter((name) => name in this.#shared)
    const names = exact || shared.length === 0 ? [...new Set([...shared, ...Object.keys(match)])] : shared
    const texts = { ...this.#shared }
    for (const [name, value] of Object.entries(match)) texts[name] = this.#textOf(value)
    const key = routingKey(signal, names, texts)
    if (!exact) for (const [number, interest] of this.#subscriptions) if (interest.key === key) return number
    const number = this.#next++
    this.#add(number, { key, signal: signal.name })
    return number
  }

  #add(number: number, interest: Interest): void {
    this.#subscriptions.set(number, interest)
    this.#subscribe.push({ number, key: interest.key })
  }

  #end(number: number): void {
    if (!this.#subscriptions.delete(number)) return
    const pending = this.#subscribe.findIndex((subscription) => subscription.number === number)
    if (pending >= 0) this.#subscribe.splice(pending, 1)
    else this.#unsubscribe.push(number)
  }
}
