/**
 * Keeps the cache of compiled modules small: what was not used for a month goes, and of the rest the least recently used
 * beyond a size. Other OS processes may read, write and prune the folder meanwhile: a file that is gone is compiled again.
 */
import { readdirSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'

const DAY = 86_400_000

export interface CacheBounds {
  /** Milliseconds without use after which a module goes. Default 30 days. */
  readonly age?: number
  /** Bytes of all of them. Default 64 MiB. */
  readonly size?: number
  /** Default: the system's time. */
  readonly now?: number
}

/** Compiled modules, and what a process that ended in the middle left of one. */
const OURS = /^[0-9a-f]{64}\.js(?:\.\d+)?$/

/** Removes what is out of bounds; never throws. */
export function pruneCache(
  folder: string,
  { age = 30 * DAY, size = 64 * 1024 * 1024, now = Date.now() }: CacheBounds = {},
): void {
  const files = listed(folder).sort((a, b) => b.used - a.used)
  let kept = 0
  for (const file of files) {
    if (now - file.used <= age && kept + file.size <= size) kept += file.size
    else remove(file.path)
  }
}

/** Told of each module that is read: it counts as used, once a day. */
export function markUsed(file: string, now = Date.now()): void {
  try {
    if (now - statSync(file).mtimeMs > DAY) utimesSync(file, now / 1_000, now / 1_000)
  } catch {
    return
  }
}

function listed(folder: string): { readonly path: string; readonly used: number; readonly size: number }[] {
  try {
    return readdirSync(folder)
      .filter((name) => OURS.test(name))
      .flatMap((name) => {
        const path = join(folder, name)
        const found = statSync(path, { throwIfNoEntry: false })
        return found === undefined ? [] : [{ path, used: found.mtimeMs, size: found.size }]
      })
  } catch {
    return []
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    return
  }
}
