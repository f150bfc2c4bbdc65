/** The value of a slice as it is injected: a read-only view of the current one, so that a change reaches whoever holds it. */

/** The part that changes a view. */
export interface LiveSlice {
  readonly view: object
  value: Readonly<Record<string, unknown>>
}

const slices = new WeakMap<object, LiveSlice>()

/** A frozen view whose members read the slice's current value. */
export function liveValue(value: Readonly<Record<string, unknown>>, names: readonly string[]): object {
  const view = {}
  const slice: LiveSlice = { view, value: Object.freeze({ ...value }) }
  for (const name of names) Object.defineProperty(view, name, { enumerable: true, get: () => slice.value[name] })
  slices.set(view, slice)
  return Object.freeze(view)
}

/** The slice behind an injected value. */
export function liveSlice(view: object): LiveSlice | undefined {
  return slices.get(view)
}
