/**
 * What a loop with awaits reads of an iterator that cannot be stored in the middle: everything, when the loop begins, up to a
 * limit. Ends that are not normal (an error of a plain iterator, the limit) come at their turn, so that what is left
 * earlier never sees them.
 */
import type { LoopItems } from '../program/environment.ts'
/** Items that are read from something that does not say how many it has. */
export const MAX_READ_AHEAD = 10_000

/** `failed`: what the iterator threw after them; `limited`: there would have been more than are read. */
export type ReadAhead = LoopItems

/** Closes the iterator at the limit, as leaving the loop would. */
export function readAhead(source: Iterable<unknown>): ReadAhead {
  const items: unknown[] = []
  const iterator = source[Symbol.iterator]()
  const { next } = iterator
  while (true) {
    let result: IteratorResult<unknown>
    try {
      result = next.call(iterator) as IteratorResult<unknown>
      if (typeof result !== 'object' || result === null) throw new TypeError('Iterator result is not an object')
      if (result.done) return { items }
      if (items.length < MAX_READ_AHEAD || isSized(source)) {
        items.push(result.value)
        continue
      }
    } catch (error) {
      return { items, failed: { error } }
    }
    iterator.return?.()
    return { items, limited: true }
  }
}

/** As one step: what goes wrong in it is the step's failure. */
export async function readAheadAsync(value: unknown): Promise<ReadAhead> {
  const items: unknown[] = []
  for await (const item of (await value) as AsyncIterable<unknown>) {
    if (items.length === MAX_READ_AHEAD && !isSized(value)) return { items, limited: true }
    items.push(item)
  }
  return { items }
}

/** Strings, maps, sets and typed arrays end. */
export function isSized(value: unknown): boolean {
  const { length, size } = value as { length?: unknown; size?: unknown }
  return typeof length === 'number' || typeof size === 'number'
}
