/** Makes a list of locked entities disposable as one. */

/** `each` is disposed in reverse order; failures of several are thrown together. */
export function disposeAll<Item>(
  list: readonly Item[],
  each: readonly ((Disposable & AsyncDisposable) | null)[],
): readonly Item[] & Disposable & AsyncDisposable {
  const result = [...list]
  Object.defineProperty(result, Symbol.dispose, { value: () => stackOf(each).dispose() })
  Object.defineProperty(result, Symbol.asyncDispose, { value: () => asyncStackOf(each).disposeAsync() })
  return Object.freeze(result) as unknown as readonly Item[] & Disposable & AsyncDisposable
}

function stackOf(each: readonly (Disposable | null)[]): DisposableStack {
  const stack = new DisposableStack()
  for (const item of each) stack.use(item)
  return stack
}

function asyncStackOf(each: readonly (AsyncDisposable | null)[]): AsyncDisposableStack {
  const stack = new AsyncDisposableStack()
  for (const item of each) stack.use(item)
  return stack
}
