/** The limit: rows of 1 KB inserted 500 at a time on two lanes of the engine's driver, nothing else. */
import { openPostgres, sqlArray } from '@justscale/engine/sql'
import { contend } from '../measure/contender.ts'
import { bytes, STEPS, TOTAL } from './workload.ts'

const BATCH = 500

await contend(async () => {
  const sql = openPostgres(process.argv[2] ?? '')
  await sql.query(
    'create table if not exists limit_step (id bigint primary key, seq int not null, data bytea not null)',
  )
  let id = 0
  const insert = `insert into limit_step (id, seq, data)
    select x.id, x.seq, substr($1::bytea, x.at, x.length)
    from unnest($2::int8[], $3::int4[], $4::int4[], $5::int4[]) as x(id, seq, at, length)`
  return async () => {
    let left = TOTAL * STEPS
    const lanes = [await sql.lane(), await sql.lane()]
    await Promise.all(
      lanes.map(async (lane) => {
        while (left > 0) {
          const count = Math.min(BATCH, left)
          left -= count
          const rows = Array.from({ length: count }, bytes)
          const ids = rows.map(() => id++)
          const offsets: number[] = []
          rows.reduce((at, row) => at + (offsets.push(at), row.length), 1)
          const lengths = sqlArray(rows.map(({ length }) => length))
          const parameters = [Buffer.concat(rows), sqlArray(ids), sqlArray(ids), sqlArray(offsets), lengths]
          await lane.query(insert, parameters)
        }
      }),
    )
    for (const lane of lanes) lane.release()
    return TOTAL * STEPS
  }
})
