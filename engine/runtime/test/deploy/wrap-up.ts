import { delay, routine } from '@justscale/engine'

/** A routine of another module: its own program, which waits. */
export const wrapUp = routine(async (text: string) => {
  await delay.days(1)
  return `${text}!`
})
