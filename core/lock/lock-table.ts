/**
 * Who holds and who waits for what, on this node. Waiters are served first come, first served. Before anybody waits, the
 * table follows holders and their own waits; a circle is refused at once instead of being waited out.
 *
 * For memory it is the lock itself. For a database it is the anteroom: the first lock of a unit of work queues here, while
 * it holds no connection and no row; later ones go to the database at once and only announce what they wait for.
 */
import { DeadlockError, LockTimeoutError, type LockPlace } from './errors.ts'

export interface LockClaim {
  /** The unit of work. Compared by identity; whoever owns a lock already gets it again. */
  readonly owner: object
  /** What is locked, for messages: `Order(0192...)`. */
  readonly target: string
  readonly place: () => LockPlace
}

interface Entry {
  readonly holders: Map<object, LockClaim>
  readonly queue: Waiter[]
}

interface Waiter {
  readonly claim: LockClaim
  readonly grant: () => void
  readonly refuse: (waited?: number) => void
}

export class LockTable {
  readonly #entries = new Map<string, Entry>()
  readonly #held = new Map<object, Set<string>>()
  readonly #waits = new Map<object, { readonly key: string; readonly claim: LockClaim }>()

  /** Holds the lock if it can be had without waiting. */
  tryAcquire(key: string, claim: LockClaim): boolean {
    const entry = this.#entries.get(key)
    if (entry?.holders.has(claim.owner)) return true
    if (entry && (entry.holders.size > 0 || entry.queue.length > 0)) return false
    this.hold(key, claim)
    return true
  }

  /** Waits for the lock and holds it. Rejects with `DeadlockError` at once, or `LockTimeoutError` after `timeout` milliseconds. */
  async acquire(key: string, claim: LockClaim, timeout: number): Promise<void> {
    if (this.tryAcquire(key, claim)) return
    const entry = this.#entry(key)
    const done = this.announce(key, claim)
    try {
      await this.#wait(key, entry, claim, timeout)
    } finally {
      done()
    }
  }

  /**
   * Says that `claim` waits for `key` elsewhere. Throws `DeadlockError` when the wait would close a circle. The function
   * given back ends the announcement.
   */
  announce(key: string, claim: LockClaim): () => void {
    this.#refuseCircle(key, claim)
    const wait = { key, claim }
    this.#waits.set(claim.owner, wait)
    return () => {
      if (this.#waits.get(claim.owner) === wait) this.#waits.delete(claim.owner)
    }
  }

  /** Notes that `claim` holds `key`. */
  hold(key: string, claim: LockClaim): void {
    this.#entry(key).holders.set(claim.owner, claim)
    const held = this.#held.get(claim.owner)
    if (held) held.add(key)
    else this.#held.set(claim.owner, new Set([key]))
  }

  /** Lets go of one key. */
  release(key: string, owner: object): void {
    const entry = this.#entries.get(key)
    if (!entry?.holders.delete(owner)) return
    const held = this.#held.get(owner)
    held?.delete(key)
    if (held?.size === 0) this.#held.delete(owner)
    if (entry.holders.size > 0) return
    const next = entry.queue.shift()
    if (next) next.grant()
    else this.#entries.delete(key)
  }

  /** Lets go of everything that `owner` holds. */
  releaseAll(owner: object): void {
    for (const key of [...(this.#held.get(owner) ?? [])]) this.release(key, owner)
  }

  /** What `owner` waits for here is refused as if its time were over: its work has ended. */
  abandon(owner: object): void {
    const wait = this.#waits.get(owner)
    const queue = wait && this.#entries.get(wait.key)?.queue
    for (const waiter of [...(queue ?? [])]) if (waiter.claim.owner === owner) waiter.refuse()
  }

  /** Who holds `key`, as far as this node knows. */
  holder(key: string, except?: object): LockPlace | undefined {
    for (const [owner, claim] of this.#entries.get(key)?.holders ?? []) {
      if (owner !== except) return claim.place()
    }
    return undefined
  }

  /** What `owner` holds, for messages. */
  targetsOf(owner: object): readonly string[] {
    const keys = [...(this.#held.get(owner) ?? [])]
    return keys.flatMap((key) => this.#entries.get(key)?.holders.get(owner)?.target ?? [])
  }

  #entry(key: string): Entry {
    const existing = this.#entries.get(key)
    if (existing) return existing
    const entry: Entry = { holders: new Map(), queue: [] }
    this.#entries.set(key, entry)
    return entry
  }

  #wait(key: string, entry: Entry, claim: LockClaim, timeout: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const since = performance.now()
      const waiter: Waiter = {
        claim,
        grant: () => {
          clearTimeout(timer)
          this.hold(key, claim)
          resolve()
        },
        refuse: (waited = Math.round(performance.now() - since)) => {
          clearTimeout(timer)
          entry.queue.splice(entry.queue.indexOf(waiter), 1)
          reject(new LockTimeoutError(claim.target, waited, this.holder(key, claim.owner)))
        },
      }
      const timer = setTimeout(waiter.refuse, Math.max(timeout, 0), timeout)
      entry.queue.push(waiter)
    })
  }

  #refuseCircle(key: string, claim: LockClaim): void {
    const seen = new Set<object>()
    const visit = (wanted: string): string | undefined => {
      for (const owner of this.#entries.get(wanted)?.holders.keys() ?? []) {
        if (seen.has(owner) || owner === claim.owner) continue
        seen.add(owner)
        const wait = this.#waits.get(owner)
        if (!wait) continue
        const mine = this.#entries.get(wait.key)?.holders.get(claim.owner)
        if (mine) return mine.target
        const found = visit(wait.key)
        if (found) return found
      }
      return undefined
    }
    const held = visit(key)
    if (held) throw new DeadlockError(claim.target, held, this.holder(key, claim.owner))
  }
}
