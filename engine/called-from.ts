/** The place a function is called from, for messages about what was given to it: `/app/orders.ts:3:25`. */
export function calledFrom(func: (...args: never[]) => unknown): string | undefined {
  const holder: { stack?: string } = {}
  Error.captureStackTrace(holder, func)
  return /([^\s()]+:\d+:\d+)\)?$/m.exec(holder.stack ?? '')?.[1]
}
