/** What a random program knows where its next statement goes: names in reach, the blocks around, how much may come. */
import type { Piece } from './piece.ts'
import type { Random } from './random.ts'

export interface Context {
  readonly random: Random
  /** Readable names. */
  readonly names: string[]
  readonly writable: string[]
  readonly helpers: string[]
  /** Labels of loops around, in this function, with the depth in `inside` they are at. */
  readonly labels: readonly { readonly name: string; readonly depth: number; readonly loop: boolean }[]
  /** Blocks around, in this function, outermost first. */
  readonly inside: readonly Block[]
  /** Depth in `inside` of the nearest loop, and of the nearest loop or switch. */
  readonly loop?: number
  readonly breakable?: number
  readonly depth: number
  /** In a fiber beside others: no writes outside of it, no waits, nothing that depends on who is first. */
  readonly concurrent: boolean
  /** In a lock block: no fibers. */
  readonly locked: boolean
  readonly shared: {
    counter: number
    /** A few statements, for the body of the block `of`. */
    readonly fill: (context: Context, of?: Block) => Piece[]
    /** Statements still to come. */
    budget: number
    /** Helpers that start fibers. */
    readonly fibered: Set<string>
    /** Blocks to nest into one another first, each in the one before, which is `last`. */
    readonly wanted: Block[]
    last?: Block
    /** Way to leave the innermost of these. */
    exit?: Exit
  }
}

export const BLOCKS = [
  'if',
  'else',
  'for',
  'forOf',
  'forIn',
  'forAwait',
  'while',
  'doWhile',
  'block',
  'try',
  'catch',
  'finally',
  'case',
  'helper',
  'fanOut',
  'retry',
  'using',
  'lock',
  'race',
  'listen',
] as const

export type Block = (typeof BLOCKS)[number]

export const EXITS = ['break', 'continue', 'break label', 'continue label', 'return', 'throw'] as const

export type Exit = (typeof EXITS)[number]

/** Blocks that are functions: jumps do not leave them. */
export const FUNCTIONS: ReadonlySet<Block> = new Set(['helper', 'fanOut', 'retry'])

/** Blocks with waits, which a concurrent fiber goes without. */
export const WAITING: ReadonlySet<Block> = new Set(['race', 'listen', 'lock', 'retry', 'using', 'helper', 'fanOut'])

export function fresh(context: Context, prefix: string): string {
  context.shared.counter++
  return `${prefix}${context.shared.counter}`
}

/** The context in a block. */
export function within(context: Context, block: Block, changes: Partial<Context> = {}): Context {
  const isFunction = FUNCTIONS.has(block)
  const { loop: _loop, breakable: _breakable, ...rest } = context
  const inside = isFunction ? [block] : [...context.inside, block]
  return {
    ...(isFunction ? { ...rest, labels: [] } : context),
    names: [...context.names],
    writable: [...context.writable],
    helpers: [...context.helpers],
    depth: context.depth + 1,
    inside,
    ...changes,
  }
}
