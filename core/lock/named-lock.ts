/** A named lock that is held. Ends with its `using`, with `release`, or with its lease. */
import { currentCell } from '../cell/current-cell.ts'
import { QueryError } from '../repository/errors.ts'
import { LockLostError } from './errors.ts'
import type { LockBackend, NamedGrant } from './lock-backend.ts'

export class NamedLock implements Disposable, AsyncDisposable {
  readonly name: string
  readonly #backend: LockBackend
  readonly #holder: string
  readonly #lease: number
  #grant: NamedGrant
  #released = false

  constructor(backend: LockBackend, name: string, holder: string, lease: number, grant: NamedGrant) {
    this.#backend = backend
    this.name = name
    this.#holder = holder
    this.#lease = lease
    this.#grant = grant
  }

  /** Larger than that of every earlier holder. */
  get fence(): bigint {
    return this.#grant.fence
  }

  /** When it ends unless renewed. */
  get expires(): Temporal.Instant {
    return Temporal.Instant.fromEpochMilliseconds(this.#grant.expires)
  }

  /** A new lease of `lease` milliseconds (default: as acquired). Rejects with `LockLostError`. */
  async renew(lease: number = this.#lease): Promise<void> {
    checkLease(lease)
    const granted = this.#released ? undefined : await this.#backend.renew(this.name, this.#holder, lease)
    if (!granted) throw new LockLostError(this.name, this.#released ? 'it was released' : 'its lease had ended')
    this.#grant = granted
  }

  /** Lets go; harmless when it is lost already. */
  async release(): Promise<void> {
    if (this.#released) return
    this.#released = true
    await this.#backend.release(this.name, this.#holder)
  }

  [Symbol.dispose](): void {
    const releasing = this.release()
    const cell = currentCell()
    if (cell) cell.defer(releasing)
    else releasing.catch(() => {})
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release()
  }
}

/** 24 days, and what every storage counts in. */
const LONGEST_LEASE = 2 ** 31 - 1

/** Throws `QueryError`. */
export function checkLease(lease: number): void {
  if (typeof lease === 'number' && lease > 0 && lease <= LONGEST_LEASE) return
  throw new QueryError(`A lease must be milliseconds above 0, at most ${LONGEST_LEASE}, got ${lease}`, {
    hint: 'Take a short one and renew it: a holder that dies keeps the lock until its lease ends.',
  })
}
