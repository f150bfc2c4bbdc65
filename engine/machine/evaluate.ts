/** Calls a native region. */
import type { Bindings } from '../program/environment.ts'
import type { Frame } from '../program/state.ts'
import { primitives } from './primitives.ts'
import { programOf, type Run } from './run-context.ts'

export function evaluate(run: Run, frame: Frame, code: number, bindings?: Bindings): unknown {
  const loaded = programOf(run, frame)
  const region = loaded.code[code]
  if (!region) throw new Error(`Program ${loaded.hash} has no region ${code}`)
  return region(frame.slots, run.env.dependencies, bindings ?? loaded.bindings, primitives(run.env))
}
