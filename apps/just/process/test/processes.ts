/** Processes for the tests of `just process`. */
import { defineService } from '@justscale/core'
import { createProcess } from '@justscale/core/process'

export const sensor = { broken: false }

export class Shop extends defineService({
  factory: () => ({
    async measure(id: string): Promise<string> {
      if (sensor.broken) throw new RangeError('broken')
      return `measured ${id}`
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
