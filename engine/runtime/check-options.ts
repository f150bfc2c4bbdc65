/** Numbers that an engine could not work with, told where it is made instead of by an engine that does nothing. */
import { EngineOptionsError } from '../errors.ts'
import type { EngineOptions } from './engine-type.ts'

/** Throws `EngineOptionsError`. */
export function checkOptions({ concurrency, poll, stuck, limits = {} }: EngineOptions): void {
  atLeast('concurrency', concurrency, 1, 'process')
  atLeast('poll', poll, 1, 'millisecond')
  atLeast('stuck', stuck, 1_000, 'milliseconds')
  atLeast('limits.warning', limits.warning, 0, 'bytes')
  atLeast('limits.error', limits.error, 1, 'byte')
  atLeast('limits.inbox', limits.inbox, 1, 'signal')
}

/** `Infinity` is a number like others, `NaN` is less than all. */
function atLeast(name: string, value: number | undefined, least: number, unit: string): void {
  if (value === undefined || value >= least) return
  throw new EngineOptionsError(`${name} is ${value}: it takes ${least} ${unit} at least`)
}
