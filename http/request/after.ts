/** Going on with a value that may still be on its way, without a promise where it is there: most steps of most requests are. */
export type Awaitable<Value> = Value | Promise<Value>

/** `resume(value)`, at once or when the value has come. */
export function after<Value, Result>(
  value: Value,
  resume: (value: Awaited<Value>) => Awaitable<Result>,
): Awaitable<Result> {
  return isThenable(value) ? Promise.resolve(value).then((late) => resume(late)) : resume(value as Awaited<Value>)
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
