/** One OS process of the chaos test: an engine on Postgres, whose effects go to a ledger that the engine knows nothing of. */
import { createEngine, printEvent } from '@justscale/engine'
import { PostgresStore } from '@justscale/engine/postgres'
import { openPostgres } from '@justscale/engine/sql'
import { workload, world } from '../simulation/workload.ts'

const url = process.argv[2] ?? ''
const sql = openPostgres(url)
world.wait = () => Bun.sleep(Math.random() * 30)
world.record = async (key, text) => {
  await sql.query('insert into ledger.effect (key, text) values ($1::text, $2::text)', [key, text])
}

const engine = createEngine({
  store: new PostgresStore({ url }),
  processes: workload,
  // Lost connections and leases are what this test is about.
  report: (event) => void (event.kind === 'failed' && printEvent(event)),
})
await engine.start()
process.on('SIGTERM', async () => {
  await engine.drain()
  await engine.store.close()
  await sql.close()
  process.exit(0)
})
console.log('ready')
