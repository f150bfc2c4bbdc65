/**
 * One OS process of the chaos test: an engine on Postgres, whose effects go to a ledger that the engine knows nothing of.
 * `DIE=<n>:before|after` kills it hard at its n-th commit.
 */
import { createEngine, printEvent } from '@justscale/engine'
import { PostgresStore } from '@justscale/engine/postgres'
import { openPostgres } from '@justscale/engine/sql'
import type { EngineStore } from '../../../store/store.ts'
import { over } from '../simulation/simulation.ts'
import { workload, world } from '../simulation/workload.ts'

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
async function deadly<Answer>(commit: () => Promise<Answer>): Promise<Answer> {
  const last = ++commits === Number(at)
  if (last && moment === 'before') process.kill(process.pid, 'SIGKILL')
  const answer = await commit()
  if (last) process.kill(process.pid, 'SIGKILL')
  return answer
}

const store = new PostgresStore({ url })
const engine = createEngine({
  store: over(store as EngineStore, {
    async connect(options) {
      const session = await store.connect(options)
      return over(session, {
        start: (requests) => deadly(() => session.start(requests)),
        emit: (signals, limit, running) => deadly(() => session.emit(signals, limit, running)),
        commit: (checkpoints) => deadly(() => session.commit(checkpoints)),
        commitIn: (transaction, checkpoint) => deadly(() => session.commitIn(transaction, checkpoint)),
      })
    },
  }),
  processes: workload,
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
