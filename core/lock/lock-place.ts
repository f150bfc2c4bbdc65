/** Where a lock was taken, for messages: captured cheaply, worked out only when somebody asks. */
import type { LockPlace } from './errors.ts'

/** Call it synchronously from the method that the user called. */
export function lockPlace(cell: string, method: (...args: never) => unknown): () => LockPlace {
  const trace: { stack?: string } = {}
  Error.captureStackTrace(trace, method)
  return () => ({ cell, line: firstLine(trace.stack ?? '') })
}

function firstLine(stack: string): string | undefined {
  for (const line of stack.split('\n').slice(1)) {
    const place = /\(?((?:file:\/\/)?\/[^()]+:\d+:\d+)\)?$/.exec(line.trim())?.[1]
    if (place && !place.includes('node_modules')) return place.replace('file://', '')
  }
  return undefined
}
