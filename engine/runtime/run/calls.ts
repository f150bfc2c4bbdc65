/** A host call as the engine sees it: its keys, and the step that the called code can ask about. */
import type { AcquireEffect, CallEffect } from '../../program/state.ts'
import type { Step, StepOutcome, StepUnit } from '../../step/step.ts'
import { type Block, type Call, LazyAbort } from '../call.ts'
import type { RunState } from './run-state.ts'

export function callOf(
  run: RunState,
  effect: CallEffect | AcquireEffect,
  read: boolean,
  block: Block | undefined,
): Call {
  const visit = `${effect.program.slice(0, 12)}/${effect.fiber}/${effect.step}/${effect.visit}`
  const call: { -readonly [Name in keyof Call]: Call[Name] } = {
    key: `${effect.fiber}/${effect.step}/${effect.visit}`,
    fiber: effect.fiber,
    name: effect.site.name,
    read,
    idempotencyKey: `${run.id}/${visit}`,
    durableFirst: effect.durableFirst,
    abort: new LazyAbort(),
    invoke: effect.invoke,
  }
  if (block !== undefined) call.block = block
  return call
}

export function stepOf(run: RunState, call: Call, attempt: number): Step {
  return new RunningStep(run.path, call, attempt)
}

class RunningStep implements Step {
  readonly process: string
  readonly name: string
  readonly kind: Step['kind']
  readonly idempotencyKey: string
  readonly attempt: number
  readonly #abort: LazyAbort

  constructor(process: string, call: Call, attempt: number) {
    this.process = process
    this.name = call.name
    this.kind = call.read ? 'read' : 'effect'
    this.idempotencyKey = call.idempotencyKey
    this.attempt = attempt
    this.#abort = call.abort
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }
}

export function inUnit(run: RunState, unit: StepUnit, step: Step, invoke: () => unknown): Promise<StepOutcome> {
  return unit.run(step, () => run.node.enter(invoke))
}
