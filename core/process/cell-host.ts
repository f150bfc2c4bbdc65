/**
 * Steps as cells: each step (or lock block) of a process is a cell that is its own outermost scope. Its transaction commits
 * when the step ends, with the engine's checkpoint as the last thing before COMMIT.
 */
import {
  type CheckpointJoin,
  enterStep,
  FencedError,
  type Step,
  type StepHost,
  type StepOutcome,
  StepRetry,
  type StepUnit,
} from '@justscale/engine'
import { AfterCommitError } from '../cell/errors.ts'
import { lossOf, openCell } from '../cell/open-cell.ts'

/** `reportAfterCommit` is told of callbacks that failed after a commit, which is stored all the same. */
export function cellHost(reportAfterCommit: (error: AfterCommitError) => void): StepHost {
  return { open: (step) => openUnit(step, reportAfterCommit) }
}

function openUnit(step: Step, reportAfterCommit: (error: AfterCommitError) => void): StepUnit {
  const open = openCell({ name: `step ${step.name} of ${step.process}`, signal: step.signal })

  async function run(running: Step, invoke: () => unknown): Promise<StepOutcome> {
    try {
      return { kind: 'returned', value: await open.run(() => enterStep(running, invoke)) }
    } catch (error) {
      throwIfLost(error)
      return { kind: 'threw', error }
    }
  }

  async function close(join: CheckpointJoin): Promise<'joined' | 'detached'> {
    let written = false
    try {
      return await open.close({
        accepts: (transaction) => join.accepts(transaction),
        write: async (transaction) => {
          await join.write(transaction)
          written = true
        },
      })
    } catch (error) {
      if (error instanceof AfterCommitError) {
        reportAfterCommit(error)
        return written ? 'joined' : 'detached'
      }
      const fenced = causes(error).find((cause) => cause instanceof FencedError)
      if (fenced !== undefined) throw fenced
      throwIfLost(error)
      throw error
    }
  }

  return { run, close, abort: () => open.abort() }
}

function throwIfLost(error: unknown): void {
  const loss = lossOf(error)
  if (loss !== undefined) throw new StepRetry(loss.message, loss.committed, loss)
}

function causes(error: unknown): readonly unknown[] {
  const chain: unknown[] = []
  for (let at = error; at instanceof Error; at = at.cause) chain.push(at)
  return chain
}
