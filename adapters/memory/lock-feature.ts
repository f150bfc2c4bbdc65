/** Named locks in memory: within one OS process. */
import { bindService, createFeatureBuilder, defineService } from '@justscale/core'
import { LockBackend, LockService, type NamedGrant } from '@justscale/core/lock'

interface Held {
  holder: string
  fence: bigint
  expires: number
}

class MemoryLocks extends defineService({ name: 'MemoryLocks', factory: () => new MemoryLockBackend() }) {}

class MemoryLockBackend {
  readonly #held = new Map<string, Held>()
  readonly #waiting = new Map<string, Set<() => void>>()

  async tryAcquire(name: string, holder: string, lease: number): Promise<NamedGrant | undefined> {
    const current = this.#held.get(name)
    const now = Date.now()
    if (current && current.expires > now) return undefined
    const granted = { holder, fence: (current?.fence ?? 0n) + 1n, expires: Math.ceil(now + lease) }
    this.#held.set(name, granted)
    return granted
  }

  async renew(name: string, holder: string, lease: number): Promise<NamedGrant | undefined> {
    const current = this.#held.get(name)
    if (current?.holder !== holder || current.expires <= Date.now()) return undefined
    current.expires = Math.ceil(Date.now() + lease)
    return { fence: current.fence, expires: current.expires }
  }

  async release(name: string, holder: string): Promise<void> {
    const current = this.#held.get(name)
    if (current?.holder !== holder) return
    current.expires = 0
    for (const wake of this.#waiting.get(name) ?? []) wake()
  }

  async changed(name: string, milliseconds: number): Promise<void> {
    const expiry = Math.max(1, (this.#held.get(name)?.expires ?? 0) - Date.now())
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiting = this.#waiting.get(name) ?? new Set()
    this.#waiting.set(name, waiting.add(resolve))
    const timer = setTimeout(resolve, Math.min(milliseconds, expiry))
    await promise
    clearTimeout(timer)
    waiting.delete(resolve)
    if (waiting.size === 0) this.#waiting.delete(name)
  }
}

/** Provides `LockService`. */
export class InMemoryLockFeature extends createFeatureBuilder()
  .name('InMemoryLockFeature')
  .provides((app) => app.add(bindService(LockBackend, MemoryLocks)).add(LockService)) {}
