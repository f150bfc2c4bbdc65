/**
 * The heartbeat of a node, in a thread of its own: a handler that computes for seconds does not cost the lease. One that never
 * comes to an end does: its shards are not to wait for it for ever.
 */
import { writeSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { systemClock } from '../../clock/clock.ts'
import { openPostgres } from '../../sql/postgres-js.ts'
import { Beating, type BeatingOptions } from './beating.ts'
import { SharedTimes } from './shared-times.ts'

export interface HeartbeatOptions extends BeatingOptions {
  readonly url: string
  readonly applicationName: string
  /** Of `SharedTimes`. */
  readonly times: SharedArrayBuffer
}

/** `ready`: the session lock is held. `lost`: the node's place is gone, or given up. `stopped`: as it was told. */
export type HeartbeatMessage =
  { readonly kind: 'ready' | 'stopped' } | { readonly kind: 'lost'; readonly reason: string }

/** The first message starts it, the second ends it. */
function listen(): void {
  let end: (() => Promise<void>) | undefined
  parentPort?.on('message', (options: HeartbeatOptions | 'stop') => {
    if (options !== 'stop') end = start(options)
    else void (end?.() ?? Promise.resolve()).then(() => tell({ kind: 'stopped' }))
  })
}

/** Answers how to end it. */
function start(options: HeartbeatOptions): () => Promise<void> {
  const sql = openPostgres(options.url, { applicationName: options.applicationName, pools: { control: 1 } })
  const beating = new Beating(options, sql, new SharedTimes(options.times), systemClock)
  void beating
    .run(() => tell({ kind: 'ready' }))
    .then(async (end) => {
      if (end === 'lost') tell({ kind: 'lost', reason: 'another node took over' })
      if (end === 'stuck') {
        const reason = `its main thread has been stuck for ${Math.round(options.stuck / 1_000)} s`
        shout(`Node ${options.node} (process ${process.pid}) gives up its place: ${reason}. ${WAY_OUT}`)
        await sql.close(0)
        tell({ kind: 'lost', reason })
      }
    })
  return () => {
    beating.stop()
    return sql.close(0)
  }
}

const WAY_OUT =
  'A handler or a step computes without end: other nodes take over what it ran. This OS process has to be ended from outside.'

/** Past the console of the main thread, which may not be there to print it. */
function shout(line: string): void {
  writeSync(2, `[justscale] ${line}\n`)
}

function tell(message: HeartbeatMessage): void {
  parentPort?.postMessage(message)
}

listen()
