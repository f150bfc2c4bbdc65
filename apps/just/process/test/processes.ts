/** Processes for the tests of `just process`. */
import { defineService } from '@justscale/core'
import { createProcess, delay } from '@justscale/core/process'

export const sensor = { broken: false, caught: Promise.withResolvers<void>() }

export class Shop extends defineService({
  factory: () => ({
    async measure(id: string): Promise<string> {
      if (sensor.broken) throw new RangeError('broken')
      return `measured ${id}`
    },
    async caught(): Promise<void> {
      sensor.caught.resolve()
    },
  }),
}) {}

export const breaking = createProcess({
  path: '/breaking/:id',
  inject: { shop: Shop },
  async handler({ shop }, { id }) {
    return await shop.measure(id)
  },
})

/** Goes on after its cancellation. */
export const stubborn = createProcess({
  path: '/stubborn/:id',
  inject: { shop: Shop },
  async handler({ shop }) {
    for (;;) {
      try {
        await delay.days(30)
      } catch {
        await shop.caught()
      }
    }
  },
})
