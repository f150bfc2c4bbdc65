/**
 * The part of a flush that moves processes on: `advanced` for those that go on living, with their values, and `ended` for
 * those that do not, of which a record remains.
 */
import type { Flushed } from './flushed.ts'
import { addParts } from './parts.ts'
import { storedForm } from './pieces.ts'
import { NOW, statusNumber } from './record.ts'
import type { Checkpoint } from '../records.ts'
import type { Column, Statement } from './statement.ts'

export function addLive(statement: Statement, schema: string, live: readonly Flushed[]): string {
  const checkpoints = live.map(({ checkpoint }) => checkpoint)
  const forms = checkpoints.map(({ id, head, writeParts }) => storedForm(id, head, writeParts))
  const heads = forms.map(({ head }) => statement.bytes(head))
  const data = optional(statement, 'data', checkpoints)
  const outcome = optional(statement, 'outcome', checkpoints)
  const input = statement.rows('x', {
    id: ['uuid', checkpoints.map(({ id }) => id)],
    seq: ['int4', checkpoints.map(({ seq }) => seq)],
    status: ['int2', checkpoints.map(({ status }) => statusNumber(status))],
    line: ['int4', checkpoints.map(({ place }) => place.line)],
    waits: ['text', checkpoints.map(({ place }) => waitsText(place.waits))],
    head_chunks: ['int2', forms.map(({ headChunks }) => headChunks)],
    head_at: ['int4', heads.map(({ offset }) => offset)],
    head_length: ['int4', heads.map(({ length }) => length)],
    ...data?.columns,
    ...outcome?.columns,
  })
  const { blob } = statement
  const published = data ? `, data = case when x.data_at is null then p.data else ${data.slice} end` : ''
  const ended = outcome
    ? `, outcome = ${outcome.slice}, ended_at = case when x.outcome_at is null then null else ${NOW} end`
    : ', outcome = null, ended_at = null'
  statement.with(
    'advanced',
    `update ${schema}.process p set seq = x.seq, status = x.status, line = x.line, waits = x.waits, crashes = 0,
       head_chunks = x.head_chunks, head = substr(${blob}, x.head_at, x.head_length)${published}${ended}
     from ${input}, fence where p.id = x.id and p.seq = x.seq - 1
     returning p.id, p.shard, p.seq`,
  )
  addParts(
    statement,
    schema,
    forms.flatMap(({ rows }) => rows),
    { name: 'written_part', owner: 'advanced', known: true },
  )
  const dropped = checkpoints.flatMap(({ id, dropParts }) => dropParts.map((number) => ({ id, number })))
  if (dropped.length > 0) {
    const rows = statement.rows('x', {
      process: ['uuid', dropped.map(({ id }) => id)],
      number: ['int4', dropped.map(({ number }) => number)],
    })
    statement.with(
      'dropped_part',
      `delete from ${schema}.part d using ${rows}, advanced a
       where d.process = x.process and d.number = x.number and a.id = d.process`,
    )
  }
  return 'advanced'
}

export function addEnding(statement: Statement, schema: string, ending: readonly Flushed[]): string {
  const checkpoints = ending.map(({ checkpoint }) => checkpoint)
  const data = optional(statement, 'data', checkpoints)
  const outcome = optional(statement, 'outcome', checkpoints)
  const input = statement.rows('x', {
    id: ['uuid', checkpoints.map(({ id }) => id)],
    seq: ['int4', checkpoints.map(({ seq }) => seq)],
    status: ['int2', checkpoints.map(({ status }) => statusNumber(status))],
    line: ['int4', checkpoints.map(({ place }) => place.line)],
    waits: ['text', checkpoints.map(({ place }) => waitsText(place.waits))],
    ...data?.columns,
    ...outcome?.columns,
  })
  const published = data ? `case when x.data_at is null then p.data else ${data.slice} end` : 'p.data'
  statement.with(
    'ended',
    `delete from ${schema}.process p using ${input}, fence where p.id = x.id and p.seq = x.seq - 1
     returning p.id, p.shard, x.seq, x.status, x.line, x.waits,
       ${published} as data, ${outcome?.slice ?? 'null::bytea'} as outcome`,
  )
  statement.with(
    'finished',
    `insert into ${schema}.finished (id, ended_at, seq, line, status, crashes, waits, data, outcome)
     select id, ${NOW}, seq, line, status, 0, waits, data, outcome from ended`,
  )
  for (const table of ['part', 'timer', 'subscription'] as const) {
    if (!ending.some(({ rows }) => rows[table])) continue
    statement.with(`cleared_${table}`, `delete from ${schema}.${table} d using ended where d.process = ended.id`)
  }
  statement.with('cleared_inbox', `delete from ${schema}.inbox d using ended where d.process = ended.id`)
  statement.with(
    'cleared_wake',
    `delete from ${schema}.wake d using ended where d.shard = ended.shard and d.process = ended.id`,
  )
  return 'ended'
}

/** Columns and expression of bytes that only some checkpoints have; `undefined` when none has. */
function optional(
  statement: Statement,
  name: 'data' | 'outcome',
  checkpoints: readonly Checkpoint[],
): { readonly columns: Readonly<Record<string, Column>>; readonly slice: string } | undefined {
  if (checkpoints.every((checkpoint) => checkpoint[name] === undefined)) return undefined
  const slices = checkpoints.map(({ [name]: bytes }) => bytes && statement.bytes(bytes))
  return {
    columns: {
      [`${name}_at`]: ['int4', slices.map((slice) => slice?.offset ?? null)],
      [`${name}_length`]: ['int4', slices.map((slice) => slice?.length ?? null)],
    },
    slice: `substr(${statement.blob}, x.${name}_at, x.${name}_length)`,
  }
}

function waitsText(waits: readonly string[]): string {
  return waits.length === 0 ? '[]' : JSON.stringify(waits)
}
