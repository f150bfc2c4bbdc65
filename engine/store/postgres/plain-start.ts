/**
 * The commonest start: one process whose kind is known and whose values fit its row. What `starting.ts` would do, as a function of
 * the database that takes one step after the other.
 */
import type { SqlStatement } from '../../sql/connection.ts'
import { sqlArray } from '../../sql/connection.ts'
import { asciiOf, plainBytes } from '../../value/text-bytes.ts'
import type { StartRequest } from '../records.ts'
import { BY_INDEX, lockAll, lockExclusive, MOST_KEYS } from './keys.ts'
import { PIECE } from './pieces.ts'
import { NOW } from './record.ts'
import { shardOf } from './shard.ts'
import { bytesParameter } from './statement.ts'

/** Creates the function: when it was started, or `null` when its path is taken. `keys` are those of `numbers`; `locks` the same in order. */
export function startFunction(schema: string): string {
  return `
    create function ${schema}.start_one(id uuid, path text, kind int, parent uuid, shard smallint, line int, waits text, head bytea,
        claimed boolean, numbers int[], keys text[], locks text[])
      returns bigint language plpgsql volatile ${BY_INDEX} as $start$
      declare
        started bigint;
      begin
        if cardinality(locks) > 0 then
          ${lockAll(schema)}
          for i in 1 .. cardinality(locks) loop
            ${lockExclusive(schema, 'locks[i]')}
          end loop;
        end if;
        started := ${NOW};
        insert into ${schema}.instance (id, path, kind, parent, started_at, shard)
          values ($1, $2, $3, $4, started, $5) on conflict do nothing;
        if not found then return null; end if;
        insert into ${schema}.process (id, seq, line, kind, shard, status, head_chunks, waits, head)
          values ($1, 0, $6, $3, $5, 0, 0, $7, $8);
        insert into ${schema}.wake (shard, process, id, claimed) values ($5, $1, 0, $9);
        if cardinality(numbers) > 0 then
          insert into ${schema}.subscription (process, number, shard, key)
            select $1, x.number, $5, x.key from unnest(numbers, keys) as x(number, key);
        end if;
        return started;
      end $start$;`
}

/** `undefined` when there is more to it, or it is more than one. It answers what `startStatement` answers. */
export function plainStart(
  schema: string,
  requests: readonly StartRequest[],
  claimed: boolean,
  kind: number | null,
): SqlStatement | undefined {
  const [one] = requests
  if (one === undefined || requests.length > 1 || kind === null || !isPlain(one)) return undefined
  const { id, path, parent = null, shard = shardOf(path), place, head, subscribe } = one
  const keys = subscribe.map(({ key }) => key)
  const text = asciiOf([head])
  const bytes = bytesParameter('$8', text)
  return {
    text: `select $1::uuid as id, $5::int2 as shard, $3::int4 as kind, x.at::float8 as started_at
      from ${schema}.start_one($1::uuid, $2::text, $3::int4, $4::uuid, $5::int2, $6::int4, $7::text, ${bytes}, $9::bool,
        $10::int4[], $11::text[], $12::text[]) as x(at) where x.at is not null`,
    parameters: [
      id,
      path,
      kind,
      parent,
      shard,
      place.line,
      place.waits.length === 0 ? '[]' : JSON.stringify(place.waits),
      text ?? plainBytes(head),
      String(claimed),
      sqlArray(subscribe.map(({ number }) => number)),
      sqlArray(keys),
      sqlArray([...new Set(keys)].sort()),
    ],
  }
}

function isPlain({ parts, head, subscribe }: StartRequest): boolean {
  return parts.size === 0 && head.length <= PIECE && subscribe.length <= MOST_KEYS
}
