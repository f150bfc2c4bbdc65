/** How long something is waited for. */
import { DefinitionError } from '../errors.ts'

/** Milliseconds that timers and storages take, 24 days: more, `Infinity` too, is as long. */
const LONGEST = 2_147_483_647

/** Milliseconds as given, if they are a time to wait. Throws `DefinitionError` naming `what` was given. */
export function waitTime(what: string, given: number): number {
  if (typeof given === 'number' && given >= 0) return Math.min(given, LONGEST)
  throw new DefinitionError(`${what} must be milliseconds from 0, got ${given}`)
}
