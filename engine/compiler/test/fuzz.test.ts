/**
 * A fixed number of random programs, natively and durably; and the proof that this finds something: each planted bug is
 * found among them. `FUZZ_PROGRAMS` and `FUZZ_SEED` make it longer and other; a failure prints its seed and what is left of
 * the program when everything irrelevant is taken away.
 */
import { describe, expect, test } from 'bun:test'
import { transform } from '../index.ts'
import { compare, fuzzSource, reduce, sourceOfSeed } from './fuzz.ts'
import { planted } from './planted.ts'

const PROGRAMS = Number(process.env['FUZZ_PROGRAMS'] ?? 75)
const SEED = Number(process.env['FUZZ_SEED'] ?? 1)

test(`${PROGRAMS} random programs do natively and durably the same`, async () => {
  let normal = 0
  for (let seed = SEED; seed < SEED + PROGRAMS; seed++) {
    const { same, native } = await compare(sourceOfSeed(seed))
    if (native.error === undefined) normal++
    if (same) continue
    const small = await reduce(seed, async (source) => {
      const again = await compare(source)
      return !again.same && !/^(Syntax|Reference)Error/.test(again.native.error ?? '')
    })
    const { native: expected, durable: actual } = await compare(fuzzSource(small))
    expect({ seed, small, ...actual }).toEqual({ seed, small, ...expected })
  }
  expect(normal / PROGRAMS).toBeGreaterThan(0.7)
}, 600_000)

test('the programs use every op, and every kind of row', () => {
  const seen = new Set<string>()
  for (let seed = SEED; seed < SEED + 40; seed++) {
    const program = transform('/app/fuzz.ts', sourceOfSeed(seed))?.programs[0]?.program
    for (const op of program?.ops ?? []) seen.add('exits' in op && op.exits ? 'exec with exits' : op.op)
    for (const row of program?.cleanup ?? []) seen.add(row.kind)
  }
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
    'spawnEach',
    'join',
    'acquire',
    'release',
    'return',
    'endFinally',
    'catch',
    'finally',
    'using',
  ]
  expect(wanted.filter((each) => !seen.has(each))).toEqual([])
})

describe('a planted bug is found', () => {
  test.each(Object.entries(planted))(
    '%s',
    async (_name, mutate) => {
      for (let seed = SEED; seed < SEED + 60; seed++) {
        if (!(await compare(sourceOfSeed(seed), mutate)).same) return
      }
      expect.unreachable('No program shows it')
    },
    60_000,
  )
})
