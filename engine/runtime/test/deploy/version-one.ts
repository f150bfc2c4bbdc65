import { defineProcess, delay } from '@justscale/engine'
import { label } from './label.ts'
import { wrapUp } from './wrap-up.ts'

const surcharge = 1

/** A helper of the module: compiled into the program. */
const total = (amount: number) => amount + surcharge

export const shop = {
  async price(id: string) {
    return id.length
  },
}

export const order = defineProcess({
  path: '/deploy/:id',
  inject: { shop },
  async handler({ shop }, { id }) {
    const before = total(await shop.price(id))
    await delay.days(1)
    const after = await shop.price(`${id}${id}`)
    return await wrapUp(`${label('one')} ${before} ${after}`)
  },
})
