/**
 * Membership: joining, what a node looks at several times a second, handing over, and taking over. A node lives while it
 * renews its lease: each of the others watches for that by a clock of its own, so no two clocks are compared. Where sessions
 * exist, one whose session lock is free is taken over at once. Taking over removes the dead
 * node's fence rows, so that nothing it sends is accepted any more, counts its turns as crashed, and deals out its shards.
 */
import type { SqlLane, SqlRow, SqlStatement } from '../../sql/connection.ts'
import { sqlArray } from '../../sql/connection.ts'
import type { ProcessPlace } from '../store.ts'
import { NOW, statusNumber } from './record.ts'

/** Fence rows of a node: one for each flush lane, and some that units of work share by turns. */
export const FLUSH_LANES = 4
export const UNIT_LANES = 16

/** A renewal of the lease of node `n`, as a number. */
const BEAT = `(extract(epoch from n.lease_until) * 1000000)::int8`

/** A process whose turn ended with its node's death this many times in a row is quarantined. */
const CRASH_LIMIT = 3

export interface Peer {
  readonly node: number
  /** Another one at every renewal of its lease. */
  readonly beat: string
  /** Milliseconds. */
  readonly lease: number
  /** Its session lock is free: its OS process is gone, or its connection for a moment. */
  readonly silent: boolean
}

/** What a node learns when it looks. */
export interface Pulse {
  /** False when the node was taken over. */
  readonly alive: boolean
  readonly shards: readonly number[]
  readonly peers: readonly Peer[]
  /** Shards that nobody holds. */
  readonly free: readonly number[]
  /** There may be something to claim. */
  readonly woken: boolean
}

export function joinStatements(
  schema: string,
  node: { readonly id: number; readonly name: string; readonly application: string; readonly lease: number },
): SqlStatement[] {
  return [
    {
      text: `insert into ${schema}.node (id, name, application, lease, lease_until)
        values ($1::int4, $2::text, $3::text, $4::int4, clock_timestamp() + $4::int4 * interval '1 millisecond')`,
      parameters: [node.id, node.name, node.application, node.lease],
    },
    {
      text: `insert into ${schema}.fence (node, lane) select $1::int4, generate_series(0, $2::int4)::int2`,
      parameters: [node.id, FLUSH_LANES + UNIT_LANES - 1],
    },
    takeFreeStatement(schema, node.id),
  ]
}

/** Takes every shard that nobody holds: two nodes that left at once may have handed theirs to each other. */
export function takeFreeStatement(schema: string, node: number): SqlStatement {
  return {
    text: `update ${schema}.shard s set node = $1::int4 where ${isFree(schema)} returning id`,
    parameters: [node],
  }
}

function isFree(schema: string): string {
  return `not exists (select from ${schema}.node n where n.id = s.node)`
}

export function pulseStatement(schema: string, node: number, sessions: boolean): SqlStatement {
  const silent = sessions
    ? `case when pg_try_advisory_lock(hashtext($2::text), n.id)
         then pg_advisory_unlock(hashtext($2::text), n.id) else false end`
    : `$2::text is null`
  return {
    text: `select
      exists (select from ${schema}.node where id = $1::int4) as alive,
      (select coalesce(json_agg(id order by id), '[]') from ${schema}.shard where node = $1::int4) as shards,
      (select coalesce(json_agg(id), '[]') from ${schema}.shard s where ${isFree(schema)}) as free,
      (select coalesce(json_agg(json_build_array(n.id, (${BEAT})::text, n.lease, ${silent})), '[]')
        from ${schema}.node n where n.id <> $1::int4) as peers,
      exists (select from ${schema}.wake w join ${schema}.shard s on s.id = w.shard
        where s.node = $1::int4 and not w.claimed) as woken`,
    parameters: [node, `justscale node ${schema}`],
  }
}

export function readPulse(row: SqlRow | undefined): Pulse {
  const peers = (row?.peers ?? []) as [number, string, number, boolean][]
  return {
    alive: row?.alive === true,
    shards: (row?.shards ?? []) as number[],
    free: (row?.free ?? []) as number[],
    peers: peers.map(([node, beat, lease, silent]) => ({ node, beat, lease, silent })),
    woken: row?.woken === true,
  }
}

/** Gives shards of `from` to others, in turn. */
export function dealStatement(
  schema: string,
  from: number,
  shards: readonly number[],
  heirs: readonly number[],
): SqlStatement {
  return {
    text: `update ${schema}.shard s set node = case when cardinality($3::int4[]) = 0 then null
        else ($3::int4[])[1 + x.place % cardinality($3::int4[])] end
      from (select id, (row_number() over (order by id))::int4 as place from unnest($2::int2[]) as u(id)) x
      where s.id = x.id and s.node = $1::int4`,
    parameters: [from, sqlArray(shards), sqlArray(heirs)],
  }
}

/** Removes a node that leaves by itself; its shards were dealt out before. */
export function leaveStatements(schema: string, node: number): SqlStatement[] {
  return [
    { text: `delete from ${schema}.fence where node = $1::int4`, parameters: [node] },
    { text: `update ${schema}.shard set node = null where node = $1::int4`, parameters: [node] },
    { text: `delete from ${schema}.node where id = $1::int4`, parameters: [node] },
  ]
}

/**
 * Takes over from a dead node within one transaction on `lane`; answers the processes that it quarantined. `undefined` when
 * another node did it, or when the lease was renewed after `beat`.
 */
export async function takeOver(
  lane: SqlLane,
  schema: string,
  { node: dead, beat, silent }: Pick<Peer, 'node' | 'beat' | 'silent'>,
  heirs: readonly number[],
  options: { readonly terminate: boolean; readonly application: string },
): Promise<readonly ProcessPlace[] | undefined> {
  await lane.query('begin')
  try {
    await lane.query(`set local lock_timeout = '2s'`)
    const [gone] = await lane.query<{ application: string }>(
      `delete from ${schema}.node n where id = $1::int4 and ($2::bool or ${BEAT} = $3::int8) returning application`,
      [dead, silent, beat],
    )
    if (!gone) {
      await lane.query('rollback')
      return undefined
    }
    if (options.terminate && gone.application !== options.application) await terminate(lane, gone.application)
    const answers = await lane.pipeline([...inherit(schema, dead, heirs), { text: 'commit' }])
    return (answers[1] ?? []).map(({ path, line }) => ({ path: path as string, line: line as number }))
  } catch (error) {
    if (lane.healthy) await lane.query('rollback')
    throw error
  }
}

/** Ends the dead node's connections, so that its open transactions let go of their rows. A right we may not have. */
async function terminate(lane: SqlLane, application: string): Promise<void> {
  await lane.query('savepoint terminating')
  await lane
    .query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = $1::text and datname = current_database() and usename = current_user`,
      [application],
    )
    .then(
      () => lane.query('release savepoint terminating'),
      () => lane.query('rollback to savepoint terminating'),
    )
}

function inherit(schema: string, dead: number, heirs: readonly number[]): SqlStatement[] {
  const crashed = `crashes = p.crashes + 1, status = case when p.crashes + 1 >= ${CRASH_LIMIT}
    then ${statusNumber('quarantined')} else p.status end`
  return [
    { text: `delete from ${schema}.fence where node = $1::int4`, parameters: [dead] },
    {
      text: `with turn as (
          update ${schema}.wake w set claimed = false from ${schema}.shard s
          where s.id = w.shard and s.node = $1::int4 and w.claimed returning w.process, w.shard),
        crashed as (
          update ${schema}.process p set ${crashed} from turn where p.id = turn.process
          returning p.id, p.crashes, p.seq, p.line, p.status),
        told as (
          insert into ${schema}.timeline (process, seq, line, lines)
          select id, seq, 1000 + crashes,
            convert_to(json_build_array(json_build_array(${NOW}, 'crashed', 'its node died during its turn'))::text, 'UTF8')
          from crashed
          on conflict do nothing)
        select i.path, c.line from crashed c join ${schema}.instance i on i.id = c.id
        where c.status = ${statusNumber('quarantined')}`,
      parameters: [dead],
    },
    {
      text: `update ${schema}.shard s set node = ($2::int4[])[1 + x.place % cardinality($2::int4[])]
        from (select id, (row_number() over (order by id))::int4 as place from ${schema}.shard where node = $1::int4) x
        where s.id = x.id`,
      parameters: [dead, sqlArray(heirs)],
    },
  ]
}
