/**
 * The entity now and after each change, as an async iterator. Changes that arrive while the reader is busy are merged, and
 * what was announced but changed nothing (storages may look again to be sure) is not given.
 */
import { currentCell } from '../cell/current-cell.ts'
import { toStored } from '../model/instance.ts'

export interface ObservedRow {
  /** Called before the first read, so that no change falls between the two. */
  watch(onChange: () => void): Promise<{ close(): Promise<void> }>
  read(): Promise<object | null>
  /** What it rejects with when there is nothing from the start. */
  missing(): Error
}

/**
 * Ends when the row is deleted, `signal` aborts (default: the signal of the cell that asks) or the reader calls `return()`,
 * also while a `next()` waits.
 */
export function observeRow(row: ObservedRow, signal = currentCell()?.signal): AsyncIterableIterator<object> {
  const given = new AbortController()
  const changes = changesOf(row, signal ? AbortSignal.any([signal, given.signal]) : given.signal)
  // A generator answers `return` only when the `next` before it has been answered, which may be never.
  return {
    next: () => changes.next(),
    return: () => {
      given.abort()
      return changes.return()
    },
    throw: (error: unknown) => {
      given.abort()
      return changes.throw(error)
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

async function* changesOf({ watch, read, missing }: ObservedRow, signal: AbortSignal): AsyncGenerator<object, void> {
  let changed = Promise.withResolvers<void>()
  const watching = await watch(() => changed.resolve())
  const stop = () => changed.resolve()
  signal.addEventListener('abort', stop, { once: true })
  let last: unknown
  try {
    while (!signal.aborted) {
      const entity = await read()
      if (entity === null) {
        if (last === undefined) throw missing()
        return
      }
      const values = toStored({ ...entity })
      if (!Bun.deepEquals(values, last)) yield entity
      last = values
      await changed.promise
      changed = Promise.withResolvers<void>()
    }
  } finally {
    signal.removeEventListener('abort', stop)
    await watching.close()
  }
}
