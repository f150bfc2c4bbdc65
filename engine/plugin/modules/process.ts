/** A process whose words and routines come through other files. */
import double, { Billing, flows, notARoutine } from './billing.ts'
import * as routines from './billing.ts'
import { billing, defineProcess, delay } from './index.ts'

export const throughFiles = defineProcess({
  path: '/through/:id',
  inject: {},
  async handler() {
    await delay.days(1)
    const settled = [await double(2), await billing.settle(3), await billing.default(5)]
    const all = await Promise.all([billing.settle(1), flows.nested.hold(2)])
    return [...settled, ...all, await flows.nested.hold(settled[0] ?? 0), await Billing.close(1)]
  },
})

export const returning = defineProcess({
  path: '/returning/:id',
  inject: {},
  async handler() {
    return routines.settle(4)
  },
})

export const mistaken = defineProcess({
  path: '/mistaken/:id',
  inject: {},
  async handler() {
    await notARoutine()
  },
})
