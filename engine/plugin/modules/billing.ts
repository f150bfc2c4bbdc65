/** Routines in all places that a module can hold one. */
import { routine } from '@justscale/engine'
import { delay } from './words.ts'

export default routine(async (n: number): Promise<number> => {
  await delay.days(1)
  return n * 2
})

export const settle = routine(async (n: number): Promise<number> => (n <= 0 ? 0 : n + (await settle(n - 1))))

export const flows = {
  nested: {
    hold: routine(async (n: number) => {
      await delay.days(n)
      return `held ${n}`
    }),
  },
}

export class Billing {
  static close = routine(async (n: number) => {
    await delay.days(n)
    return `closed ${n}`
  })
}

export async function notARoutine(): Promise<void> {
  await delay.days(1)
}
