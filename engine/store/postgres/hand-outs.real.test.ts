/** Answers that hand out one process twice and are held up on their way to the node: no signal is lost, no step runs twice. */
import { expect, test } from 'bun:test'
import { createEngine, defineProcess, defineSignals, signal } from '@justscale/engine'
import { over } from '../../runtime/test/simulation/simulation.ts'
import { testDatabase } from '../../sql/embedded/index.ts'
import type { EngineStore } from '../store.ts'
import { PostgresStore } from './postgres-store.ts'

const signals = defineSignals((one) => ({ sent: one('/held/:box/sent').data<{ readonly number: number }>() }))

const runs: string[] = []
const outside = {
  async act(text: string) {
    runs.push(text)
  },
}

const box = defineProcess({
  path: '/held/:box',
  inject: { outside },
  async handler({ outside }, { box }) {
    const seen: number[] = []
    while (seen.length < 2) {
      const { number } = await signal(signals.sent)
      await outside.act(`${box} ${number}`)
      seen.push(number)
    }
    return seen
  },
})

/** A node has one emission on its way and one claim. */
type Way = 'emit' | 'claim'

/** Nothing polls here: what is not looked at because of an answer stays where it is. */
const NEVER = 86_400_000

for (const ways of [
  ['emit', 'claim'],
  ['claim', 'emit'],
] as const satisfies readonly (readonly [Way, Way])[]) {
  for (const first of [0, 1]) {
    test(`${ways.join(' and ')} hand out one process; answer ${first + 1} arrives first`, async () => {
      const database = await testDatabase()
      const postgres = new PostgresStore({ url: database.url })
      const held: (() => void)[] = []
      const waiting = new Set<() => void>()
      let holding = false
      let asking = 0
      /** Holds the answer until it is let through. */
      async function hold<Answer>(answer: Answer): Promise<Answer> {
        if (!holding) return answer
        const { promise, resolve } = Promise.withResolvers<void>()
        held.push(resolve)
        for (const tell of [...waiting]) tell()
        await promise
        return answer
      }
      /** Resolves when so many answers are held. */
      async function holds(count: number): Promise<void> {
        while (held.length < count) {
          const { promise, resolve } = Promise.withResolvers<void>()
          waiting.add(resolve)
          await promise
          waiting.delete(resolve)
        }
      }
      const store: EngineStore = over<EngineStore>(postgres, {
        async connect(options) {
          const session = await postgres.connect(options)
          return over(session, {
            emit: async (given, limit, running) => hold(await session.emit(given, limit, running)),
            claim: async (limit, running, most) => {
              asking++
              const claimed = await session.claim(limit, running, most).finally(() => asking--)
              return claimed.length === 0 ? claimed : hold(claimed)
            },
          })
        },
      })
      const engine = createEngine({ store, processes: [box], poll: NEVER, report() {} })
      runs.splice(0)
      try {
        await engine.start()
        const handle = await engine.run(box, { box: 'a' })
        // A claim of before may still be on its way, and bring the process as it was started.
        while ((await postgres.find('/held/a'))?.status !== 'waiting' || asking > 0) await Bun.sleep(5)
        holding = true
        const emitted: Promise<unknown>[] = []
        for (const [index, way] of ways.entries()) {
          const emission = { box: 'a', number: index + 1 }
          // Past the node, as from another one: it is woken and claims.
          if (way === 'emit') emitted.push(engine.emit(signals.sent, emission))
          else emitted.push(emitElsewhere(database.url, emission))
          await holds(index + 1)
        }
        holding = false
        held[first]?.()
        await emitted[first]
        // The turn of the first has come to its end, or stands in a step.
        while ((await postgres.find('/held/a'))?.seq === 1) await Bun.sleep(5)
        held[1 - first]?.()
        expect(await handle.result).toEqual([1, 2])
        expect(runs).toEqual(['a 1', 'a 2'])
      } finally {
        for (const letThrough of held) letThrough()
        await engine.stop()
        await postgres.close()
        await database.drop()
      }
    }, 30_000)
  }
}

async function emitElsewhere(url: string, data: { readonly box: string; readonly number: number }): Promise<void> {
  const store = new PostgresStore({ url })
  const engine = createEngine({ store, processes: [box], report() {} })
  await engine.emit(signals.sent, data)
  await store.close()
}
