/** One fuzz case: the same random program natively and durably; and the reducer, which makes a failing one small. */
import { createValueCodec } from '../../value/create-codec.ts'
import type { Program } from '../../program/program.ts'
import { Answers, signals } from './answers.ts'
import { drive, type Outcome } from './driver.ts'
import { runNative } from './native.ts'
import { printPieces, randomProgram, type Piece } from './random-program.ts'
import { tracingServices } from './services.ts'

const codec = createValueCodec()

export function fuzzSource(body: string): string {
  return `import { createProcess, race, signal, listen, delay } from '@justscale/core/process'
function bound(value: any): number { return (typeof value === 'number' && value === value ? value : 7) % 1000 }
export const p = createProcess({ path: '/fuzz/:id', async handler({ svc, sig }: any, { id }: any) {
${body}
} })
`
}

export interface Comparison {
  readonly same: boolean
  readonly native: Outcome
  readonly durable: Outcome
}

/** `mutate` plants a bug into the program. */
export async function compare(source: string, mutate?: (program: Program) => Program): Promise<Comparison> {
  const params = { id: 'x' }
  const [nativeTrace, durableTrace]: [string[], string[]] = [[], []]
  const native = await runNative(
    source,
    { ...tracingServices(nativeTrace), sig: signals as never },
    params,
    nativeTrace,
  )
  const durable = await drive(source, {
    services: { ...tracingServices(durableTrace), sig: signals as never },
    answer: new Answers().answer,
    params,
    trace: durableTrace,
    durable: codec,
    ...(mutate ? { mutate } : {}),
  }).catch((error: unknown): Outcome => ({
    result: undefined,
    error: `engine: ${String(error)}`,
    trace: durableTrace,
    published: [],
  }))
  return { same: isSame(native, durable), native, durable }
}

/** Errors of the language are worded by the names in the code, so only their kind counts. */
function isSame(a: Outcome, b: Outcome): boolean {
  const kind = (error: string | undefined): string | undefined =>
    error && /^(Type|Reference|Range)Error/.test(error) ? error.split(':')[0] : error
  return (
    kind(a.error) === kind(b.error) &&
    JSON.stringify([a.result, a.trace.toSorted()]) === JSON.stringify([b.result, b.trace.toSorted()])
  )
}

/** Takes pieces away for as long as the program still fails. */
export async function reduce(seed: number, fails: (source: string) => Promise<boolean>): Promise<string> {
  const pieces = randomProgram(seed)
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

export function sourceOfSeed(seed: number): string {
  return fuzzSource(printPieces(randomProgram(seed)))
}
