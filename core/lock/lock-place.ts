/** Where a lock was taken, for messages: noted cheaply, worked out only when somebody asks. */
import type { LockPlace } from './errors.ts'

/** Files between the user's line and here. */
const own = /\/(?:repository\/(?:stored-repository|lock-rows)|lock\/(?:lock-place|lock-service))\.ts:/

/** Call it synchronously from what the user called. */
export function lockPlace(cell: string): () => LockPlace {
  // Its text is made when it is asked for, which takes longer than all the rest of a lock.
  const trace = new Error('lock')
  return () => ({ cell, line: firstLine(trace.stack ?? '') })
}

function firstLine(stack: string): string | undefined {
  for (const line of stack.split('\n').slice(1)) {
    const place = /\(?((?:file:\/\/)?\/[^()]+:\d+:\d+)\)?$/.exec(line.trim())?.[1]
    if (place && !place.includes('node_modules') && !own.test(place)) return place.replace('file://', '')
  }
  return undefined
}
