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
  /** Told once for each definition and cause. */
  | { readonly kind: 'unavailable'; readonly process: string; readonly definition: string; readonly error: unknown }
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
  /** What was to run after a step's commit failed; the step is stored all the same. */
  | { readonly kind: 'after-commit'; readonly error: unknown }
  /** The store cannot be reached: told once, however much fails meanwhile. */
  | { readonly kind: 'store'; readonly error: unknown }
  /** The store answers again. */
  | { readonly kind: 'reachable'; readonly milliseconds: number }

/** An event in words: the sentence for a log, how bad it is, and what to do about it. `undefined` for what is in order. */
export function describeEvent(
  event: EngineEvent,
): { readonly level: 'error' | 'warning' | 'info'; readonly text: string; readonly hint?: string } | undefined {
  switch (event.kind) {
    case 'failed':
      return {
        level: 'error',
        text: `process ${event.process} failed at line ${event.line}`,
        hint: `It keeps its place: mend the cause, then \`just process retry ${event.process}\`, or \`cancel\`.`,
      }
    case 'quarantined':
      return {
        level: 'error',
        text: `process ${event.process} is quarantined at line ${event.line}: its turn ended with its node's death three times`,
        hint: `Mend the cause, then \`just process retry ${event.process}\`.`,
      }
    case 'unavailable':
      return {
        level: 'error',
        text: `process ${event.process} cannot run on this node, and others of ${event.definition} like it`,
        hint: 'They wait for a build that can run them: `just process compat main.ts` lists them.',
      }
    case 'schedule':
      return { level: 'error', text: `schedule ${event.schedule} could not fire; it is tried again` }
    case 'after-commit':
      return { level: 'error', text: 'a step is stored, and what was to run after its commit failed' }
    case 'store':
      return { level: 'error', text: 'the engine cannot reach its store; it goes on trying' }
    case 'reachable':
      return {
        level: 'info',
        text: `the engine reaches its store again, after ${Math.ceil(event.milliseconds / 1_000)} s`,
      }
    case 'large':
      return { level: 'warning', text: `process ${event.process} stores ${event.bytes} bytes of values` }
    case 'lost':
      return { level: 'warning', text: `the engine lost its place in the cluster and joins again: ${event.reason}` }
    case 'ended':
    case 'retried':
      return undefined
  }
}

/** Prints what somebody must look at, and nothing else. */
export function printEvent(event: EngineEvent): void {
  const described = describeEvent(event)
  if (described === undefined) return
  const { level, text, hint } = described
  const words = hint === undefined ? text : `${text}. ${hint}`
  if (level === 'error') console.error(words, ...('error' in event ? [event.error] : []))
  else if (level === 'warning') console.warn(words)
  else console.info(words)
}
