/** The engine as the commands use it: on the app's database, running nothing itself. */
import { createEngine, type Engine } from '@justscale/engine'
import { resolveDatabase } from '@justscale/engine/embedded'
import { PostgresStore } from '@justscale/engine/postgres'

/** Calls `body` with the engine on the current project's database, and closes everything after it. */
export async function withEngine<Result>(
  namespace: string,
  body: (engine: Engine) => Promise<Result>,
): Promise<Result> {
  const database = await resolveDatabase()
  const store = new PostgresStore({ url: database.url, namespace })
  try {
    return await body(createEngine({ store }))
  } finally {
    await store.close()
    await database.stop()
  }
}
