/**
 * What a step starts and emits: kept until the step ends and then written with its checkpoint, so that it happens exactly
 * when the step's outcome is recorded. A new attempt of the step begins with an empty outbox.
 */
import type { Step } from '../step/step.ts'
import type { SignalEmission, StartRequest } from '../store/records.ts'

export interface Outbox {
  /** The process it is a step of; `undefined` for the firing of a schedule. */
  readonly process: { readonly id: string; readonly shard: number } | undefined
  readonly starts: StartRequest[]
  readonly emits: SignalEmission[]
  open: boolean
}

/** Where a step has its outbox. */
const held = Symbol('outbox')

interface Holder extends Step {
  [held]?: Outbox
}

export function openOutbox(step: Step, process?: Outbox['process']): Outbox {
  const outbox: Outbox = { process, starts: [], emits: [], open: true }
  ;(step as Holder)[held] = outbox
  return outbox
}

/** The outbox of a step that has not ended yet. */
export function outboxOf(step: Step | undefined): Outbox | undefined {
  const outbox = step && (step as Holder)[held]
  return outbox?.open ? outbox : undefined
}
