import { defineProcess } from '@justscale/engine'

/** Lacks what earlier versions call. */
export const order = defineProcess({
  path: '/deploy/:id',
  inject: {
    shop: {
      async cost(id: string) {
        return id.length
      },
    },
  },
  async handler({ shop }, { id }) {
    return await shop.cost(id)
  },
})
