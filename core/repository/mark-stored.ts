/** A new entity becomes one row: saved again, it would silently become a second one. */
import { entityState } from '../model/entity-state.ts'
import { QueryError } from './errors.ts'
import type { Row } from './row-store.ts'

/**
 * Notes which rows the new ones among `entities` become; gives what takes it back when they are not stored in the end, so
 * that they may be saved after all. Throws `QueryError` for one that is stored already.
 */
export function markStored(
  model: string,
  rows: readonly Row[],
  entities: readonly unknown[],
): (() => void) | undefined {
  const marked: { stored?: string | undefined }[] = []
  const takeBack = () => {
    for (const state of marked) state.stored = undefined
  }
  for (const [index, entity] of entities.entries()) {
    const state = entityState(entity)
    if (state?.form !== 'transient') continue
    if (state.stored !== undefined) {
      const key = state.stored
      takeBack()
      throw new QueryError(`insert: this ${model} is stored already, as ${model}(${key})`, {
        hint: 'Go on with the entity that save or insert gave back. For another row, make another new one.',
      })
    }
    state.stored = rows[index]?.identifier
    marked.push(state)
  }
  return marked.length > 0 ? takeBack : undefined
}
