/**
 * Whole engines, several at once on one store, single-threaded in simulated time under a seed: slow and failing commits, lost
 * wake-ups, kills and zombies. Everything random comes from the seed, so a failing seed fails again.
 */
import { createEngine, type Engine, type Process } from '@justscale/engine'
import { MemoryStore } from '@justscale/engine/memory'
import { seededEntropy, TestClock } from '@justscale/engine/testing'
import type { EngineStore, NodeOptions, StoreSession } from '../../../store/store.ts'
import { transactionalHost } from './transactional-host.ts'
import {
  adder,
  burst,
  chain,
  counter,
  expectedResults,
  family,
  fanOut,
  impatient,
  signals,
  workload,
  world,
} from './workload.ts'

/** Where tests plant faults. */
export interface Plant {
  /** Put around each session. */
  session?(session: StoreSession, store: MemoryStore): StoreSession
  /** What a node tells the store of itself. */
  node?(options: NodeOptions): NodeOptions
}

export interface SimulationOptions {
  readonly seed: number
  readonly plant?: Plant
  /** Most times a node is killed or frozen (default 6). */
  readonly kills?: number
}

export interface SimulationResult {
  readonly kills: number
  /** Broken invariants, in words; empty when all held. */
  readonly broken: readonly string[]
}

const INSTANCES = 3

/** Calls to the store in one simulation at most: a fault that makes engines spin ends in silence, and is then found. */
const CALLS = 20_000

/** An effect under its idempotency key: when it ran first, how often, and whether its argument was another one then. */
interface Effect {
  readonly text: string
  readonly at: number
  readonly count: number
  readonly changed: boolean
}

export async function simulate({ seed, plant = {}, kills: most = 6 }: SimulationOptions): Promise<SimulationResult> {
  const random = generator(seed)
  const clock = new TestClock(1_700_000_000_000)
  const store = new MemoryStore({ clock })
  const effects = new Map<string, Effect>()
  world.wait = () => sleep(random(400))
  world.record = async (key, text) => {
    const known = effects.get(key)
    effects.set(key, {
      text,
      at: known?.at ?? clock.now(),
      count: (known?.count ?? 0) + 1,
      changed: known !== undefined && (known.changed || known.text !== text),
    })
  }
  /** A step whose transaction is rolled back runs again: that one does not count. */
  const rolledBack = (key: string) => {
    const known = effects.get(key)
    if (known !== undefined) effects.set(key, { ...known, count: known.count - 1 })
  }
  const nodes: { engine: Engine; sessions: StoreSession[] }[] = []
  const transactions = new Map<string, number>()
  const committed = (key: string, place: number | undefined) => {
    transactions.set(key, (transactions.get(key) ?? 0) + 1)
    if (place !== undefined && dead.has(place)) late++
  }
  const dead = new Set<number>()
  const broken = new Set<string>()
  let kills = 0
  /** Transactions that a killed node committed after its death: each may cost an heir the turn it is in. */
  let late = 0
  let calls = 0

  function sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void clock.schedule(milliseconds, resolve))
  }

  const bounded = <Result>(call: () => Promise<Result>): Promise<Result> =>
    ++calls > CALLS ? new Promise(() => {}) : call()

  /** The question takes its time, and so does the answer. */
  async function slowly<Result>(call: () => Promise<Result>): Promise<Result> {
    await sleep(random(30))
    const result = await bounded(call)
    await sleep(random(30))
    return result
  }

  /** The store as one node sees it: slow, and with wake-ups that get lost. */
  function shaky(sessions: StoreSession[]): EngineStore {
    return over(store, {
      capabilities: { notify: true, sessions: true, terminate: true },
      async connect(given) {
        const options = plant.node?.(given) ?? given
        const onWake = () => void (random(4) > 0 && options.onWake())
        const real = await store.connect({ ...options, onWake })
        const session = plant.session?.(real, store) ?? real
        sessions.push(session)
        return over(session, {
          claim: (limit, running, most) => slowly(() => session.claim(limit, running, most)),
          claimDue: (ids, most) => slowly(() => session.claimDue(ids, most)),
          upcoming: (from, horizon, limit) => bounded(() => session.upcoming(from, horizon, limit)),
          async start(requests) {
            await sleep(random(30))
            const results = await bounded(() => session.start(requests))
            await sleep(random(30))
            if (random(8) === 0) throw new Error('the answer was lost')
            return results
          },
          emit: (signals, limit, running) => slowly(() => session.emit(signals, limit, running)),
          reload: (id) => bounded(() => session.reload(id)),
          async commit(checkpoints) {
            await sleep(random(30))
            const replaced = dead.has(real.node)
            const answers = await bounded(() => session.commit(checkpoints))
            if (replaced && answers.includes('accepted')) broken.add(`node ${real.node} wrote after it was replaced`)
            await sleep(random(30))
            if (random(25) === 0) throw new Error('the answer was lost')
            return answers
          },
        })
      },
    })
  }

  async function addNode(): Promise<void> {
    const sessions: StoreSession[] = []
    const engine = createEngine({
      store: shaky(sessions),
      processes: workload,
      host: transactionalHost({ random, sleep, rolledBack, place: () => sessions.at(-1)?.node, committed }),
      clock,
      entropy: seededEntropy(seed * 31 + nodes.length + kills),
      name: `node ${nodes.length}`,
      report() {},
    })
    await engine.start()
    nodes.push({ engine, sessions })
  }

  async function killOne(): Promise<void> {
    const index = random(nodes.length)
    const node = nodes[index]
    const session = node?.sessions.at(-1)
    if (node === undefined || session === undefined) return
    kills++
    dead.add(session.node)
    store.kill(session.node)
    // Half of them are zombies: they live on, find out, and join again.
    if (random(2) === 0) return
    nodes.splice(index, 1)
    await node.engine.stop()
    await addNode()
  }

  for (let node = 0; node < 3; node++) await addNode()
  /** Whoever loses the answer to a start asks again. */
  async function start<Given>(definition: Process<Given, unknown>, params: Given): Promise<void> {
    for (let lost = true; lost;) {
      const engine = nodes[random(nodes.length)]?.engine as Engine
      lost = await engine.run(definition, params).then(
        () => false,
        () => calls <= CALLS,
      )
    }
  }

  /** Time passes until it is done. */
  async function passing(doing: Promise<unknown> | undefined): Promise<void> {
    let open = true
    void doing?.finally(() => (open = false))
    while (open && doing !== undefined) await clock.advance(5)
    await doing
  }

  const started: Promise<void>[] = []
  for (let index = 0; index < INSTANCES; index++) {
    for (const definition of [adder, burst, chain, fanOut, family] as readonly Process<{ id: string }, unknown>[])
      started.push(start(definition, { id: `${index}` }))
    for (const definition of [counter, impatient] as readonly Process<{ counter: string }, unknown>[])
      started.push(start(definition, { counter: `${index}` }))
  }

  await passing(Promise.all(started))
  for (let amount = 1; amount <= 10; amount++) {
    for (let index = 0; index < INSTANCES; index++) {
      await passing(nodes[random(nodes.length)]?.engine.emit(signals.added, { counter: `${index}`, amount }))
    }
    // In the middle of commits as often as in the quiet between.
    await clock.advance(random(random(2) === 0 ? 60 : 3_000))
    if (kills < most && random(2) === 0) await killOne()
  }
  await clock.advance(60_000)
  // Three kills may hit one turn three times in a row: somebody then asks for another try.
  if (kills >= 3) {
    for (const { path } of await store.list({ status: ['quarantined'] })) await nodes[0]?.engine.process(path).retry()
    await clock.advance(60_000)
  }
  for (const line of await check(store, nodes[0]?.engine as Engine, effects, kills + late)) broken.add(line)
  // A killed node's transaction may commit beside its heir's here: on a database it is ended first.
  for (const [key, count] of kills === 0 ? transactions : [])
    if (count > 1) broken.add(`the transaction of ${key} was committed ${count} times`)
  if (calls > CALLS) broken.add(`the store was called more than ${CALLS} times`)
  for (const { engine } of nodes) await engine.stop()
  return { kills, broken: [...broken] }
}

async function check(
  store: MemoryStore,
  engine: Engine,
  effects: ReadonlyMap<string, Effect>,
  lost: number,
): Promise<readonly string[]> {
  const broken: string[] = []
  const results: Record<string, unknown> = {}
  for (const record of await store.list({ limit: 1_000 })) {
    if (record.status !== 'completed') {
      const why =
        record.outcome === undefined ? '' : Bun.inspect(engine.codec.decodeValue(record.outcome)).slice(0, 300)
      broken.push(`${record.path} is ${record.status} at line ${record.place.line} ${why}`)
      continue
    }
    results[record.path] = (engine.codec.decodeValue(record.outcome as Uint8Array) as { value: unknown }).value
  }
  for (let index = 0; index < INSTANCES; index++) {
    for (const [path, wanted] of Object.entries(expectedResults(`${index}`)))
      expectEqual(broken, path, results[path], wanted)
  }
  for (const [key, { text, at }] of effects) {
    const [, index, step] = /^(\d+) step ([1-4]) /.exec(text) ?? []
    if (index === undefined) continue
    const before = [...effects.values()].find((effect) => effect.text.startsWith(`${index} step ${Number(step) - 1} `))
    const pause = at - (before?.at ?? 0)
    if (pause < (Number(step) - 1) * 1_000) broken.push(`the timer before ${key} was over after ${pause} ms`)
  }
  const texts = new Map<string, number>()
  for (const [key, { text, count, changed }] of effects) {
    if (changed) broken.push(`the effect ${key} ran with other arguments`)
    if (count > 1 + lost) broken.push(`the effect ${key} ran ${count} times with ${lost} turns lost`)
    const name = text.replace(/ at random .*/, '')
    texts.set(name, (texts.get(name) ?? 0) + 1)
  }
  for (const [text, count] of texts) if (count > 1) broken.push(`the effect '${text}' ran under ${count} keys`)
  return broken
}

function expectEqual(broken: string[], name: string, found: unknown, wanted: unknown): void {
  if (!Bun.deepEquals(found, wanted))
    broken.push(`${name} gave ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`)
}

/** `random(n)`: a whole number from 0 to n - 1. */
function generator(seed: number): (below: number) => number {
  const entropy = seededEntropy(seed)
  return (below) => {
    const [a = 0, b = 0, c = 0] = entropy.bytes(3)
    return (a * 65_536 + b * 256 + c) % below
  }
}

export function over<Target extends object>(target: Target, members: Partial<Target>): Target {
  return new Proxy(target, {
    get(real, name) {
      if (Object.hasOwn(members, name)) return Reflect.get(members, name)
      const member: unknown = Reflect.get(real, name)
      return typeof member === 'function' ? member.bind(real) : member
    },
  })
}
