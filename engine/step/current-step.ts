/** The step that the running code belongs to, by async context. `enterStep` is for hosts. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Step } from './step.ts'

const steps = new AsyncLocalStorage<Step>()

/** The step that called this code, or `undefined` outside a process. */
export function currentStep(): Step | undefined {
  return steps.getStore()
}

/** Runs `body` as part of `step`. */
export function enterStep<Result>(step: Step, body: () => Result): Result {
  return steps.run(step, body)
}
