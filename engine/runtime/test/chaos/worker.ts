/**
 * One OS process of the chaos test: an engine on Postgres, whose effects go to a ledger that the engine knows nothing of.
 * `DIE=<n>:before|within|after` kills it hard at its n-th commit; `PLANT=<name>` is a fault in it.
 */
import { createEngine, printEvent } from '@justscale/engine'
import { PostgresStore } from '@justscale/engine/postgres'
import { openPostgres } from '@justscale/engine/sql'
import type { EngineStore } from '../../../store/store.ts'
import { over } from '../simulation/simulation.ts'
import { workload, world } from '../simulation/workload.ts'
import { planted } from './plants.ts'
import { crowd, saver } from './shop.ts'

const url = process.argv[2] ?? ''
const sql = openPostgres(url)
world.wait = () => Bun.sleep(Math.random() * 30)
world.record = async (key, text) => {
  const id = crypto.randomUUID()
  // An effect that happened is recorded, however long the ledger is away; once, whatever becomes of the answers.
  for (;;) {
    try {
      await sql.query(
        'insert into ledger.effect (id, key, text) values ($1::uuid, $2::text, $3::text) on conflict do nothing',
        [id, key, text],
      )
      return
    } catch {
      await Bun.sleep(50)
    }
  }
}

const [at = '0', moment] = (process.env.DIE ?? '').split(':')
let commits = 0
const die = () => void process.kill(process.pid, 'SIGKILL')
async function deadly<Answer>(commit: () => Promise<Answer>): Promise<Answer> {
  const last = ++commits === Number(at)
  if (last && moment === 'before') die()
  const answer = await commit()
  if (last) die()
  return answer
}

const store = new PostgresStore({ url })
const engine = createEngine({
  store: over(store as EngineStore, {
    async connect(options) {
      const session = planted(process.env.PLANT, await store.connect(options), sql)
      return over(session, {
        start: (requests) => deadly(() => session.start(requests)),
        emit: (signals, limit, running) => deadly(() => session.emit(signals, limit, running)),
        commit: (checkpoints) => deadly(() => session.commit(checkpoints)),
        async commitIn(transaction, checkpoint) {
          const last = ++commits === Number(at)
          if (last && moment === 'before') die()
          await session.commitIn(transaction, checkpoint)
          if (last && moment === 'within') die()
          // Called when the commit was answered.
          if (last && transaction.kind === 'sql') transaction.afterCommit?.(die)
        },
      })
    },
  }),
  processes: [...workload, crowd, saver],
  // Lost connections and leases are what this test is about.
  report: (event) => void (event.kind === 'failed' && printEvent(event)),
})
// As whoever supervises it would: until the database is there.
while (
  !(await engine.start().then(
    () => true,
    () => false,
  ))
)
  await Bun.sleep(100)
process.on('SIGTERM', async () => {
  await engine.drain()
  await store.close()
  await sql.close()
  process.exit(0)
})
console.log('ready')
