/** What one would write by hand: a row per process, inserted, updated with 1 KB in a transaction per step, on ten connections. */
import { openPostgres } from '@justscale/engine/sql'
import { closedLoop, contend } from '../measure/contender.ts'
import { bytes, CONCURRENT, STEPS, TOTAL } from './workload.ts'

await contend(async () => {
  const sql = openPostgres(process.argv[2] ?? '')
  await sql.query(`create table if not exists plain_process (id uuid primary key, seq int not null, data bytea not null)
    with (fillfactor = 50)`)
  return async () => {
    await closedLoop(TOTAL, CONCURRENT, async () => {
      const id = Bun.randomUUIDv7()
      await sql.query('insert into plain_process values ($1::uuid, 0, $2::bytea)', [id, bytes()])
      for (let seq = 1; seq <= STEPS; seq++) {
        await sql.query('update plain_process set seq = $2::int4, data = $3::bytea where id = $1::uuid', [
          id,
          seq,
          bytes(),
        ])
      }
    })
    return TOTAL * STEPS
  }
})
