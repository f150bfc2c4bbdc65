/** The value of a slice as it is injected: a read-only view of the current one, so that a change reaches whoever holds it. */

import { copyValue, freezeValue } from '../model/compound-value.ts'
import type { SourcesOfKeys } from './define-config.ts'

type Values = Readonly<Record<string, unknown>>

/** The part that changes a view. */
export interface LiveSlice {
  readonly view: object
  value: Values
  readonly sources: SourcesOfKeys
}

const printing = ['toJSON', Symbol.for('nodejs.util.inspect.custom')]

const slices = new WeakMap<object, LiveSlice>()

export interface LiveValueOptions {
  /** Logs and JSON say `[secret]` instead of the values. */
  readonly secret: boolean
  readonly sources: SourcesOfKeys
}

/** A frozen view whose members read the slice's current value. */
export function liveValue(value: Values, names: readonly string[], { secret, sources }: LiveValueOptions): object {
  const view = {}
  if (secret) for (const print of printing) Object.defineProperty(view, print, { value: () => '[secret]' })
  const slice: LiveSlice = { view, value: frozenValues(value), sources }
  for (const name of names) Object.defineProperty(view, name, { enumerable: true, get: () => slice.value[name] })
  slices.set(view, slice)
  return Object.freeze(view)
}

/** A copy, frozen all the way down: what is injected is shared by everybody. Instances of classes stay as they are. */
export function frozenValues(value: Values): Values {
  return freezeValue(copyValue({ ...value }) as Values)
}

/** The slice behind an injected value. */
export function liveSlice(view: object): LiveSlice | undefined {
  return slices.get(view)
}
