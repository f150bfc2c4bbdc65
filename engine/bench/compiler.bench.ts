/**
 * What compiled code costs without a store: `bun engine/bench/compiler.bench.ts`. Prints ns per instruction and of a native
 * region against the same code in plain functions, compile time of a file (cold, warm, from the disk cache), time and bytes
 * of a suspension, and bytes written per step of a loop over 10 and over 10,000 stored items.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { transform } from '../compiler/index.ts'
import { advance, createState, instantiate, markDurable, pendingEffects, restore, snapshot } from '../machine/index.ts'
import { compileCached } from '../plugin/cache.ts'
import type { Environment, LoadedProgram } from '../program/environment.ts'
import type { Effect, MachineState } from '../program/state.ts'
import { createValueCodec } from '../value/create-codec.ts'
import type { Snapshot } from '../value/codec.ts'

const codec = createValueCodec()

interface Bench {
  readonly env: Environment
  readonly program: LoadedProgram
  readonly state: MachineState
  effects: Effect[]
}

function source(body: string): string {
  return `import { defineProcess } from '@justscale/engine'
export const p = defineProcess({ path: '/bench/:id', async handler({ svc }: any, { id }: any) { ${body} } })
`
}

function start(body: string): Bench {
  const first = transform('/app/bench.ts', source(body))?.programs[0]
  if (!first) throw new Error('Nothing to compile')
  const env: Environment = {
    dependencies: { svc: {} },
    isRead: () => false,
    program: () => program,
    adopt: () => program,
    host: { currentStep: () => undefined, transaction: () => undefined, retryDelay: () => undefined },
  }
  const program = instantiate(
    first.program,
    first.hash,
    () => undefined,
    () => env,
  )
  const state = createState(first.hash, { id: 'x' })
  return { env, program, state, effects: advance(state, env, [{ kind: 'start' }]) }
}

/** Answers the call that the process makes now. */
function answer(bench: Bench, value: unknown): void {
  markDurable(bench.state)
  bench.effects = advance(bench.state, bench.env, [{ kind: 'outcome', fiber: 0, outcome: { kind: 'returned', value } }])
}

function millis(body: () => void): number {
  const from = Bun.nanoseconds()
  body()
  return (Bun.nanoseconds() - from) / 1e6
}

/** The least of several runs: what other programs of the machine take is no part of it. */
function least(rounds: number, body: () => void): number {
  return Math.min(...Array.from({ length: rounds }, () => millis(body)))
}

function say(what: string, value: number, unit: string): void {
  console.log(`${what.padEnd(64)} ${value.toFixed(value < 10 ? 2 : 0).padStart(9)} ${unit}`)
}

const STEPS = 20_000
function steps(): void {
  const time = least(10, () => {
    const bench = start(`let n = 0; while (n < ${STEPS}) n = await svc.next(n); return n`)
    for (let n = 1; n <= STEPS; n++) answer(bench, n)
  })
  say('one step in memory: call, outcome, loop turn (4 instructions)', (time * 1e6) / STEPS, 'ns')
  say('one instruction of it', (time * 1e6) / STEPS / 4, 'ns')
}

const TURNS = 1_000_000
const WORK = `let sum = 0; for (let i = 0; i < ${TURNS}; i++) { sum = (sum + i * 7) % 1000003 } return sum`
function regions(): void {
  // oxlint-disable-next-line typescript/no-implied-eval -- the same code as a plain function
  const plain = new Function(WORK) as () => number
  const [times, plainly]: [number[], number[]] = [[], []]
  for (let round = 0; round < 10; round++) {
    times.push(millis(() => void start(`${WORK}; await svc.never()`)))
    plainly.push(millis(() => void plain()))
  }
  say('native region, per turn of a loop over locals', (Math.min(...times) * 1e6) / TURNS, 'ns')
  say('the same in a plain function', (Math.min(...plainly) * 1e6) / TURNS, 'ns')
}

const LINES = 100
function compiling(): void {
  const body = Array.from(
    { length: LINES },
    (_each, index) =>
      `const v${index} = await svc.call(${index}, id)\nif (v${index} > 3) { await svc.more(v${index}) }`,
  ).join('\n')
  const text = source(`${body}\nreturn 1`)
  say(
    'file of 200 awaits: compiled the first time in this process',
    millis(() => void transform('/app/big.ts', text)),
    'ms',
  )
  const warm = least(10, () => void transform('/app/big.ts', text))
  say('the same, warm', warm, 'ms')
  const cache = mkdtempSync(join(tmpdir(), 'justscale-bench-'))
  compileCached('/app/big.ts', text, { cache })
  const cached = least(10, () => void compileCached('/app/big.ts', text, { cache }))
  say('the same, from the disk cache', cached, 'ms')
  rmSync(cache, { recursive: true })
}

const SUSPENSIONS = 1_000
function suspensions(): void {
  const bench = start(`const order = await svc.order(); let n = 0; while (true) n = (await svc.next(order.total)) + n`)
  answer(bench, {
    id: 'o-1',
    total: 12,
    lines: [
      { sku: 'a', count: 2 },
      { sku: 'b', count: 1 },
    ],
    at: new Date(0),
  })
  let size = 0
  const stored = least(10, () => {
    for (let n = 0; n < SUSPENSIONS; n++) {
      const { head, roots } = snapshot(bench.state, bench.env)
      size = JSON.stringify(head).length + codec.encode(roots).size
    }
  })
  say('suspension: snapshot and encoding of a small frame', (stored * 1e3) / SUSPENSIONS, 'µs')
  say('its bytes (head and values)', size, 'bytes')
  const { head, roots } = snapshot(bench.state, bench.env)
  const values = codec.encode(roots).snapshot
  const resumed = least(10, () => {
    for (let n = 0; n < SUSPENSIONS; n++) pendingEffects(restore(head, codec.decode(values), bench.env), bench.env)
  })
  say('resume: decoding, restoring, the pending call', (resumed * 1e3) / SUSPENSIONS, 'µs')
}

const LOOP_STEPS = 9
function loops(): void {
  for (const count of [10, 10_000]) {
    const bench = start('const items = await svc.items(); for (const item of items) await svc.use(item.sku)')
    answer(
      bench,
      Array.from({ length: count }, (_each, index) => ({ sku: `sku-${index % 10}`, count: 1 })),
    )
    let previous: Snapshot | undefined
    let written = 0
    for (let step = 0; step <= LOOP_STEPS; step++) {
      const { head, roots } = snapshot(bench.state, bench.env)
      const encoded = codec.encode(roots, previous)
      const parts = encoded.written.map((part) => encoded.snapshot.parts.get(part)?.length ?? 0)
      if (step > 0) written += JSON.stringify(head).length + parts.reduce((sum, each) => sum + each, 0)
      previous = encoded.snapshot
      if (step < LOOP_STEPS) answer(bench, undefined)
    }
    say(`bytes written per step of a loop over ${count} stored items`, written / LOOP_STEPS, 'bytes')
  }
}

compiling()
steps()
regions()
suspensions()
loops()
