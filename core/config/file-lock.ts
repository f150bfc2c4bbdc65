/**
 * One process at a time, by a lock of the operating system on a file beside what is changed. SQLite takes and frees it, and
 * a process that dies frees it too; the file itself stays, empty.
 */
import type { Database } from 'bun:sqlite'

/** Milliseconds that waiting for the lock may take, and between two tries. */
const PATIENCE = 5_000
const PAUSE = 5

/** Runs `work` while no other process, and nobody else in this one, holds `path`. */
export async function withFileLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const sqlite = await import('bun:sqlite')
  const database = new sqlite.Database(path, { create: true })
  try {
    const until = performance.now() + PATIENCE
    while (!tryLock(database)) {
      if (performance.now() > until) throw new Error(`${path} has been locked by another process for ${PATIENCE} ms`)
      await Bun.sleep(PAUSE)
    }
    return await work()
  } finally {
    database.close()
  }
}

function tryLock(database: Database): boolean {
  try {
    database.run('begin exclusive')
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY') return false
    throw error
  }
}
