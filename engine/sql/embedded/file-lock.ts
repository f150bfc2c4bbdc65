/**
 * Locks between OS processes that end with their holder, however it ends. SQLite keeps them for us as byte-range locks
 * of the kernel: nothing is left behind by a kill -9, and no process id has to be judged stale. A shared lock says "I
 * use this"; an exclusive one is had only when nobody else holds any.
 */
import { Database } from 'bun:sqlite'

export interface FileLock {
  release(): void
}

/** Milliseconds between two attempts at a lock that somebody else holds. */
const RETRY = 15

/** Takes the exclusive lock on `path`, waiting for its holders. `undefined` when it was not free within `timeout` milliseconds. */
export async function lockExclusive(path: string, timeout: number): Promise<FileLock | undefined> {
  return await retry(() => tryLockExclusive(path), timeout)
}

/** Takes a shared lock on `path`, waiting for an exclusive holder. `undefined` when that took longer than `timeout`. */
export async function lockShared(path: string, timeout: number): Promise<FileLock | undefined> {
  return await retry(() => tryLock(path, 'begin; select count(*) from sqlite_schema'), timeout)
}

/** Takes the exclusive lock on `path` if nobody holds any; `undefined` otherwise. Never waits. */
export function tryLockExclusive(path: string): FileLock | undefined {
  return tryLock(path, 'begin exclusive')
}

function tryLock(path: string, statement: string): FileLock | undefined {
  const database = new Database(path, { create: true, readwrite: true })
  try {
    database.exec(statement)
  } catch (error) {
    database.close()
    if (isBusy(error)) return undefined
    throw error
  }
  return { release: () => database.close() }
}

async function retry(attempt: () => FileLock | undefined, timeout: number): Promise<FileLock | undefined> {
  const deadline = performance.now() + timeout
  for (;;) {
    const lock = attempt()
    if (lock !== undefined || performance.now() >= deadline) return lock
    await Bun.sleep(RETRY)
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY')
}
