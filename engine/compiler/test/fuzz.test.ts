/**
 * A fixed number of random programs, natively, durably, and durably with a crash at every stop; the proof that they go
 * through everything; and the proof that this finds something: each planted bug is found among them. `FUZZ_PROGRAMS` and
 * `FUZZ_SEED` make it longer and other (the long run is `fuzz.soak.ts`); a failure prints its seed and what is left of the
 * program when everything irrelevant is taken away.
 */
import { describe, expect, test } from 'bun:test'
import type { Op } from '../../program/op.ts'
import { awaitPlaces, WANTED_PLACES } from './fuzz/await-places.ts'
import { compareSeed, reduced, sourceOfSeed } from './fuzz/compare.ts'
import { probesOf, wantedProbes } from './fuzz/coverage.ts'
import { planted } from './fuzz/planted.ts'
import type { Shape } from './fuzz/program.ts'

const PROGRAMS = Number(process.env['FUZZ_PROGRAMS'] ?? 75)
const SEED = Number(process.env['FUZZ_SEED'] ?? 1)

/** Ops that the random programs ran. */
const ops = new Set<string>()

/** Whether the program ended normally. */
async function expectSame(seed: number, shape?: Shape, onOp?: (op: Op) => void): Promise<boolean> {
  const { same, native, durable } = await compareSeed(seed, shape, onOp ? { onOp } : {})
  if (!same) {
    const small = await reduced(seed, shape)
    expect({ seed, shape, small, ...durable }).toEqual({ seed, shape, small, ...native })
    expect.unreachable(`Seed ${seed} holds a lock at its end:\n${small}`)
  }
  return native.error === undefined
}

test(`${PROGRAMS} random programs do natively and durably the same, and most end normally`, async () => {
  let normal = 0
  const onOp = (op: Op): unknown => ops.add('exits' in op && op.exits ? 'exec with exits' : op.op)
  for (let seed = SEED; seed < SEED + PROGRAMS; seed++) if (await expectSame(seed, undefined, onOp)) normal++
  expect(normal / PROGRAMS).toBeGreaterThan(0.7)
}, 600_000)

test('every block in every block, and every way out of each, is gone through', async () => {
  const SEEDS = 40
  const seen = new Set<string>()
  for (const wanted of wantedProbes()) {
    for (let seed = 1; seed <= SEEDS && !seen.has(wanted.probe); seed++) {
      const probes = await probesOf(seed, wanted)
      if (!probes.has(wanted.probe)) continue
      for (const each of probes) seen.add(each)
      await expectSame(seed, wanted)
    }
    expect([...seen]).toContain(wanted.probe)
  }
}, 120_000)

test('awaits stand in every place that may hold one', () => {
  const places = new Set<string>()
  for (let seed = 1; seed <= 600; seed++) for (const place of awaitPlaces(sourceOfSeed(seed))) places.add(place)
  expect(WANTED_PLACES.filter((each) => !places.has(each))).toEqual([])
})

test('they run every op', () => {
  const wanted = [
    'exec',
    'exec with exits',
    'jump',
    'jumpIf',
    'await',
    'wait',
    'race',
    'listen',
    'call',
    'spawn',
    'spawnEach',
    'join',
    'acquire',
    'release',
    'return',
    'throw',
    'endFinally',
  ]
  expect(wanted.filter((each) => !ops.has(each))).toEqual([])
})

/** Where a planted bug is looked for: any program, then those in which a lock is held over a race. */
const SEARCHED: readonly (readonly [shape: Shape | undefined, seeds: number])[] = [
  [undefined, 60],
  [{ blocks: ['lock', 'race'] }, 20],
]

describe('a planted bug is found', () => {
  test.each(Object.entries(planted))(
    '%s',
    async (_name, mutate) => {
      for (const [shape, seeds] of SEARCHED) {
        for (let seed = SEED; seed < SEED + seeds; seed++)
          if (!(await compareSeed(seed, shape, { mutate })).same) return
      }
      expect.unreachable('No program shows it')
    },
    60_000,
  )
})
