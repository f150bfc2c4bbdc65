/**
 * The entity now and after each change, as an async iterator. Changes that arrive while the reader is busy are merged, and
 * what was announced but changed nothing (storages may look again to be sure) is not given.
 */
import { toStored } from '../model/instance.ts'

/** `watch` is called first, so that no change falls between the first read and the watching. */
export async function* observeRow(
  watch: (onChange: () => void) => Promise<{ close(): Promise<void> }>,
  read: () => Promise<object | null>,
): AsyncIterableIterator<object> {
  let changed = Promise.withResolvers<void>()
  const watching = await watch(() => changed.resolve())
  let last: unknown
  try {
    for (;;) {
      const entity = await read()
      if (entity === null) return
      const values = toStored({ ...entity })
      if (!Bun.deepEquals(values, last)) yield entity
      last = values
      await changed.promise
      changed = Promise.withResolvers<void>()
    }
  } finally {
    await watching.close()
  }
}
