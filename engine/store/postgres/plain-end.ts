/**
 * The end of a process that ends alone: what `flush.ts` would do, as a function of the database that takes one step after
 * the other. A statement of a dozen expressions costs the server more to set up than to run, and those for whoever waits for the
 * end are not needed where nobody does.
 */
import type { SqlRow, SqlStatement, SqlValue } from '../../sql/connection.ts'
import { asciiOf, plainBytes } from '../../value/text-bytes.ts'
import type { Fence, FlushAnswer } from './flush.ts'
import { type Flushed, isCutAt, isEnding } from './flushed.ts'
import { BY_INDEX, lockAll, lockShared, refuseOldSnapshot } from './keys.ts'
import { writeLines } from './log-lines.ts'
import { NOW, statusNumber } from './record.ts'
import { bytesParameter } from './statement.ts'

/** Creates the function: `null` when the checkpoint is refused, else the shards in which others were woken. */
export function endFunction(schema: string): string {
  return `
    create function ${schema}.end_one(node int, lane smallint, id uuid, seq int, status smallint, outcome bytea, lines bytea,
        key text, patience text, part boolean, timer boolean, subscription boolean)
      returns json language plpgsql volatile ${BY_INDEX} as $end$
      declare
        process_shard smallint;
        published bytea;
        processes uuid[];
        numbers int[];
        shards smallint[];
      begin
        if patience <> '' and set_config('lock_timeout', patience, true) is null then null; end if;
        ${lockAll(schema)}
        ${lockShared(schema, 'key')}
        ${refuseOldSnapshot()}
        perform from ${schema}.fence f where f.node = $1 and f.lane = $2 for share;
        if not found then return null; end if;
        delete from ${schema}.process p where p.id = $3 and p.seq = $4 - 1 returning p.shard, p.data
          into process_shard, published;
        if not found then return null; end if;
        insert into ${schema}.finished (id, ended_at, seq, line, status, crashes, waits, data, outcome)
          values ($3, ${NOW}, $4, 0, $5, 0, '[]', published, $6);
        if part then delete from ${schema}.part d where d.process = $3; end if;
        if timer then delete from ${schema}.timer d where d.process = $3; end if;
        if subscription then delete from ${schema}.subscription d where d.process = $3; end if;
        delete from ${schema}.inbox d where d.process = $3;
        delete from ${schema}.wake d where d.shard = process_shard and d.process = $3;
        if lines is not null then
          insert into ${schema}.timeline (process, seq, line, lines) values ($3, $4, 0, $7);
        end if;
        perform from ${schema}.subscription s where s.key = $8;
        if not found then return '[]'; end if;
        select array_agg(s.process), array_agg(s.number), array_agg(s.shard) into processes, numbers, shards
          from ${schema}.subscription s where s.key = $8;
        insert into ${schema}.inbox (process, at, via, payload)
          select r.process, ${NOW}, r.number, $6 from unnest(processes, numbers) as r(process, number);
        insert into ${schema}.wake (shard, process, id)
          select r.shard, r.process, nextval('${schema}.wake_id')
          from (select distinct x.shard, x.process from unnest(shards, processes) as x(shard, process)) r;
        return (select json_agg(distinct x) from unnest(shards) x);
      end $end$;`
}

/** `undefined` when there is more to it, or it is more than one. `patience`: how long it waits for others. */
export function plainEnd(
  schema: string,
  fence: Fence,
  flushed: readonly Flushed[],
  patience: string,
): SqlStatement | undefined {
  const [one] = flushed
  if (one === undefined || flushed.length > 1 || !isPlain(one)) return undefined
  const { id, seq, status, outcome = NOTHING, log, emit } = one.checkpoint
  const { part, timer, subscription } = one.rows
  const lines = log.length === 0 ? null : writeLines(log)
  const text = asciiOf(lines === null ? [outcome] : [outcome, lines])
  const parameters: SqlValue[] = [
    fence.node,
    fence.lane,
    id,
    seq,
    statusNumber(status),
    text === undefined ? plainBytes(outcome) : text.slice(0, outcome.length),
    lines && (text === undefined ? plainBytes(lines) : lines.text),
    emit[0]?.keys[0] ?? '',
    patience,
    String(part),
    String(timer),
    String(subscription),
  ]
  const bytes = (parameter: string) => bytesParameter(parameter, text)
  return {
    text: `select ${schema}.end_one($1::int4, $2::int2, $3::uuid, $4::int4, $5::int2, ${bytes('$6')}, ${bytes('$7')},
      $8::text, $9::text, $10::bool, $11::bool, $12::bool) as woken`,
    parameters,
  }
}

/** What it answers. */
export function readPlainEnd([row]: readonly SqlRow[]): FlushAnswer {
  const woken = row?.woken as readonly number[] | null | undefined
  return woken ? { accepted: 'all', woken } : { accepted: new Set(), woken: [] }
}

const NOTHING = new Uint8Array()

/** It tells its outcome to whoever waits for it, and does nothing else. */
function isPlain({ checkpoint }: Flushed): boolean {
  const [told, more] = checkpoint.emit
  return (
    isEnding(checkpoint) &&
    told !== undefined &&
    more === undefined &&
    told.keys.length === 1 &&
    told.payload === checkpoint.outcome &&
    told.limit === undefined &&
    checkpoint.start.length === 0 &&
    checkpoint.data === undefined &&
    checkpoint.place.line === 0 &&
    checkpoint.place.waits.length === 0 &&
    !isCutAt(checkpoint.seq)
  )
}
