/** Processes and a routine none of whose words has the engine's name. */
import { again, billing, define, durable, engine, make, makeProcess, pause } from './barrel.ts'
import * as all from './barrel.ts'

const { delay } = engine
const create = makeProcess

export const hold = durable(async (n: number) => {
  await pause.days(n)
  return `held ${n}`
})

export const renamed = make({
  path: '/renamed/:id',
  inject: {},
  async handler(_none, { id }) {
    await pause.days(1)
    await engine.delay.days(1)
    await all.own.engine.delay.days(1)
    return [id, await hold(1), await again({ attempts: 2 }, async () => await billing.settle(2))]
  },
})

export const byDefault = define({
  path: '/by-default/:id',
  inject: {},
  async handler() {
    return billing.settle(3)
  },
})

export const byConstant = create({
  path: '/by-constant/:id',
  inject: {},
  handler: async () => all.billing.settle(4),
})

export const byNamespace = all.own.engine.defineProcess({
  path: '/by-namespace/:id',
  inject: {},
  async handler() {
    const both = [billing.settle(1), all.billing.settle(2)]
    return await Promise.all(both)
  },
})

/** Nothing to follow: the function that defines it comes through a parameter. */
export function unseen(definer: typeof makeProcess): (typeof renamed)[] {
  const process = definer({ path: '/unseen/:id', inject: {}, handler: async () => [await delay.days(1)] })
  return [process as unknown as typeof renamed]
}
