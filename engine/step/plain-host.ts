/** The step host of an engine that stands alone: calls run in the async context of their step, without a transaction. */
import { enterStep } from './current-step.ts'
import type { StepHost, StepOutcome, StepUnit } from './step.ts'

const unit: StepUnit = {
  run: (step, invoke) => settle(() => enterStep(step, invoke)),
  close: () => 'detached',
  abort: async () => {},
}

export const plainHost: StepHost = { open: () => unit }

/** What `invoke` returns or throws, as an outcome. Never rejects. */
export async function settle(invoke: () => unknown): Promise<StepOutcome> {
  try {
    return { kind: 'returned', value: await invoke() }
  } catch (error) {
    return { kind: 'threw', error }
  }
}
