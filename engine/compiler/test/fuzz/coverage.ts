/** Which nestings, ways out and ops the fuzzer's programs go through: by probes in a native run, and by watching the machine. */
import { runNative } from '../native.ts'
import { BLOCKS, EXITS, FUNCTIONS, WAITING, type Block, type Exit } from './context.ts'
import { fuzzSource, params } from './compare.ts'
import { printPieces } from './piece.ts'
import { randomProgram, type Shape } from './program.ts'
import { fuzzServices } from './services.ts'
import { canLeave } from './statement.ts'

/** What the program of a seed goes through natively: `outer>inner`, `break@try`, `normal@finally`. */
export async function probesOf(seed: number, shape?: Shape): Promise<Set<string>> {
  const seen = new Set<string>()
  const source = fuzzSource(printPieces(randomProgram(seed, shape), true))
  const trace: string[] = []
  await runNative(source, fuzzServices(trace, { held: 0 }), params, trace, { probe: (name: string) => seen.add(name) })
  return seen
}

export interface Wanted extends Shape {
  readonly probe: string
}

/** Blocks that stand in concurrent fibers, or beside a lock, do not hold everything. */
function mayNest(outer: Block, inner: Block): boolean {
  return !(outer === 'fanOut' && WAITING.has(inner)) && !(outer === 'lock' && inner === 'fanOut')
}

/** Every nesting of two blocks and every way out of each block: what to look for, and the shape that has it. */
export function wantedProbes(): Wanted[] {
  const nestings = BLOCKS.flatMap((outer) =>
    BLOCKS.filter((inner) => mayNest(outer, inner)).map((inner): Wanted => ({
      probe: `${outer}>${inner}`,
      blocks: [outer, inner],
    })),
  )
  const ways = BLOCKS.flatMap((block) => EXITS.flatMap((exit) => wayOut(block, exit)))
  const ends = BLOCKS.map((block): Wanted => ({ probe: `normal@${block}`, blocks: [block] }))
  return [...nestings, ...ways, ...ends]
}

/** A jump needs what it jumps out of: a loop around the block, unless the block is one. */
function wayOut(block: Block, exit: Exit): Wanted[] {
  const probe = `${exit}@${block}`
  if (canLeave([block], exit)) return [{ probe, blocks: [block], exit }]
  return FUNCTIONS.has(block) ? [] : [{ probe, blocks: ['for', block], exit }]
}
