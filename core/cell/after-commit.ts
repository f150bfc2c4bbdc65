/** What has to wait for the commit: publishing, cache invalidation, answers. */
import { currentCell } from './current-cell.ts'

/**
 * Runs `callback` once the work of the current cell is committed, in order of registration; at once where nothing is
 * open; never when it rolls back. In a process step that is after the step's checkpoint. Must not be relied upon for what
 * has to happen: a crash right after the commit skips it (signals and process starts commit with the work instead).
 */
export function afterCommit(callback: () => unknown): void {
  const cell = currentCell()
  if (cell) cell.afterCommit(callback)
  else void Promise.try(callback)
}

/** Waits for the commits of the current cell that plain `using` started, and throws what failed. For whatever answers outside. */
export async function settled(): Promise<void> {
  await currentCell()?.settle()
}
