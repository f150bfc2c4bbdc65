/**
 * One fuzz case: the same program natively, durably with the memory dropped at every stop, and durably with everything that
 * happens lost once and made again, as after a crash.
 */
import { createValueCodec } from '../../../value/create-codec.ts'
import type { Op } from '../../../program/op.ts'
import type { Program } from '../../../program/program.ts'
import { Answers } from '../answers.ts'
import { compileSource, driveProgram, type Outcome } from '../driver.ts'
import { runNative } from '../native.ts'
import { printPieces, type Piece } from './piece.ts'
import { randomProgram, type Shape } from './program.ts'
import { fuzzServices, type Locks } from './services.ts'

const codec = createValueCodec()
export const params = { id: 'x' }

export function fuzzSource(body: string): string {
  return `import { createProcess, race, signal, listen, delay, retry, transaction } from '@justscale/core/process'; import { KnownError } from './known-error.ts'
function bound(value: any): number { return (typeof value === 'number' && value === value ? value : 7) % 1000 }
function joined(texts: any, ...values: any[]): number { return texts.join('').length + bound(values[0]) }
function settled(list: any[]): any[] { return list.map((each) => each.status === 'fulfilled' ? each.value : String(each.reason.message)) }
export const p = createProcess({ path: '/fuzz/:id', async handler({ svc, sig }: any, { id }: any) {
${body}
} })
`
}

export function sourceOfSeed(seed: number, shape?: Shape): string {
  return fuzzSource(printPieces(randomProgram(seed, shape)))
}

export interface Comparison {
  readonly same: boolean
  readonly native: Outcome
  /** The run that differs, or the first. */
  readonly durable: Outcome
}

export interface CompareOptions {
  /** Plants a bug into the program. */
  readonly mutate?: (program: Program) => Program
  /** Told of every op that runs. */
  readonly onOp?: (op: Op) => void
}

export async function compareSeed(seed: number, shape?: Shape, options?: CompareOptions): Promise<Comparison> {
  return compare(sourceOfSeed(seed, shape), options)
}

export async function compare(source: string, options: CompareOptions = {}): Promise<Comparison> {
  const trace: string[] = []
  const native = await runNative(source, fuzzServices(trace, { held: 0 }), params, trace)
  const ordered = !/Promise\.|beside/.test(source)
  const compiled = compileSource(source, undefined, options.mutate)
  const run = async (crash: boolean): Promise<[Outcome, boolean]> => {
    const calls: string[] = []
    const locks: Locks = { held: 0 }
    const made = await driveProgram(compiled, {
      services: fuzzServices(calls, locks),
      answer: new Answers().answer,
      params,
      trace: calls,
      durable: codec,
      ...(crash ? { crash } : {}),
      ...options,
    }).catch((error: unknown): Outcome => ({
      result: undefined,
      error: `engine: ${String(error)}`,
      trace: calls,
      published: [],
    }))
    return [made, isSame(native, made, ordered) && locks.held === 0]
  }
  const [plain, same] = await run(false)
  if (!same) return { same, native, durable: plain }
  const [crashed, stillSame] = await run(true)
  return { same: stillSame, native, durable: stillSame ? plain : crashed }
}

/** Errors of the language are worded by the names in the code, so only their kind counts. */
function isSame(a: Outcome, b: Outcome, ordered: boolean): boolean {
  const kind = (error: string | undefined): string | undefined =>
    error && /^(Type|Reference|Range)Error/.test(error) ? error.split(':')[0] : error
  const calls = ({ trace }: Outcome): readonly string[] => (ordered ? trace : trace.toSorted())
  return (
    kind(a.error) === kind(b.error) && JSON.stringify([a.result, calls(a)]) === JSON.stringify([b.result, calls(b)])
  )
}

/** Takes pieces away for as long as the program still fails. */
export async function reduce(pieces: Piece[], fails: (source: string) => Promise<boolean>): Promise<string> {
  for (let changed = true; changed;) {
    changed = false
    for (const list of bodies(pieces)) {
      for (let index = list.length - 1; index >= 0; index--) {
        const [removed] = list.splice(index, 1)
        if (await fails(fuzzSource(printPieces(pieces))).catch(() => false)) changed = true
        else list.splice(index, 0, removed as Piece)
      }
    }
  }
  return printPieces(pieces)
}

function bodies(pieces: Piece[]): Piece[][] {
  return [pieces, ...pieces.flatMap((each) => [...bodies(each.body), ...each.more.flatMap((one) => bodies(one.body))])]
}

/** What is left of a program that differs, as the handler's body. */
export async function reduced(seed: number, shape?: Shape): Promise<string> {
  return reduce(randomProgram(seed, shape), async (source) => {
    const again = await compare(source)
    // What was taken away must not be what a name was declared by.
    return !again.same && !/SyntaxError|before initialization|is not defined/.test(JSON.stringify(again.native))
  })
}
