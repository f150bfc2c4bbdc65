/**
 * What the plugin puts in place of a handler (or of an exported routine's function): the program, and its regions as real
 * functions of the module, on the user's lines.
 */
import type { Bindings, Region } from './environment.ts'
import type { Program, ProgramDebug, StepSite } from './program.ts'

export const compiledMark: unique symbol = Symbol.for('justscale.compiled')

export interface CompiledHandler {
  readonly [compiledMark]: 1
  /** Content hash of `program`. */
  readonly hash: string
  readonly program: Program
  readonly debug: ProgramDebug
  readonly code: readonly Region[]
  /** Live bindings of the module by name (getters). */
  readonly bindings: Bindings
}

/** An exported `routine(...)`: called inside a process it becomes a call; outside it throws. */
export interface CompiledRoutine {
  (...args: never[]): Promise<unknown>
  readonly [compiledMark]: CompiledHandler
}

export function isCompiledHandler(value: unknown): value is CompiledHandler {
  return typeof value === 'object' && value !== null && (value as Partial<CompiledHandler>)[compiledMark] === 1
}

/** The compiled form of an exported routine, or `undefined` for any other value. */
export function compiledRoutine(value: unknown): CompiledHandler | undefined {
  if (typeof value !== 'function') return undefined
  const compiled = (value as unknown as Partial<CompiledRoutine>)[compiledMark]
  return compiled && isCompiledHandler(compiled) ? compiled : undefined
}

/** The routine that a step calls through a binding: `settle(x)`, or a member of it, as in `helpers.settle(x)`. */
export function routineOfStep({ binding, method }: StepSite, bindings: Bindings): CompiledHandler | undefined {
  if (binding === undefined || method === '') return undefined
  let value: unknown = bindings[binding]
  for (const key of method === undefined ? [] : method.split('.')) {
    if (typeof value !== 'function' && (typeof value !== 'object' || value === null)) return undefined
    // No getter is run for it: the step itself does that.
    value = Object.getOwnPropertyDescriptor(value, key)?.value
  }
  return compiledRoutine(value)
}
