/**
 * Random handler bodies. Programs are small and end: loops are bounded, numbers stay small, statements come out of a budget.
 * The same seed gives the same program on every machine; `shape` makes given blocks nest in each other, and be left by a
 * given way.
 */
import { makeBlock, mayStand, randomBlock } from './block.ts'
import type { Block, Context, Exit } from './context.ts'
import { odd } from './odd.ts'
import { leaf, type Piece } from './piece.ts'
import { Random } from './random.ts'
import { jump, MORE, SIMPLE } from './statement.ts'

export interface Shape {
  /** Outermost first. */
  readonly blocks: readonly Block[]
  readonly exit?: Exit
}

export function randomProgram(seed: number, shape: Shape = { blocks: [] }): Piece[] {
  const random = new Random(seed)
  const context: Context = {
    random,
    names: ['v0'],
    writable: ['v0'],
    helpers: [],
    labels: [],
    inside: [],
    depth: 0,
    concurrent: false,
    locked: false,
    shared: {
      counter: 0,
      fill: statements,
      // A program made for its shape is small otherwise.
      budget: shape.blocks.length > 0 ? 4 : 4 + random.below(14),
      fibered: new Set(),
      wanted: [...shape.blocks],
      ...(shape.exit ? { exit: shape.exit } : {}),
    },
  }
  const start = leaf('const log: any[] = []; let v0 = 1;')
  const objects = leaf(
    'const state: any = { n: 1, list: [1, 2, 3], gone: 1 }; state.self = state; const seen = new Map<number, number>();',
  )
  const body: Piece[] = []
  do body.push(...statements(context))
  while (context.shared.budget > 0)
  const end = leaf('return [log.slice(-20), v0, state.n, state.list.slice(0, 3), state.gone, [...seen]]')
  return [start, objects, ...body, end]
}

/** A few statements; in the block `of`, what the shape wants comes first. */
function statements(context: Context, of?: Block): Piece[] {
  const { shared, random } = context
  const found: Piece[] = []
  if (of === shared.last) {
    const wanted = shared.wanted.shift()
    const { exit } = shared
    if (wanted !== undefined && mayStand(context, wanted)) {
      shared.last = wanted
      found.push(makeBlock(context, wanted, true))
    } else if (wanted === undefined && exit && of !== undefined) {
      delete shared.exit
      found.push(jump(context, exit))
    }
  }
  const count = 1 + random.below(context.depth > 1 ? 2 : 3)
  for (let index = 0; index < count; index++) found.push(statement(context))
  return found
}

function statement(context: Context): Piece {
  const { random, shared } = context
  shared.budget--
  if (shared.budget <= 0 || context.depth > 4) return random.pick(SIMPLE)(context)
  const kind = random.next()
  if (kind < 0.35) return random.pick(SIMPLE)(context)
  if (kind < 0.5) return random.pick(MORE)(context)
  if (kind < 0.62) return odd(context)
  return randomBlock(context)
}
