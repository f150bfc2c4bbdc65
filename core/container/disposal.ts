/**
 * What an app made and has to end: instances with `Symbol.asyncDispose` or `Symbol.dispose`. Each is ended once, whoever
 * gave it back from a factory, and the newest first, so that nothing is ended before what uses it.
 */

/** One instance that is to be ended. */
export interface Disposal {
  /** The component that made it. */
  readonly component: string
  dispose(): unknown
}

/** How an instance is ended; `undefined` when it needs no ending. */
export function disposalOf(instance: unknown, component: string): Disposal | undefined {
  if (instance === null || (typeof instance !== 'object' && typeof instance !== 'function')) return undefined
  const target = instance as Partial<Disposable & AsyncDisposable>
  if (typeof target[Symbol.asyncDispose] === 'function')
    return { component, dispose: () => target[Symbol.asyncDispose]?.() }
  if (typeof target[Symbol.dispose] === 'function') return { component, dispose: () => target[Symbol.dispose]?.() }
  return undefined
}

export class Disposals {
  readonly #made = new Map<unknown, Disposal>()
  readonly #borrowed = new Set<unknown>()

  /** The app does not end `instance`: whoever made it does. */
  borrowed(instance: unknown): void {
    this.#borrowed.add(instance)
  }

  made(instance: unknown, component: string): void {
    const disposal = disposalOf(instance, component)
    if (disposal !== undefined && !this.#borrowed.has(instance) && !this.#made.has(instance))
      this.#made.set(instance, disposal)
  }

  /** True when `instance` is the app's, or its maker's, to end. */
  has(instance: unknown): boolean {
    return this.#made.has(instance) || this.#borrowed.has(instance)
  }

  /** Everything to end, the newest first. It is not given again. */
  take(): readonly Disposal[] {
    const all = [...this.#made.values()].toReversed()
    this.#made.clear()
    return all
  }
}
