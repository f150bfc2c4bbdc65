/** The other nodes as one node sees them: who is dead, taking over from those, and who has less than a fair share of shards. */
import type { SqlDatabase, SqlLane } from '../../sql/connection.ts'
import type { ProcessPlace } from '../store.ts'
import { type Peer, type Pulse, takeOver } from './membership.ts'

/** What a node knows of a peer, by its own clock. */
interface Known {
  readonly beat: string
  /** When it saw that one for the first time. */
  readonly since: number
  /** Since when the session lock has been free. */
  readonly silent?: number
}

/** How long a peer's session lock must be free before it counts as dead: a lost connection is back sooner. */
const SILENCE = 300

export class Peers {
  #known: ReadonlyMap<number, Known> = new Map()

  /**
   * The dead and the living. `unbroken`: since when this node has renewed its own lease in time, or `undefined` while it does
   * not. Only what a peer did not do since then counts: after an outage whoever is back first gives the others time to be
   * back too.
   */
  judge({ peers }: Pick<Pulse, 'peers'>, now: number, unbroken: number | undefined): Verdict {
    this.#known = new Map(peers.map((peer) => [peer.node, learned(peer, this.#known.get(peer.node), now)]))
    const isDead = ({ node, lease }: Peer) => {
      const { since, silent } = this.#known.get(node) as Known
      if (silent !== undefined && now - silent >= SILENCE) return true
      return unbroken !== undefined && now - Math.max(since, unbroken) > lease
    }
    return { dead: peers.filter(isDead), living: peers.filter((peer) => !isDead(peer)).map(({ node }) => node) }
  }

  /** Takes over from a dead one on a connection of its own; answers what it quarantined, or nothing when another node did it. */
  async bury(
    sql: SqlDatabase,
    schema: string,
    dead: Peer,
    heirs: readonly number[],
    application: string,
  ): Promise<readonly ProcessPlace[] | undefined> {
    const lane = await sql.lane({ pool: 'control' })
    try {
      return await takeOver(lane, schema, dead, heirs, { terminate: sql.sessions, application })
    } finally {
      lane.release()
    }
  }
}

export interface Verdict {
  readonly dead: readonly Peer[]
  readonly living: readonly number[]
}

function learned({ beat, silent }: Peer, known: Known | undefined, now: number): Known {
  const since = known?.beat === beat ? known.since : now
  return { beat, since, ...(silent && { silent: known?.silent ?? now }) }
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
