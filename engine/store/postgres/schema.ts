/**
 * The engine's tables, as numbered steps. A step, once released, never changes; a new one is only added when older nodes
 * can go on working on the tables it leaves. Every row of a process is found by process or by shard. Rows that a
 * checkpoint changes carry no index on what it changes, and fit a page twice, so that updates stay within the page.
 */

import { reachFunction } from './keys.ts'
import { kindFunction } from './kinds.ts'
import { emitFunction } from './plain-emission.ts'
import { endFunction } from './plain-end.ts'
import { startFunction } from './plain-start.ts'
import { SHARDS } from './shard.ts'

export interface Migration {
  readonly version: number
  readonly statements: (schema: string) => string
}

export const migrations: readonly Migration[] = [
  {
    version: 1,
    statements: (schema) => `
      create sequence ${schema}.node_id as int;
      create table ${schema}.node (
        id int primary key,
        name text not null,
        application text not null,
        joined_at timestamptz not null default clock_timestamp(),
        lease_until timestamptz not null
      ) with (fillfactor = 50);
      create table ${schema}.fence (
        node int not null, lane smallint not null, primary key (node, lane)
      ) with (fillfactor = 50);
      create table ${schema}.shard (id smallint primary key, node int) with (fillfactor = 50);
      insert into ${schema}.shard (id) select generate_series(0, ${SHARDS - 1});

      create table ${schema}.program (
        hash text primary key,
        definition text not null,
        text text not null,
        debug text not null,
        stored_at timestamptz not null default clock_timestamp()
      );

      create table ${schema}.instance (
        id uuid primary key,
        started_at bigint not null,
        kind int not null,
        shard smallint not null,
        path text not null unique,
        parent uuid
      );
      create table ${schema}.kind (
        id int primary key generated always as identity,
        definition text not null,
        program text not null,
        unique (program, definition)
      );
      ${kindFunction(schema)}
      create view ${schema}.instance_kind as
        select i.*, k.definition, k.program from ${schema}.instance i join ${schema}.kind k on k.id = i.kind;

      create table ${schema}.process (
        id uuid primary key,
        seq int not null,
        line int not null,
        kind int not null,
        ended_at bigint,
        shard smallint not null,
        status smallint not null,
        crashes smallint not null default 0,
        head_chunks smallint not null,
        waits text not null,
        head bytea not null,
        data bytea,
        outcome bytea
      ) with (fillfactor = 50, toast_tuple_target = 8160, autovacuum_vacuum_scale_factor = 0.05,
              autovacuum_vacuum_cost_delay = 0);
      create index process_kind on ${schema}.process (kind);
      alter table ${schema}.process alter head set storage external, alter data set storage external,
        alter outcome set storage external;

      create table ${schema}.part (
        process uuid not null,
        number int not null,
        chunk smallint not null,
        chunks smallint not null,
        data bytea not null,
        primary key (process, number, chunk)
      ) with (fillfactor = 50, toast_tuple_target = 8160, autovacuum_vacuum_scale_factor = 0.05,
              autovacuum_vacuum_cost_delay = 0);
      alter table ${schema}.part alter data set storage external;

      create table ${schema}.finished (
        id uuid primary key,
        ended_at bigint not null,
        seq int not null,
        line int not null,
        status smallint not null,
        crashes smallint not null,
        waits text not null,
        data bytea,
        outcome bytea
      );
      create index finished_ended on ${schema}.finished (ended_at);

      create table ${schema}.timer (
        process uuid not null,
        due bigint not null,
        number int not null,
        shard smallint not null,
        primary key (process, number)
      ) with (autovacuum_vacuum_scale_factor = 0.02);
      create index timer_due on ${schema}.timer (shard, due);

      create table ${schema}.inbox (
        process uuid not null,
        id bigint not null generated always as identity,
        at bigint not null,
        via int not null,
        payload bytea not null,
        primary key (process, id)
      ) with (autovacuum_vacuum_scale_factor = 0.02);

      create sequence ${schema}.wake_id;
      create table ${schema}.wake (
        shard smallint not null,
        process uuid not null,
        id bigint not null,
        at timestamptz not null default clock_timestamp(),
        claimed boolean not null default false,
        primary key (shard, process, id)
      ) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

      create table ${schema}.subscription (
        process uuid not null,
        number int not null,
        shard smallint not null,
        key text not null,
        primary key (process, number)
      );
      create index subscription_key on ${schema}.subscription (key);
      ${reachFunction(schema)}

      create table ${schema}.timeline (
        process uuid not null,
        seq int not null,
        line smallint not null,
        lines bytea not null,
        primary key (process, seq, line)
      );

      create view ${schema}.process_view as
        select i.path, (array['running','waiting','paused','completed','failed','cancelled','quarantined'])
                 [coalesce(p.status, f.status) + 1] as status,
               coalesce(p.line, f.line) as line,
               coalesce(p.waits, f.waits)::json as waits,
               i.definition, i.program, coalesce(p.seq, f.seq) as seq, coalesce(p.crashes, f.crashes) as crashes,
               to_timestamp(i.started_at / 1000.0) as started_at,
               to_timestamp(coalesce(p.ended_at, f.ended_at) / 1000.0) as ended_at,
               (select to_timestamp(min(t.due) / 1000.0) from ${schema}.timer t where t.process = i.id) as next_timer,
               (select count(*) from ${schema}.inbox x where x.process = i.id) as inbox,
               s.node, i.shard, i.parent, i.id
        from ${schema}.instance_kind i
        left join ${schema}.process p on p.id = i.id
        left join ${schema}.finished f on f.id = i.id
        left join ${schema}.shard s on s.id = i.shard;`,
  },
  {
    version: 2,
    statements: (schema) => `
      create table ${schema}.schedule (
        name text primary key,
        cron text not null,
        time_zone text not null,
        since bigint not null,
        fired bigint,
        fired_at bigint,
        firings bigint not null default 0
      );
      create index instance_parent on ${schema}.instance (parent) where parent is not null;`,
  },
  {
    version: 3,
    statements: (schema) => `alter table ${schema}.program add column signature text;`,
  },
  {
    version: 4,
    // Of nodes older than this it is not known: the default of theirs.
    statements: (schema) => `alter table ${schema}.node add column lease int not null default 3500;`,
  },
  {
    version: 5,
    statements: (schema) => `${startFunction(schema)} ${emitFunction(schema)} ${endFunction(schema)}`,
  },
]
