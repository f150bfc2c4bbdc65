/** graphile-worker: a chain of five jobs, each of which carries 1 KB and adds the next. Ten jobs at once, as many connections. */
import { contend } from '../measure/contender.ts'
import { CONCURRENT, step, STEPS, TOTAL } from '../contenders/workload.ts'

interface Payload {
  readonly left: number
  readonly text: string
}

interface Runner {
  addJob(name: string, payload: Payload): Promise<unknown>
}

interface Options {
  readonly connectionString: string
  readonly concurrency: number
  readonly logger: unknown
  readonly taskList: Record<string, (payload: Payload, context: Runner) => Promise<void>>
}

interface GraphileWorker {
  run(options: Options): Promise<Runner>
  Logger: new (factory: () => () => void) => unknown
}

const name: string = 'graphile-worker'
const { run, Logger } = (await import(name)) as GraphileWorker

await contend(async () => {
  let onEnd = () => {}
  const runner = await run({
    connectionString: process.argv[2] ?? '',
    concurrency: 10,
    logger: new Logger(() => () => {}),
    taskList: {
      async step({ left, text }, context) {
        const after = await step(text)
        if (left > 1) await context.addJob('step', { left: left - 1, text: after })
        else onEnd()
      },
    },
  })
  return async () => {
    let begun = 0
    let ended = 0
    const begin = () => runner.addJob('step', { left: STEPS, text: `${begun++}` })
    const { promise, resolve } = Promise.withResolvers<void>()
    onEnd = () => {
      ended++
      if (begun < TOTAL) void begin()
      if (ended === TOTAL) resolve()
    }
    await Promise.all(Array.from({ length: Math.min(CONCURRENT, TOTAL) }, begin))
    await promise
    return TOTAL * STEPS
  }
})
