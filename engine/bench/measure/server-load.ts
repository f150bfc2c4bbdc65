/**
 * What a Postgres server spends: CPU of the postmaster and all its children, and bytes written ahead. Linux only (`/proc`).
 * The kernel counts CPU in steps of 10 ms, so measure over seconds.
 */
import { readdirSync, readFileSync } from 'node:fs'
import type { SqlDatabase } from '../../sql/connection.ts'

export interface Load {
  /** CPU of all server processes, in milliseconds. */
  readonly cpu: number
  /** Position of the write-ahead log, in bytes. */
  readonly wal: number
}

const TICK = 10

/** Reads the load of the server behind `sql`; two readings make a difference. */
export async function serverLoad(sql: SqlDatabase): Promise<Load> {
  const [row] = await sql.query<{ pid: number; wal: number }>(
    `select pg_backend_pid() as pid, (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::float8 as wal`,
  )
  const postmaster = readStat(row?.pid ?? 0)?.parent ?? 0
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(Number(name)) ?? [])
    .filter(({ pid, parent }) => pid === postmaster || parent === postmaster)
  const ticks = children.reduce((sum, { own, ended, pid }) => sum + own + (pid === postmaster ? ended : 0), 0)
  return { cpu: ticks * TICK, wal: row?.wal ?? 0 }
}

/** CPU of one OS process with all its threads, in milliseconds. */
export function processCpu(pid: number): number {
  return (readStat(pid)?.own ?? 0) * TICK
}

interface Stat {
  readonly pid: number
  readonly parent: number
  /** Ticks of the process itself, and of its children that ended. */
  readonly own: number
  readonly ended: number
}

function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [, parent, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(9, 13).map(Number)
    return { pid, parent: Number(parent), own: user + system, ended: endedUser + endedSystem }
  } catch {
    return undefined
  }
}
