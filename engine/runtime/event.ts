/** What an engine reports while it runs: for logs and metrics. */

export type EngineEvent =
  /** A process failed or was quarantined: it keeps its place until it is retried or cancelled. */
  | {
      readonly kind: 'failed' | 'quarantined'
      readonly process: string
      readonly line: number
      readonly error: unknown
    }
  | { readonly kind: 'ended'; readonly process: string; readonly status: 'completed' | 'cancelled' }
  /** A process could not be run here: its program, a dependency or its stored values are not usable. */
  | { readonly kind: 'unavailable'; readonly process: string; readonly error: unknown }
  /** The stored values of a process are larger than the warning limit. */
  | { readonly kind: 'large'; readonly process: string; readonly bytes: number }
  /** The node lost its place in the cluster; it joins again. */
  | { readonly kind: 'lost'; readonly reason: string }
  /** A step's transaction was lost and the step runs again. */
  | {
      readonly kind: 'retried'
      readonly process: string
      readonly step: string
      readonly attempt: number
      readonly error: unknown
    }
  /** A schedule could not fire; it is tried again. */
  | { readonly kind: 'schedule'; readonly schedule: string; readonly error: unknown }
  /** The store could not be reached. */
  | { readonly kind: 'store'; readonly error: unknown }

/** Prints what somebody must look at, and nothing else. */
export function printEvent(event: EngineEvent): void {
  switch (event.kind) {
    case 'failed':
    case 'quarantined':
      console.error(`process ${event.process} ${event.kind} at line ${event.line}:`, event.error)
      return
    case 'unavailable':
      console.error(`process ${event.process} cannot run on this node:`, event.error)
      return
    case 'schedule':
      console.error(`schedule ${event.schedule} could not fire:`, event.error)
      return
    case 'large':
      console.warn(`process ${event.process} stores ${event.bytes} bytes of values`)
      return
    case 'store':
      console.error('the engine cannot reach its store:', event.error)
      return
    case 'lost':
      console.warn(`the engine lost its place: ${event.reason}`)
  }
}
