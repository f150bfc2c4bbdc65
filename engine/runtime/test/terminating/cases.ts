/** What terminating promises, for any store: two nodes, and a process in whatever state. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import {
  createEngine,
  currentStep,
  defineProcess,
  delay,
  type Engine,
  type EngineOptions,
  ProcessCancelled,
} from '@justscale/engine'
import type { EngineStore } from '../../../store/store.ts'
import { diary, elder, grandchild, middle } from '../families.ts'

const world = { stuck: Promise.withResolvers<AbortSignal | undefined>(), swallowed: Promise.withResolvers<void>() }
const host = {
  stick: async () => {
    world.stuck.resolve(currentStep()?.signal)
    await new Promise(() => {})
  },
  swallow: async () => {
    world.swallowed.resolve()
  },
  tidy: async (what: string) => void diary.push(what),
  fail: async () => {
    throw new RangeError('broken')
  },
}

const stubborn = defineProcess({
  path: '/stubborn/:id',
  inject: { host },
  async handler({ host }) {
    for (;;) {
      try {
        await delay.days(30)
      } catch {
        await host.swallow()
      } finally {
        await host.tidy('stubborn goes on')
      }
    }
  },
})
const stuck = defineProcess({
  path: '/stuck/:id',
  inject: { host },
  async handler({ host }) {
    try {
      await host.stick()
    } finally {
      await host.tidy('stuck tidies up')
    }
  },
})
const failing = defineProcess({
  path: '/failing/:id',
  inject: { host },
  async handler({ host }) {
    await host.fail()
  },
})
const waiting = defineProcess({
  path: '/waiting/:id',
  inject: { host },
  async handler({ host }) {
    await delay.days(30)
    await host.tidy('waited')
  },
})
/** A later version of it, without the step. */
const poorer = defineProcess({
  path: '/waiting/:id',
  inject: { host: { other: async () => {} } },
  async handler({ host }) {
    await host.other()
  },
})

export interface TerminatingStores {
  /** A further client of the same store. */
  store(): EngineStore
  close(): Promise<void>
}

export function terminatingCases(kind: string, open: () => Promise<TerminatingStores>): void {
  let engines: Engine[] = []
  let stores: TerminatingStores

  beforeEach(async () => {
    stores = await open()
    diary.splice(0)
    world.stuck = Promise.withResolvers()
    world.swallowed = Promise.withResolvers()
  })
  afterEach(async () => {
    for (const engine of engines) await engine.stop()
    engines = []
    await stores.close()
  })

  async function node(options: Partial<EngineOptions> = {}): Promise<Engine> {
    const processes = [stubborn, stuck, failing, waiting, elder, middle, grandchild]
    const engine = createEngine({ store: stores.store(), processes, poll: 50, report() {}, ...options })
    engines.push(engine)
    await engine.start()
    return engine
  }

  /** How it ended, which has to be by this reason. */
  async function expectEnded(engine: Engine, path: string, reason: string): Promise<void> {
    const error = await engine.process(path).result.then(null, (error: unknown) => error)
    expect(error).toBeInstanceOf(ProcessCancelled)
    expect((error as ProcessCancelled).reason).toBe(reason)
    expect(await engine.process(path).status).toBe('cancelled')
  }

  async function reaches(engine: Engine, path: string, status: string): Promise<void> {
    while ((await engine.process(path).status) !== status) await new Promise((resolve) => setImmediate(resolve))
  }

  test(`${kind}: a process that swallows its cancellation is ended by termination, from another node`, async () => {
    const [one, other] = [await node(), await node()]
    const handle = await one.run(stubborn, { id: 's' })
    expect(await other.process(handle.path).cancel('please')).toBe(true)
    await world.swallowed.promise
    while (!diary.includes('stubborn goes on')) await new Promise((resolve) => setImmediate(resolve))
    await reaches(one, handle.path, 'waiting')
    expect(await handle.cancel('again')).toBe(false)
    diary.splice(0)
    expect(await other.process(handle.path).terminate('enough')).toBe(true)
    await expectEnded(one, handle.path, 'enough')
    expect(diary).toEqual([])
    expect([await handle.terminate(), await handle.cancel(), await handle.retry()]).toEqual([false, false, false])
    const { id } = (await one.store.find(handle.path)) ?? { id: '' }
    expect((await one.store.timeline(id)).map((line) => line.kind)).toContain('terminated')
  })

  test(`${kind}: children and their children are terminated too, and none of them tidies up`, async () => {
    const [one, other] = [await node(), await node()]
    const handle = await one.run(elder, { id: 'quick' })
    while ((await one.store.find('/grandchild/quick-2-x')) === undefined);
    await other.process(handle.path).terminate('flood')
    for (const path of [handle.path, '/middle/quick-1', '/middle/quick-2', '/grandchild/quick-1-x'])
      await expectEnded(one, path, 'flood')
    expect(diary).toEqual([])
  })

  test(`${kind}: a step that never answers is told, and what it would give is not waited for`, async () => {
    const one = await node()
    const handle = await one.run(stuck, { id: '1' })
    const signal = await world.stuck.promise
    await handle.terminate('it hangs')
    await expectEnded(one, handle.path, 'it hangs')
    expect([signal?.aborted, one.running, diary]).toEqual([true, 0, []])
  })

  test(`${kind}: paused and failed processes are terminated`, async () => {
    const one = await node()
    const paused = await one.run(stubborn, { id: 'p' })
    await paused.pause()
    await reaches(one, paused.path, 'paused')
    const failed = await one.run(failing, { id: 'f' })
    await reaches(one, failed.path, 'failed')
    for (const { path } of [paused, failed]) {
      await one.process(path).terminate('tidying')
      while ((await one.process(path).status) !== 'cancelled') await new Promise((resolve) => setImmediate(resolve))
      await expectEnded(one, path, 'tidying')
    }
  })

  test(`${kind}: a process that this build cannot run is terminated all the same`, async () => {
    const old = await node()
    const handle = await old.run(waiting, { id: '1' })
    await reaches(old, handle.path, 'waiting')
    await old.stop()
    const build = await node({ processes: [poorer], park: true })
    await build.process(handle.path).terminate('nobody can run it')
    await expectEnded(build, handle.path, 'nobody can run it')
    expect(await build.store.livePrograms()).toEqual([])
  })
}
