/**
 * `LockService`: `acquire(entity)` is the entity's `repo.lock`; `acquire('name')` is a mutex across all nodes, with a lease.
 * A lease that ran out is a lock that somebody else may hold: give the fencing number to what you write to, or renew in time.
 */
import { requireApp } from '../app/context.ts'
import { currentCell } from '../cell/current-cell.ts'
import { DEFAULT_PATIENCE } from '../cell/cell.ts'
import { waitTime } from '../cell/wait-time.ts'
import { ModelRepository } from '../container/model-repository.ts'
import { entityState } from '../model/entity-state.ts'
import { Reference } from '../reference/reference.ts'
import type { LockOptions } from '../repository/query-options.ts'
import { QueryError } from '../repository/errors.ts'
import type { Repository } from '../repository/repository.ts'
import { defineService } from '../service/define-service.ts'
import type { Locked, Ref } from '../type-state/state.ts'
import { LockTimeoutError } from './errors.ts'
import { LockBackend } from './lock-backend.ts'
import { checkLease, NamedLock } from './named-lock.ts'

/** Milliseconds a named lock lasts unless renewed. */
const DEFAULT_LEASE = 30_000
/** What every storage keeps as a key. */
const LONGEST_NAME = 500
/** Milliseconds between attempts at most. */
const LONGEST_PAUSE = 1_000

/** Of `locks.acquire('name', ...)`. */
export interface NamedLockOptions {
  /** Milliseconds to wait at most (default: the cell's, 5,000). */
  readonly timeout?: number
  /** Milliseconds until it ends by itself (default 30,000). */
  readonly lease?: number
}

export interface Locks {
  /** As `repo.lock(ref)`: `null` when it does not exist. */
  acquire<Entity>(target: Ref<Entity>, options?: LockOptions): Promise<Locked<Entity> | null>
  /** A mutex by name. Rejects with `LockTimeoutError`. */
  acquire(name: string, options?: NamedLockOptions): Promise<NamedLock>
}

/** Locks by name across all nodes, and entities of any model. Rejects with `LockTimeoutError` after waiting for `timeout`. */
export class LockService extends defineService({
  name: 'LockService',
  inject: { backend: LockBackend },
  factory: ({ backend }): Locks => ({
    acquire: ((target: unknown, options: LockOptions & NamedLockOptions = {}) =>
      typeof target === 'string'
        ? acquireName(backend, target, options)
        : acquireEntity(target, options)) as Locks['acquire'],
  }),
}) {}

async function acquireEntity(target: unknown, options: LockOptions): Promise<unknown> {
  const model = target instanceof Reference ? target.model : entityState(target)?.model
  if (!model) throw new QueryError('lockService.acquire takes a name, a reference or a stored entity')
  const token = ModelRepository.of(model as unknown as abstract new (...args: never) => unknown)
  const repository: Repository<unknown> = await requireApp('lockService.acquire').container.resolve(token)
  return repository.lock(target as Ref<unknown>, options)
}

async function acquireName(backend: LockBackend, name: string, options: NamedLockOptions): Promise<NamedLock> {
  checkName(name)
  const timeout = waitTime(
    'lockService.acquire: timeout',
    options.timeout ?? currentCell()?.patience() ?? DEFAULT_PATIENCE,
  )
  const lease = options.lease ?? DEFAULT_LEASE
  checkLease(lease)
  const holder = Bun.randomUUIDv7()
  const until = performance.now() + timeout
  for (;;) {
    const granted = await backend.tryAcquire(name, holder, lease)
    if (granted) return new NamedLock(backend, name, holder, lease, granted)
    const left = until - performance.now()
    if (left <= 0) throw new LockTimeoutError(`The lock "${name}"`, timeout)
    await backend.changed(name, Math.min(left, LONGEST_PAUSE))
  }
}

function checkName(name: string): void {
  if (name.trim() === '') throw new QueryError('lockService.acquire: the name is empty')
  if (name.length > LONGEST_NAME)
    throw new QueryError(`lockService.acquire: a name has at most ${LONGEST_NAME} characters, this one ${name.length}`)
  if (name.includes('\0') || !name.isWellFormed())
    throw new QueryError('lockService.acquire: a name must not contain a NUL character or half of a surrogate pair')
}
