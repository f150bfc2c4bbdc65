/** Processes of the recovery cases. What their steps do is up to each case: `world`. */
import { currentStep, defineProcess, defineSignals, delay, listen, race, signal } from '@justscale/engine'

export const world = {
  /** Which engine ran which step: `engine text`. */
  ran: [] as string[],
  /** What a step waits for, and gives, by its text; at once and its text where there is nothing. */
  steps: new Map<string, (engine: string) => Promise<string>>(),
}

/** The step of one engine. */
export function outside(engine: string) {
  return {
    async act(text: string): Promise<string> {
      world.ran.push(`${engine} ${text}`)
      return (await world.steps.get(text)?.(engine)) ?? text
    },
    async request(_id: string): Promise<void> {
      await world.steps.get('request')?.(currentStep()?.process ?? '')
    },
  }
}

export const signals = defineSignals((signal) => ({
  pressed: signal('/bell/:bell/pressed'),
  answered: signal('/request/:request/answered').data<{ readonly text: string }>(),
}))

/** The definitions, with steps that know their engine. */
export function definitions(engine: string) {
  const inject = { outside: outside(engine) }
  const single = defineProcess({
    path: '/single/:id',
    inject,
    async handler({ outside }, { id }) {
      return await outside.act(`${id} only`)
    },
  })
  const three = defineProcess({
    path: '/three/:id',
    inject,
    async handler({ outside }, { id }) {
      const done: string[] = []
      for (const name of ['one', 'two', 'three']) done.push(await outside.act(`${id} ${name}`))
      return done
    },
  })
  const queued = defineProcess({
    path: '/queued/:id',
    inject,
    concurrency: 1,
    async handler({ outside }, { id }) {
      await outside.act(`${id} one`)
      return await outside.act(`${id} two`)
    },
  })
  const bell = defineProcess({
    path: '/bell/:bell/wait/:patience',
    async handler(_, { patience }) {
      const r = race()
      switch (true) {
        case delay.milliseconds(r, Number(patience)):
          return 'too late'
        case signal(r, signals.pressed):
          return 'pressed'
      }
    },
  })
  const asking = defineProcess({
    path: '/asking/:id',
    inject,
    async handler({ outside }, { id }) {
      const request = `request of ${id}`
      using answered = listen(signals.answered, { request })
      await outside.request(id)
      await outside.act(`${id} does something else first`)
      return (await signal(answered)).text
    },
  })
  return { single, three, queued, bell, asking }
}
