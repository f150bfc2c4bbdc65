/** DBOS: a workflow of five steps. Its types are said here, so that checking the repository needs no installation. */
import { closedLoop, contend } from '../measure/contender.ts'
import { CONCURRENT, step, STEPS, TOTAL } from '../contenders/workload.ts'

interface Dbos {
  setConfig(config: Record<string, unknown>): void
  launch(): Promise<void>
  registerWorkflow<Given extends unknown[]>(
    body: (...given: Given) => Promise<string>,
    options: { name: string },
  ): (...given: Given) => Promise<string>
  runStep(body: () => Promise<string>, options: { name: string }): Promise<string>
  startWorkflow<Given extends unknown[]>(
    workflow: (...given: Given) => Promise<string>,
    options: { workflowID: string },
  ): (...given: Given) => Promise<{ getResult(): Promise<string> }>
}

const name: string = '@dbos-inc/dbos-sdk'
const { DBOS } = (await import(name)) as { DBOS: Dbos }

const five = DBOS.registerWorkflow(
  async (number: string) => {
    const one = await DBOS.runStep(() => step(number), { name: 'one' })
    const two = await DBOS.runStep(() => step(one), { name: 'two' })
    const three = await DBOS.runStep(() => step(two), { name: 'three' })
    const four = await DBOS.runStep(() => step(three), { name: 'four' })
    return await DBOS.runStep(() => step(four), { name: 'five' })
  },
  { name: 'five' },
)

await contend(async () => {
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: process.argv[2],
    logLevel: 'error',
    runAdminServer: false,
    applicationVersion: 'bench',
  })
  await DBOS.launch()
  let round = 0
  return async () => {
    round++
    await closedLoop(TOTAL, CONCURRENT, async (number) => {
      const handle = await DBOS.startWorkflow(five, { workflowID: `${round}-${number}` })(`${number}`)
      await handle.getResult()
    })
    return TOTAL * STEPS
  }
})
