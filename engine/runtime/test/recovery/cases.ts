/**
 * Bugs that other engines had when they recovered, as cases: `recoveryCases('memory', open)`. On real time: what has to
 * happen in between is waited for, never slept for.
 */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { createEngine, type Engine, type EngineEvent } from '@justscale/engine'
import type { EngineStore, NodeOptions, StoreSession } from '../../../store/store.ts'
import { over } from '../simulation/simulation.ts'
import { definitions, signals, world } from './processes.ts'

export interface RecoveryStores {
  /** A store of the same cluster, for one more node. */
  store(): EngineStore
  /** Ends a node as `kill -9` would, as far as the store can tell; the node itself is told nothing. */
  kill(session: StoreSession): Promise<void>
  close(): Promise<void>
}

interface Node {
  readonly engine: Engine
  readonly events: EngineEvent[]
  readonly definitions: ReturnType<typeof definitions>
  session(): StoreSession
}

interface NodeChanges {
  /** What it calls itself. */
  readonly name?: string
  /** It does not learn that it was replaced. */
  readonly deaf?: boolean
  session?(session: StoreSession): StoreSession
}

export function recoveryCases(kind: string, open: () => Promise<RecoveryStores>): void {
  let stores: RecoveryStores
  let nodes: Node[] = []

  beforeEach(async () => {
    world.ran.length = 0
    world.steps.clear()
    stores = await open()
  })

  afterEach(async () => {
    for (const { engine } of nodes) await engine.stop()
    nodes = []
    await stores.close()
  })

  async function node(name: string, changes: NodeChanges = {}): Promise<Node> {
    const sessions: StoreSession[] = []
    const real = stores.store()
    const store = over(real, {
      connect: async (options: NodeOptions) => {
        const session = await real.connect(changes.deaf ? { ...options, onLost() {} } : options)
        sessions.push(session)
        return changes.session?.(session) ?? (changes.deaf ? deafened(session) : session)
      },
    })
    const made = definitions(name)
    const events: EngineEvent[] = []
    const engine = createEngine({
      store,
      processes: Object.values(made),
      name: changes.name ?? name,
      poll: 50,
      report: (event) => void events.push(event),
    })
    const added = { engine, events, definitions: made, session: () => sessions.at(-1) as StoreSession }
    nodes.push(added)
    await engine.start()
    return added
  }

  /** Answers nothing but commits once it was replaced: its node has no way to notice. */
  function deafened(session: StoreSession): StoreSession {
    const unlessLost = async <Answer>(asked: Promise<Answer>): Promise<Answer> =>
      asked.catch(() => new Promise<never>(() => {}))
    return over(session, {
      claim: (limit, running, most) => unlessLost(session.claim(limit, running, most)),
      emit: (signals, limit, running) => unlessLost(session.emit(signals, limit, running)),
      reload: (id) => unlessLost(session.reload(id)),
      claimDue: (ids, most) => unlessLost(session.claimDue(ids, most)),
      upcoming: (from, horizon, limit) => unlessLost(session.upcoming(from, horizon, limit)),
    })
  }

  /** Resolves once a step with this text was begun so often; the step then waits for `release`. */
  function held(text: string, give?: (engine: string) => string) {
    const begun: string[] = []
    const waiting: { readonly count: number; readonly resolve: () => void }[] = []
    const { promise, resolve: release } = Promise.withResolvers<void>()
    world.steps.set(text, async (engine) => {
      begun.push(engine)
      for (const { count, resolve } of waiting) if (begun.length >= count) resolve()
      // Only the first waits: whoever takes over goes on.
      if (begun.length === 1) await promise
      return give?.(engine) ?? text
    })
    const times = (count: number) =>
      begun.length >= count ? Promise.resolve() : new Promise<void>((resolve) => void waiting.push({ count, resolve }))
    return { times, release, begun }
  }

  const of = (text: string) => world.ran.filter((line) => line.endsWith(` ${text}`))

  test(`${kind}: who was replaced in the middle of a step and who continued it give the same result`, async () => {
    const zombie = await node('zombie', { deaf: true })
    const step = held('x only', (engine) => `drawn by ${engine}`)
    const handle = await zombie.engine.run(zombie.definitions.single, { id: 'x' })
    await step.times(1)
    const heir = await node('heir')
    await stores.kill(zombie.session())
    expect(await heir.engine.process(handle.path).result).toBe('drawn by heir')
    step.release()
    await Promise.resolve()
    expect(await handle.result).toBe('drawn by heir')
    expect(of('x only')).toEqual(['zombie x only', 'heir x only'])
  })

  test(`${kind}: of two nodes that see the same one die, each process is continued by one`, async () => {
    const victim = await node('victim')
    const steps = Array.from({ length: 12 }, (_, id) => held(`${id} two`))
    const handles = await Promise.all(
      steps.map((_, id) => victim.engine.run(victim.definitions.three, { id: `${id}` })),
    )
    await Promise.all(steps.map((step) => step.times(1)))
    const [one] = [await node('one'), await node('other')]
    await stores.kill(victim.session())
    await victim.engine.stop()
    for (const [id, handle] of handles.entries()) {
      const result = one?.engine.process(handle.path).result
      expect(await result).toEqual([`${id} one`, `${id} two`, `${id} three`])
    }
    for (const [id, step] of steps.entries()) {
      expect([step.begun, of(`${id} one`).length, of(`${id} three`).length]).toEqual([
        ['victim', expect.stringMatching(/one|other/)],
        1,
        1,
      ])
    }
  })

  test(`${kind}: nodes of one name replace each other one by one, and nothing is stranded or runs twice`, async () => {
    let old = await node('first', { name: 'worker' })
    const steps: ReturnType<typeof held>[] = []
    for (const round of ['second', 'third']) {
      const id = `before ${round}`
      const step = held(`${id} two`)
      steps.push(step)
      await old.engine.run(old.definitions.three, { id })
      await step.times(1)
      const next = await node(round, { name: 'worker' })
      const drained = old.engine.drain()
      step.release()
      await drained
      old = next
    }
    for (const round of ['second', 'third']) {
      const id = `before ${round}`
      const path = `/three/${encodeURIComponent(id)}`
      expect(await old.engine.process(path).result).toEqual([`${id} one`, `${id} two`, `${id} three`])
      for (const name of ['one', 'two', 'three']) expect(of(`${id} ${name}`)).toHaveLength(1)
    }
  })

  test(`${kind}: a process between two recorded steps goes on, and does not block a queue of one`, async () => {
    const victim = await node('victim', {
      // It dies right after the first step is recorded, before the second begins.
      session: (session) =>
        over(session, {
          commit: async (checkpoints) => {
            const answers = await session.commit(checkpoints)
            if (of('a one').length > 0) dead.resolve()
            return of('a one').length > 0 ? new Promise(() => {}) : answers
          },
        }),
    })
    const dead = Promise.withResolvers<void>()
    await victim.engine.run(victim.definitions.queued, { id: 'a' })
    await dead.promise
    for (const id of ['b', 'c']) await victim.engine.run(victim.definitions.queued, { id })
    const heir = await node('heir')
    await stores.kill(victim.session())
    await victim.engine.stop()
    for (const id of ['a', 'b', 'c']) expect(await heir.engine.process(`/queued/${id}`).result).toBe(`${id} two`)
    expect([of('a one'), of('a two')]).toEqual([['victim a one'], ['heir a two']])
  })

  test(`${kind}: a claim whose answer is lost loses nothing`, async () => {
    let lost = 0
    const shaky = await node('shaky', {
      session: (session) =>
        over(session, {
          // What it starts is not its own to run: it has to claim it.
          start: async (requests) =>
            (await session.start(requests)).map(({ id, created, shard }) => ({ id, created, shard })),
          claim: async (limit, running, most) => {
            const claimed = await session.claim(limit, running, most)
            if (claimed.length > 0 && lost++ < 2) {
              throw Object.assign(new Error('the answer was lost'), { code: 'SQL_CONNECTION' })
            }
            return claimed
          },
        }),
    })
    // Started by somebody who runs nothing, so that they have to be claimed.
    const { single } = definitions('starter')
    const starter = createEngine({ store: stores.store(), processes: [single], report() {} })
    const ids = ['a', 'b', 'c']
    const handles = await Promise.all(ids.map((id) => starter.run(single, { id })))
    for (const [at, id] of ids.entries()) {
      expect(await shaky.engine.process(handles[at]?.path ?? '').result).toBe(`${id} only`)
    }
    expect(lost).toBeGreaterThanOrEqual(2)
    expect(world.ran.toSorted()).toEqual(['shaky a only', 'shaky b only', 'shaky c only'])
  })

  for (const first of ['the signal', 'the time']) {
    test(`${kind}: of two arms that became ready while nobody ran, the earlier wins: ${first}`, async () => {
      const before = await node('before')
      const { store } = before.engine
      const handle = await before.engine.run(before.definitions.bell, {
        bell: 'b',
        patience: first === 'the time' ? '300' : '1500',
      })
      const stored = async () => await store.load((await store.find(handle.path))?.id ?? '')
      await until(async () => ((await stored())?.timers.size ?? 0) > 0)
      await before.engine.stop()
      const [due = 0] = (await stored())?.timers.values() ?? []
      const isOver = async () => (await store.now()) > due
      if (first === 'the time') await until(isOver)
      await before.engine.emit(signals.pressed, { bell: 'b' })
      const arrived = (await stored())?.inbox[0]?.at ?? 0
      await until(isOver)
      const after = await node('after')
      const expected = arrived < due ? 'pressed' : 'too late'
      expect(await after.engine.process(handle.path).result).toBe(expected)
      if (first === 'the time') expect(expected).toBe('too late')
    })
  }

  test(`${kind}: a webhook that answers before its wait is reached is heard`, async () => {
    const asking = await node('asking')
    world.steps.set('request', async () => {
      await asking.engine.emit(signals.answered, { request: 'request of q', text: 'yes' })
      return ''
    })
    const handle = await asking.engine.run(asking.definitions.asking, { id: 'q' })
    expect(await handle.result).toBe('yes')
  })
}

/** Asks until it is so, and lets everything else run in between. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise<void>((resolve) => setImmediate(resolve))
}
