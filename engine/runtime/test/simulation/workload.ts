/** The processes of the simulation, whose results are known, and the effects they have on a world outside of the engine. */
import { currentStep, defineProcess, defineSignals, delay, race, signal } from '@justscale/engine'

/** The world that effects act on: replaced by whoever runs the workload. */
export const world = {
  /** How long an effect takes. */
  async wait(): Promise<void> {},
  async record(_key: string, _text: string): Promise<void> {},
}

export const outside = {
  async act(text: string): Promise<string> {
    const key = currentStep()?.idempotencyKey ?? ''
    await world.wait()
    await world.record(key, text)
    return text
  },
}

/** Emits from within steps. */
export const relay = {
  async add(counter: string, amount: number): Promise<void> {
    await world.wait()
    await signals.added({ counter, amount })
  },
}

export const signals = defineSignals((signal) => ({
  added: signal('/counter/:counter/added').data<{ readonly amount: number }>(),
}))

/** Adds up ten signals, each of which counts once and in order of emission. */
export const counter = defineProcess({
  path: '/counter/:counter',
  inject: { outside },
  async handler({ outside }, { counter }) {
    const seen: number[] = []
    while (seen.length < 10) {
      const { amount } = await signal(signals.added)
      seen.push(amount)
      if (amount % 3 === 0) await outside.act(`${counter} saw ${amount}`)
    }
    return seen
  },
})

export const chain = defineProcess({
  path: '/chain/:id',
  inject: { outside },
  async handler({ outside }, { id }) {
    const done: string[] = []
    for (let step = 0; step < 5; step++) {
      done.push(await outside.act(`${id} step ${step} at random ${Math.random()}`))
      await delay.seconds(step)
    }
    return done.length
  },
})

export const fanOut = defineProcess({
  path: '/fan/:id',
  inject: { outside },
  async handler({ outside }, { id }) {
    const parts = await Promise.all(
      [1, 2, 3, 4].map(async (number) => {
        await delay.seconds(5 - number)
        const text = await outside.act(`${id} part ${number}`)
        await outside.act(`${id} part ${number} again`)
        return text.length
      }),
    )
    return parts.length
  },
})

/** Fibers whose steps are all in flight at the same time. */
export const burst = defineProcess({
  path: '/burst/:id',
  inject: { outside },
  async handler({ outside }, { id }) {
    const parts = await Promise.all(
      [1, 2, 3, 4, 5].map(async (number) => {
        for (let turn = 0; turn < 3; turn++) await outside.act(`${id} burst ${number} turn ${turn}`)
        return number
      }),
    )
    return parts.length
  },
})

export const leaf = defineProcess({
  path: '/leaf/:id',
  inject: { outside },
  async handler({ outside }, { id }) {
    await delay.seconds(2)
    return await outside.act(`leaf ${id}`)
  },
})

export const family = defineProcess({
  path: '/family/:id',
  async handler(_, { id }) {
    const names: string[] = []
    const children = []
    for (let number = 0; number < 3; number++) children.push(await leaf({ id: `${id}-${number}` }))
    for (const child of children) names.push(await child.result)
    return names
  },
})

/** Adds up to a counter of its own, from within its steps. */
export const adder = defineProcess({
  path: '/adder/:id',
  inject: { relay },
  async handler({ relay }, { id }) {
    const own = await counter({ counter: `of-${id}` })
    for (let amount = 1; amount <= 10; amount++) await relay.add(`of-${id}`, amount)
    return await own.result
  },
})

export const impatient = defineProcess({
  path: '/impatient/:counter',
  inject: { outside },
  async handler({ outside }, { counter }) {
    let ticks = 0
    for (let round = 0; round < 6; round++) {
      const r = race()
      switch (true) {
        case signal(r, signals.added):
          ticks += 100
          break
        case delay.seconds(r, 3):
          ticks++
          await outside.act(`${counter} tick ${round}`)
      }
    }
    return ticks > 0
  },
})

/** All of them, and what each gives for an instance. */
export const workload = [adder, burst, chain, counter, family, fanOut, impatient, leaf]

export function expectedResults(index: string): Readonly<Record<string, unknown>> {
  return {
    [`/counter/${index}`]: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    [`/adder/${index}`]: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    [`/counter/of-${index}`]: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    [`/burst/${index}`]: 5,
    [`/chain/${index}`]: 5,
    [`/fan/${index}`]: 4,
    [`/family/${index}`]: [0, 1, 2].map((number) => `leaf ${index}-${number}`),
    [`/impatient/${index}`]: true,
  }
}
