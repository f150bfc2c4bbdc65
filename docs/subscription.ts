import { defineService, JustScale } from '@justscale/core'
import { createProcess, defineSignals, delay, race, signal } from '@justscale/core/process'
import { InMemoryProcessFeature } from '@justscale/memory'

class Billing extends defineService({
  factory: () => ({ charge: async (user: string) => console.log('charged', user) }),
}) {}
class BillingSignals extends defineSignals((signal) => ({ cancelled: signal('/user/:user/cancelled') })) {}

const subscription = createProcess({
  path: '/subscription/:user',
  inject: { billing: Billing, signals: BillingSignals },
  async handler({ billing, signals }, { user }) {
    await billing.charge(user)
    while (true) {
      const r = race()
      switch (true) {
        case delay.months(r, 1):
          await billing.charge(user)
          continue
        case signal(r, signals.cancelled):
          return { status: 'cancelled' }
      }
    }
  },
})

const app = JustScale().add(InMemoryProcessFeature).add(Billing).add(BillingSignals).add(subscription).build()
await app.start()
await app.run(async () => {
  const handle = await subscription({ user: 'ada' })
  await (await app.resolve(BillingSignals)).cancelled({ user: 'ada' })
  console.log(await handle.result)
})
await app.stop()
