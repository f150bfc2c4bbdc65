/** Reading processes without claiming them: by path, by filter, whole, and their timelines. */
import type { SqlRunner } from '../../sql/connection.ts'
import { type SqlValue, sqlArray } from '../../sql/connection.ts'
import type { LineCount, LoadedProcess, LogLine, ProcessFilter, ProcessRecord } from '../records.ts'
import { TIMELINE } from './flushed.ts'
import { readLines } from './log-lines.ts'
import { readLoaded, readRecord, RECORD_COLUMNS, stateColumns, statusNumber } from './record.ts'

const COMMON = 'id, seq, status, line, waits, crashes, data, outcome, ended_at'

/** Live and finished processes alike, as far as a record goes. */
function everyProcess(schema: string): string {
  return `lateral (select ${COMMON} from ${schema}.process where id = i.id
    union all select ${COMMON} from ${schema}.finished where id = i.id) p`
}

export async function findByPath(sql: SqlRunner, schema: string, path: string): Promise<ProcessRecord | undefined> {
  const [row] = await sql.query(
    `select ${RECORD_COLUMNS} from ${schema}.instance_kind i cross join ${everyProcess(schema)} where i.path = $1::text`,
    [path],
  )
  return row && readRecord(row)
}

export async function listByFilter(
  sql: SqlRunner,
  schema: string,
  filter: ProcessFilter,
): Promise<readonly ProcessRecord[]> {
  const parameters: SqlValue[] = []
  const conditions: string[] = []
  const where = (condition: (parameter: string) => string, value: SqlValue | undefined) => {
    if (value !== undefined) conditions.push(condition(`$${parameters.push(value)}`))
  }
  where((given) => `p.status = any(${given}::int2[])`, filter.status && sqlArray(filter.status.map(statusNumber)))
  where((given) => `(i.definition = ${given}::text or starts_with(i.path, ${given}::text))`, filter.path)
  where((given) => `p.line = ${given}::int4`, filter.line)
  where((given) => `i.program = ${given}::text`, filter.program)
  where((given) => `i.id < ${given}::uuid`, filter.before)
  const limit = `$${parameters.push(filter.limit ?? 100)}::int4`
  const rows = await sql.query(
    `select ${RECORD_COLUMNS} from ${schema}.instance_kind i cross join ${everyProcess(schema)}
     ${conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''} order by i.id desc limit ${limit}`,
    parameters,
  )
  return rows.map(readRecord)
}

export async function liveChildren(sql: SqlRunner, schema: string, id: string): Promise<readonly ProcessRecord[]> {
  const rows = await sql.query(
    `select ${RECORD_COLUMNS} from ${schema}.instance_kind i join ${schema}.process p on p.id = i.id where i.parent = $1::uuid
     order by i.id`,
    [id],
  )
  return rows.map(readRecord)
}

export async function loadById(sql: SqlRunner, schema: string, id: string): Promise<LoadedProcess | undefined> {
  const [live] = await sql.query(
    `select ${RECORD_COLUMNS}, ${stateColumns(schema)}
     from ${schema}.process p join ${schema}.instance_kind i on i.id = p.id where p.id = $1::uuid`,
    [id],
  )
  if (live) return readLoaded(live)
  const [row] = await sql.query(
    `select ${RECORD_COLUMNS} from ${schema}.instance_kind i cross join ${everyProcess(schema)} where i.id = $1::uuid`,
    [id],
  )
  return (
    row && {
      record: readRecord(row),
      head: new Uint8Array(),
      parts: new Map(),
      inbox: [],
      timers: new Map(),
      wakes: [],
    }
  )
}

export async function timelineOf(sql: SqlRunner, schema: string, id: string): Promise<readonly LogLine[]> {
  const rows = await sql.query<{ lines: Uint8Array }>(
    `select lines from ${schema}.timeline where process = $1::uuid order by seq desc, line desc limit ${TIMELINE}`,
    [id],
  )
  return rows
    .toReversed()
    .flatMap(({ lines }) => readLines(lines))
    .slice(-TIMELINE)
}

export async function countLines(sql: SqlRunner, schema: string, hash: string): Promise<readonly LineCount[]> {
  return sql.query<{ line: number; count: number }>(
    `select p.line, count(*)::int4 as count from ${schema}.process p join ${schema}.kind k on k.id = p.kind
     where k.program = $1::text group by 1 order by 2 desc, 1`,
    [hash],
  )
}
