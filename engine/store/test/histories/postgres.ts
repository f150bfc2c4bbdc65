/** Concurrent histories on the Postgres store: two nodes with a client each, real connections, real overlap. */
import { testDatabase } from '@justscale/engine/embedded'
import { PostgresStore } from '@justscale/engine/postgres'
import type { StoreSession } from '../../store.ts'
import { history } from './histories.ts'
import { linearize } from './linearize.ts'
import { model } from './model.ts'
import { generator } from './random.ts'

export interface Unexplained {
  readonly seed: number
  readonly calls: Awaited<ReturnType<typeof history>>
}

/** Checks the histories of these seeds; answers the first that no order explains, and how many calls there were. */
export async function checkHistories(
  from: number,
  to: number,
): Promise<{ readonly unexplained?: Unexplained; readonly calls: number }> {
  const database = await testDatabase()
  const stores = [0, 1].map(() => new PostgresStore({ url: database.url }))
  try {
    const nodes: StoreSession[] = []
    for (const store of stores) {
      await store.migrate()
      nodes.push(await store.connect({ name: 'history', onWake() {}, onLost() {} }))
    }
    // Until the shards are dealt evenly they move.
    while (nodes.some((node) => node.shards().length !== 128)) await new Promise((resolve) => setImmediate(resolve))
    let count = 0
    for (let seed = from; seed <= to; seed++) {
      const random = generator(seed)
      const pause = async () => {
        if (random(3) === 0) await new Promise<void>((resolve) => setImmediate(resolve))
      }
      const store = stores[seed % 2] as PostgresStore
      const calls = await history({ store, nodes, name: `${seed}`, random, pause })
      count += calls.length
      if (linearize(calls, model) === undefined) return { unexplained: { seed, calls }, calls: count }
    }
    return { calls: count }
  } finally {
    for (const store of stores) await store.close()
    await database.drop()
  }
}
