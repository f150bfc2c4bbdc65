/** A lock block that meets a durable wait: it ends with the checkpoint of the wait, and is opened again afterwards. */
import type { Checkpoint } from '../../store/records.ts'
import { dispose } from '../dispose.ts'
import { inUnit } from './calls.ts'
import { takeCheckpoint } from './checkpoint.ts'
import type { RunState } from './run-state.ts'
import { accepted, discard, lookAfter } from './storing.ts'

/** Resources given up because of a durable wait: disposed in their unit, which commits with the checkpoint of the wait. */
export async function closeSuspended(run: RunState): Promise<boolean> {
  const releases = run.releases
  run.releases = []
  const block = run.block
  if (releases.length === 0 || block === undefined) return true
  try {
    for (const { resource } of releases.toReversed()) {
      const outcome = await inUnit(run, block.unit, block.step, () => dispose(resource))
      if (outcome.kind === 'threw') throw outcome.error
    }
    run.block = undefined
    let checkpoint: Checkpoint | undefined
    const answer = await block.unit.close({
      accepts: (transaction) => run.node.store.accepts(transaction),
      write: async (transaction) => {
        checkpoint = takeCheckpoint(run)
        await run.node.session.commitIn(transaction, checkpoint)
      },
    })
    if (answer !== 'joined' || checkpoint === undefined) run.mustCommit = true
    else if (accepted(run, checkpoint)) await lookAfter(run)
    return true
  } catch (error) {
    await block.unit.abort(error)
    await discard(run, error)
    return false
  }
}
