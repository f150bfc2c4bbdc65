/** One of two nodes: prints the number of every step that it runs of one long process. */
import { createEngine, defineProcess } from '@justscale/engine'
import { PostgresStore } from '@justscale/engine/postgres'

const [url = '', last = '0', role] = process.argv.slice(2)

const long = defineProcess({
  path: '/long/:last',
  inject: { work: { step: async (number: number) => void process.stdout.write(`${number}\n`) } },
  async handler({ work }, { last }) {
    for (let number = 1; number <= Number(last); number++) await work.step(number)
  },
})

const engine = createEngine({ store: new PostgresStore({ url }), processes: [long] })
await engine.start()
process.stdout.write('ready\n')
if (role === 'first') await engine.run(long, { last })
