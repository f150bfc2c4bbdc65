import { defineProcess, delay } from '@justscale/engine'
import { label } from './label.ts'
import { wrapUp } from './wrap-up.ts'

const surcharge = 1_000

export const shop = {
  async price(id: string) {
    return id.length * 10
  },
}

export const order = defineProcess({
  path: '/deploy/:id',
  inject: { shop },
  async handler({ shop }, { id }) {
    await delay.hours(1)
    const price = await shop.price(id)
    return await wrapUp(`${label('two')} ${price + surcharge}`)
  },
})
