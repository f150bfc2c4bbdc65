/** The other nodes as one node sees them: who is dead, taking over from those, and who has less than a fair share of shards. */
import type { SqlDatabase, SqlLane } from '../../sql/connection.ts'
import type { ProcessPlace } from '../store.ts'
import { type Peer, type Pulse, takeOver } from './membership.ts'

/** How long a peer's session lock must be free before it counts as dead: a lost connection is back sooner. */
const SILENCE = 300

export class Peers {
  /** Since when the session lock of each has been free. */
  readonly #silent = new Map<number, number>()

  /**
   * The dead and the living. `settled`: this node and the server have been there for a lease; after an outage everybody's has
   * run out, and whoever is back first gives the others time to be back too.
   */
  judge({ peers }: Pulse, now: number, settled: boolean): { readonly dead: number[]; readonly living: number[] } {
    for (const node of this.#silent.keys()) if (!peers.some((peer) => peer.node === node)) this.#silent.delete(node)
    const isDead = ({ node, expired, silent }: Peer) => {
      if (!silent) this.#silent.delete(node)
      else if (!this.#silent.has(node)) this.#silent.set(node, now)
      return (expired && settled) || (silent && now - (this.#silent.get(node) ?? now) >= SILENCE)
    }
    const dead = new Set(peers.filter(isDead).map(({ node }) => node))
    return { dead: [...dead], living: peers.map(({ node }) => node).filter((node) => !dead.has(node)) }
  }

  /** Takes over from a dead one on a connection of its own; answers what it quarantined, or nothing when another node did it. */
  async bury(
    sql: SqlDatabase,
    schema: string,
    dead: number,
    heirs: readonly number[],
    application: string,
  ): Promise<readonly ProcessPlace[] | undefined> {
    const lane = await sql.lane({ pool: 'control' })
    try {
      return await takeOver(lane, schema, dead, heirs, {
        terminate: sql.sessions,
        application,
        silent: this.#silent.has(dead),
      })
    } finally {
      lane.release()
    }
  }
}

/** Nodes with less than their share, and how many shards `node`, which has `held`, could give them. */
export async function needyPeers(
  lane: SqlLane,
  schema: string,
  node: number,
  held: number,
): Promise<{ readonly needy: readonly number[]; readonly surplus: number }> {
  const counts = await lane.query<{ node: number; count: number }>(
    `select n.id as node, count(s.id)::int4 as count from ${schema}.node n left join ${schema}.shard s on s.node = n.id group by 1`,
  )
  const total = counts.reduce((sum, { count }) => sum + count, 0)
  const less = Math.floor(total / counts.length)
  const needy = counts.filter((each) => each.node !== node && each.count < less).map((each) => each.node)
  return { needy, surplus: held - Math.ceil(total / counts.length) }
}
