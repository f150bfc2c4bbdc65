/** An OS process that increments a purse under its lock until it has done so often enough; it may be killed at any moment. */
import { Purse, startShop } from './shop.ts'

const [url = '', key = '', times = '0', worker = ''] = process.argv.slice(2)
const { app, purses } = await startShop(url, 4)
const mine = await app.run(
  async () => Purse.ref(await purses.upsert({ owner: worker }, { by: ['owner'], set: {} })).identifier,
)

/** The counter and this worker's tally change together: what is in the tally was done, even if the answer was lost. */
async function increment(): Promise<boolean> {
  return app.run(async () => {
    await using locked = await purses.lockAll([Purse.ref(key), Purse.ref(mine)])
    const [counter, tally] = locked
    if (!counter || !tally || tally.balance >= Number(times)) return false
    await purses.update(counter, { balance: counter.balance + 1 })
    await purses.update(tally, { balance: tally.balance + 1 })
    return true
  })
}

for (;;) {
  const more = await increment().catch((error: unknown) => {
    console.error(String(error))
    return true
  })
  if (!more) break
}
await app.stop()
