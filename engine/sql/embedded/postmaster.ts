/**
 * What `postmaster.pid` says about a server, and whether to believe it. After a kill -9 the file stays, and it blocks
 * the next start while its process id is a zombie (a container's first process may not reap) or belongs to somebody else
 * by now. It may be removed only when no orphaned backend still uses the data: those are seen by the shared memory.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { EmbeddedPostgresError } from './errors.ts'

/** Process id of the server that runs on `pgdata`, or `undefined` when none does. */
export function runningPostmaster(pgdata: string): number | undefined {
  const file = readPidFile(pgdata)
  return file !== undefined && isPostmaster(file.pid, pgdata) ? file.pid : undefined
}

/** Removes what a killed server left in the way of the next one. Waits up to 10 s for its orphans to notice and end. */
export async function removeStale(pgdata: string, socketDir: string): Promise<void> {
  const file = readPidFile(pgdata)
  if (file === undefined || isPostmaster(file.pid, pgdata)) return
  const deadline = performance.now() + 10_000
  while (attachedProcesses(file.sharedMemory) > 0) {
    if (performance.now() > deadline) {
      throw new EmbeddedPostgresError(`Processes of a killed Postgres still use ${pgdata}`, {
        hint: 'End the remaining `postgres` processes of this folder, then start again.',
      })
    }
    await Bun.sleep(20)
  }
  for (const path of [join(pgdata, 'postmaster.pid'), ...socketFiles(socketDir)]) rmSync(path, { force: true })
}

function socketFiles(socketDir: string): string[] {
  return [join(socketDir, '.s.PGSQL.5432.lock'), join(socketDir, '.s.PGSQL.5432')]
}

function readPidFile(pgdata: string): { pid: number; sharedMemory: number | undefined } | undefined {
  const path = join(pgdata, 'postmaster.pid')
  if (!existsSync(path)) return undefined
  const lines = readFileSync(path, 'utf8').split('\n')
  const segment = lines[6]?.trim().split(/\s+/)[1]
  return { pid: Number(lines[0]), sharedMemory: segment === undefined ? undefined : Number(segment) }
}

/** Whether process `pid` lives, is a Postgres, and is the one of this folder (as far as the system tells). */
function isPostmaster(pid: number, pgdata: string): boolean {
  if (process.platform !== 'linux') return isNamedPostgres(pid)
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const state = stat.slice(stat.lastIndexOf(')') + 2).charAt(0)
    if (state === 'Z' || state === 'X' || !stat.includes('(postgres)')) return false
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(pgdata)
  } catch {
    return false
  }
}

function isNamedPostgres(pid: number): boolean {
  const listed = Bun.spawnSync(['ps', '-o', 'stat=,comm=', '-p', String(pid)])
    .stdout.toString()
    .trim()
  return listed !== '' && !listed.startsWith('Z') && listed.endsWith('postgres')
}

/** How many processes have the segment attached; where the system does not tell, Postgres checks it itself at start. */
function attachedProcesses(segment: number | undefined): number {
  const table = '/proc/sysvipc/shm'
  if (segment === undefined || !existsSync(table)) return 0
  const [head = '', ...rows] = readFileSync(table, 'utf8').trim().split('\n')
  const columns = head.trim().split(/\s+/)
  const row = rows
    .map((line) => line.trim().split(/\s+/))
    .find((row) => row[columns.indexOf('shmid')] === String(segment))
  return Number(row?.[columns.indexOf('nattch')] ?? 0)
}
