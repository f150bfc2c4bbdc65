/**
 * The commonest emission: one signal, emitted on a node, that reaches one process. What `emit.ts` would do, as a function of the
 * database that takes one step after the other, and reads what it hands out after it has delivered.
 */
import type { SqlRow, SqlStatement } from '../../sql/connection.ts'
import { sqlArray } from '../../sql/connection.ts'
import { asciiOf } from '../../value/text-bytes.ts'
import type { SignalEmission } from '../records.ts'
import { IDLE } from './claim.ts'
import type { EmitClaim, Emitted } from './emit.ts'
import { BY_INDEX, lockAll, lockShared, MOST_KEYS, refuseOldSnapshot } from './keys.ts'
import { NOW, RECORD_COLUMNS, stateColumns } from './record.ts'
import { readCrowded } from './room.ts'
import { bytesParameter } from './statement.ts'

/**
 * Creates the function. It answers a row that says whom the signal reached, or whose inbox is full, with the process where
 * it is handed out; and none, and does nothing, where it reaches several. `keys` are in order. What is handed out is of one
 * moment: where nothing lay in the inbox then, and nothing had woken it, what is delivered now is all there is.
 */
export function emitFunction(schema: string): string {
  return `
    create function ${schema}.emit_one(keys text[], payload bytea, room int, node int, free boolean, running uuid[])
      returns table (reached int, at_shard smallint, crowded text, id uuid, path text, definition text, program text,
        shard smallint, parent uuid, started_at float8, seq int, status smallint, line int, waits text, crashes smallint,
        data bytea, outcome bytea, ended_at float8, head bytea, head_chunks smallint, part_table json, part_bytes bytea,
        inbox_table json, inbox_bytes bytea, timer_table json, wake_table json)
      language plpgsql volatile rows 1 ${BY_INDEX} as $emit$
      #variable_conflict use_column
      declare
        its_number int;
        its_shard smallint;
        its_id uuid;
        is_alone boolean;
        delivered bigint;
        moment bigint;
        woken bigint;
      begin
        ${lockAll(schema)}
        for i in 1 .. cardinality($1) loop
          ${lockShared(schema, '$1[i]')}
        end loop;
        ${refuseOldSnapshot()}
        reached := 0;
        select s.process, s.number, s.shard into its_id, its_number, its_shard
          from ${schema}.subscription s where s.key = any($1);
        if not found then return next; return; end if;
        perform from ${schema}.subscription s where s.key = any($1) and (s.process, s.number) <> (its_id, its_number);
        if found then return; end if;
        if $5 and its_id <> all($6) then
          select ${RECORD_COLUMNS}, p.head, p.head_chunks,
              (select json_agg(json_build_array(x.number, x.due)) from ${schema}.timer x where x.process = p.id),
              not (exists (select from ${schema}.inbox x where x.process = p.id)
                or exists (select from ${schema}.part x where x.process = p.id)
                or exists (select from ${schema}.wake x where x.shard = p.shard and x.process = p.id))
                and exists (select from ${schema}.subscription x where x.process = p.id and x.number = its_number)
            into id, path, definition, program, shard, parent, started_at, seq, status, line, waits, crashes, data, outcome,
              ended_at, head, head_chunks, timer_table, is_alone
            from ${schema}.process p join ${schema}.instance_kind i on i.id = p.id
            join ${schema}.shard s on s.id = p.shard and s.node = $4
            where p.id = its_id and p.status not in (${IDLE});
        end if;
        if $3 is not null and is_alone is distinct from true then
          perform from ${schema}.inbox x where x.process = its_id offset $3 - 1 limit 1;
          if found then
            id := null;
            select i.path into crowded from ${schema}.instance i where i.id = its_id;
            return next;
            return;
          end if;
        end if;
        reached := 1;
        at_shard := its_shard;
        insert into ${schema}.inbox as x (process, at, via, payload) values (its_id, ${NOW}, its_number, $2)
          returning x.id, x.at into delivered, moment;
        insert into ${schema}.wake as w (shard, process, id, claimed)
          values (its_shard, its_id, nextval('${schema}.wake_id'), id is not null) returning w.id into woken;
        if is_alone then
          inbox_table := json_build_array(json_build_array(delivered::text, its_number, moment, length($2)));
          inbox_bytes := $2;
          wake_table := json_build_array(woken::text);
        elsif id is not null then
          return query
            select 1, its_shard, null::text, ${RECORD_COLUMNS}, ${stateColumns(schema)}
            from ${schema}.process p join ${schema}.instance_kind i on i.id = p.id where p.id = its_id;
          if found then return; end if;
          id := null;
        end if;
        return next;
      end $emit$;`
}

/** `undefined` when there is more to it, or it is more than one. */
export function plainEmission(
  schema: string,
  signals: readonly SignalEmission[],
  claim: EmitClaim,
): SqlStatement | undefined {
  const [one] = signals
  if (one === undefined || signals.length > 1) return undefined
  const { keys, payload, limit } = one
  if (keys.length > MOST_KEYS || (limit !== undefined && limit < 1)) return undefined
  const text = asciiOf([payload])
  const bytes = bytesParameter('$2', text)
  return {
    text: `select * from ${schema}.emit_one($1::text[], ${bytes}, $3::int4, $4::int4, $5::bool, $6::uuid[])`,
    parameters: [
      sqlArray([...new Set(keys)].sort()),
      text ?? payload,
      limit ?? null,
      claim.node,
      String(claim.limit > 0),
      sqlArray([...claim.running]),
    ],
  }
}

/** `undefined` when it reaches several, and nothing was emitted. Throws `InboxFullError`. */
export function readPlainEmission([row]: readonly SqlRow[], signals: readonly SignalEmission[]): Emitted | undefined {
  if (row === undefined) return undefined
  if (row.crowded !== null) readCrowded([{ signal: 0, path: row.crowded }], signals)
  const reached = row.reached as number
  return {
    counts: [reached],
    reached,
    shards: row.at_shard === null ? [] : [row.at_shard as number],
    claimed: row.id === null ? [] : [row],
  }
}
