/** Families of processes whose members clean up after themselves: what they do is in `diary`, in order. */
import { currentStep, defineProcess, delay } from '@justscale/engine'

export const diary: string[] = []

export const home = {
  async note(text: string): Promise<void> {
    if (diary.at(-1) !== text) diary.push(text)
  },
  /** Takes until it is aborted or `finish` is called. */
  async work(text: string): Promise<void> {
    diary.push(`${text} begins`)
    const { promise, resolve } = Promise.withResolvers<void>()
    home.finish = resolve
    currentStep()?.signal.addEventListener('abort', () => resolve())
    await promise
    diary.push(`${text} ends`)
  },
  finish: () => {},
}

export const grandchild = defineProcess({
  path: '/grandchild/:id',
  inject: { home },
  async handler({ home }, { id }) {
    try {
      await delay.days(30)
    } finally {
      await home.note(`${id} tidies up`)
      await delay.milliseconds(id.startsWith('quick') ? 20 : 3_600_000)
      await home.note(`${id} is gone`)
    }
  },
})

export const middle = defineProcess({
  path: '/middle/:id',
  inject: { home },
  async handler({ home }, { id }) {
    try {
      await grandchild({ id: `${id}-x` })
      await delay.days(30)
    } finally {
      await home.note(`${id} is gone`)
    }
  },
})

export const elder = defineProcess({
  path: '/elder/:id',
  inject: { home },
  async handler({ home }, { id }) {
    try {
      await middle({ id: `${id}-1` })
      const second = await middle({ id: `${id}-2` })
      return await second.result
    } finally {
      await home.note(`${id} is gone`)
    }
  },
})

/** Cancelled while a step is in flight that starts another child. */
export const busy = defineProcess({
  path: '/busy/:id',
  inject: { home: { ...home, begin: async (id: string) => void (await grandchild({ id })) } },
  async handler({ home }, { id }) {
    try {
      await home.begin(`${id}-1`)
      await home.work(`${id} works`)
      await home.note('never reached')
    } finally {
      await home.note(`${id} is gone`)
    }
  },
})

export const broken = defineProcess({
  path: '/broken/:id',
  async handler() {
    throw new RangeError('broken')
  },
})

/** Its child fails and keeps its place. */
export const worried = defineProcess({
  path: '/worried/:id',
  inject: { home },
  async handler({ home }, { id }) {
    try {
      await broken({ id })
      await grandchild({ id: `${id}-1` })
      throw new RangeError('itself too')
    } finally {
      await home.note(`${id} unwinds`)
    }
  },
})
