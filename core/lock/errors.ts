/** Errors of locks. */
import { CoreError } from '../errors.ts'
import { nameError } from '../name-error.ts'

/** Who holds a lock, as far as this node knows. */
export interface LockPlace {
  /** Cell of the holder: `POST /orders`. */
  readonly cell: string
  /** Source line that took the lock, when known. */
  readonly line: string | undefined
}

/** A lock was not had within the time allowed for it. */
export class LockTimeoutError extends CoreError {
  static {
    nameError(this, 'LockTimeoutError')
  }

  readonly code = 'CORE_LOCK_TIMEOUT'
  /** What was to be locked: `Order(0192...)`. */
  readonly target: string
  readonly holder: LockPlace | undefined

  constructor(target: string, milliseconds: number, holder?: LockPlace, cause?: unknown) {
    const by = holder ? `; ${holder.cell} holds it${holder.line ? `, taken at ${holder.line}` : ''}` : ''
    super(`${target} could not be locked within ${Math.round(milliseconds)} ms${by}`, {
      hint: 'Hold locks only as long as the change takes. Slow work (mail, other services) belongs before or after the lock.',
      cause,
    })
    this.target = target
    this.holder = holder
  }
}

/** Two units of work each wait for what the other holds; this one was chosen to fail. */
export class DeadlockError extends CoreError {
  static {
    nameError(this, 'DeadlockError')
  }

  readonly code = 'CORE_DEADLOCK'
  /** What this unit of work holds and another waits for, when known. */
  readonly held: string | undefined
  /** What it wanted to lock. */
  readonly wanted: string

  constructor(wanted: string, held?: string, other?: LockPlace, cause?: unknown) {
    const where = other?.line ? ` (${other.cell}, at ${other.line})` : other ? ` (${other.cell})` : ''
    const holds = held
      ? `this unit of work holds ${held}, which the holder of ${wanted}${where} waits for`
      : 'somebody waits for what this unit of work holds'
    super(`Locking ${wanted} would never end: ${holds}`, {
      hint: 'Take locks in the same order everywhere, or take them together: repo.lockAll([a, b]).',
      cause,
    })
    this.wanted = wanted
    this.held = held
  }
}

/** A named lock ended before its holder let go of it: its lease ran out, or the connection to the store was lost. */
export class LockLostError extends CoreError {
  static {
    nameError(this, 'LockLostError')
  }

  readonly code = 'CORE_LOCK_LOST'

  constructor(name: string, reason: string) {
    super(`The lock "${name}" is no longer held: ${reason}`, {
      hint: 'Take it with a longer lease, or renew it while you work. Give its fencing number to what you write to.',
    })
  }
}
