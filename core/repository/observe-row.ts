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

/** Ends when the row is deleted or `signal` aborts (default: the signal of the cell that reads first), also while it waits. */
export async function* observeRow(
  { watch, read, missing }: ObservedRow,
  signal = currentCell()?.signal,
): AsyncIterableIterator<object> {
  let changed = Promise.withResolvers<void>()
  const watching = await watch(() => changed.resolve())
  const stop = () => changed.resolve()
  signal?.addEventListener('abort', stop, { once: true })
  let last: unknown
  try {
    while (signal?.aborted !== true) {
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
    signal?.removeEventListener('abort', stop)
    await watching.close()
  }
}
