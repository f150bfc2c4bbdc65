/** The engine with its default settings. */
import { createEngine, defineProcess } from '@justscale/engine'
import { PostgresStore } from '@justscale/engine/postgres'
import { closedLoop, contend } from '../measure/contender.ts'
import { CONCURRENT, step, STEPS, TOTAL } from './workload.ts'

const five = defineProcess({
  path: '/five/:number',
  inject: { work: { step } },
  async handler({ work }, { number }) {
    const one = await work.step(number)
    const two = await work.step(one)
    const three = await work.step(two)
    const four = await work.step(three)
    return await work.step(four)
  },
})

await contend(async () => {
  const engine = createEngine({ store: new PostgresStore({ url: process.argv[2] ?? '' }), processes: [five] })
  await engine.start()
  let round = 0
  return async () => {
    round++
    await closedLoop(TOTAL, CONCURRENT, async (number) => {
      const handle = await engine.run(five, { number: `${round}-${number}` })
      await handle.result
    })
    return TOTAL * STEPS
  }
})
