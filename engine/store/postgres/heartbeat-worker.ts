/**
 * The heartbeat of a node, in a thread of its own: a handler that computes for seconds does not cost the lease. It renews
 * the lease, holds the session lock by which others see that this OS process lives, and leaves the time of the last
 * renewal in shared memory, for a main thread that wakes up late.
 */
import { parentPort } from 'node:worker_threads'
import { systemClock } from '../../clock/clock.ts'
import type { SqlDatabase, SqlLane } from '../../sql/connection.ts'
import { openPostgres } from '../../sql/postgres-js.ts'

export interface HeartbeatOptions {
  readonly url: string
  readonly applicationName: string
  readonly schema: string
  readonly node: number
  /** Milliseconds. */
  readonly lease: number
  /** One 64-bit float: when the lease was renewed last, in milliseconds since the epoch. */
  readonly beats: SharedArrayBuffer
}

/** `ready`: the session lock is held. `lost`: the node is not in the table any more. `stopped`: as it was told. */
export type HeartbeatMessage = { readonly kind: 'ready' | 'lost' | 'stopped' }

const RECONNECT = 50

async function run(options: HeartbeatOptions, sql: SqlDatabase, stopped: () => boolean): Promise<void> {
  const beats = new Float64Array(options.beats)
  let ready = false
  while (!stopped()) {
    const lane = await sql.lane({ pool: 'control', deadline: options.lease }).catch(() => undefined)
    if (lane) {
      try {
        if (sql.sessions) await holdLock(lane, options)
        if (!ready) tell({ kind: 'ready' })
        ready = true
        if (await beat(lane, options, beats)) return tell({ kind: 'lost' })
      } catch {
        // The connection is gone: the next one takes its place.
      } finally {
        lane.release()
      }
    }
    await pause(RECONNECT)
  }
}

async function holdLock(lane: SqlLane, { schema, node }: HeartbeatOptions): Promise<void> {
  for (;;) {
    const [row] = await lane.query<{ held: boolean }>(
      `select pg_try_advisory_lock(hashtext($1::text), $2::int4) as held`,
      [`justscale node ${schema}`, node],
    )
    if (row?.held) return
    await pause(RECONNECT)
  }
}

/** Beats until the connection is lost, which rejects, or the node is: `true`. */
async function beat(lane: SqlLane, options: HeartbeatOptions, beats: Float64Array): Promise<boolean> {
  const pauseBetween = Math.min(1_000, options.lease / 3.5)
  for (;;) {
    const sent = systemClock.now()
    const [row] = await lane.query(
      `update ${options.schema}.node set lease_until = clock_timestamp() + $2::int4 * interval '1 millisecond'
       where id = $1::int4 returning id`,
      [options.node, options.lease],
    )
    const joined = (beats[0] ?? 0) > 0
    if (row) beats[0] = sent
    else if (joined) return true
    await pause(row ? pauseBetween : RECONNECT)
  }
}

function tell(message: HeartbeatMessage): void {
  parentPort?.postMessage(message)
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => systemClock.schedule(milliseconds, resolve))
}

/** The first message starts it, the second ends it. */
function listen(): void {
  let sql: SqlDatabase | undefined
  parentPort?.on('message', (options: HeartbeatOptions | 'stop') => {
    if (options === 'stop') {
      const closed = sql?.close(0) ?? Promise.resolve()
      void closed.then(() => tell({ kind: 'stopped' }))
      sql = undefined
      return
    }
    const database = openPostgres(options.url, { applicationName: options.applicationName, pools: { control: 1 } })
    sql = database
    void run(options, database, () => sql === undefined)
  })
}

listen()
