/**
 * Terminating: the process ends where it stands and none of its code runs any more, not even what would clean up. Nothing of it
 * has to be readable for that, and what it has in flight commits nothing. Its children are told first, for good.
 */
import { ProcessCancelled } from '../../errors.ts'
import type { StepOutcome } from '../../step/step.ts'
import { decodeControl } from '../../store/control-payload.ts'
import { plainCheckpoint } from '../../store/plain-checkpoint.ts'
import type { LoadedProcess } from '../../store/records.ts'
import { dropValues, encodeOutcome, endEmission } from './checkpoint.ts'
import { afterEnd, loseTurn } from './end.ts'
import { note, type RunState } from './run-state.ts'

/** The encoded reason that a stored process is to be terminated for. */
export function terminationOf({ inbox }: LoadedProcess): Uint8Array | undefined {
  for (const { via, payload } of inbox) {
    const command = via === 'control' ? decodeControl(payload) : undefined
    if (command?.kind === 'terminate') return command.reason
  }
  return undefined
}

/** Ends it. Called while no turn of it runs. */
export async function terminate(run: RunState, reason: Uint8Array): Promise<void> {
  const { node, process } = run
  const command = { kind: 'terminate', reason } as const
  await Promise.all((await node.store.children(run.id)).map(({ id }) => node.store.control(id, command)))
  const error = new ProcessCancelled(node.codec.decodeValue(reason))
  const outcome: StepOutcome = { kind: 'threw', error }
  const encoded = encodeOutcome(run, outcome)
  const { line } = process.record.place
  note(run, 'terminated', `at line ${line}`)
  const written = new Set([...process.parts.keys(), ...(run.state === undefined ? [] : dropValues(run).dropParts)])
  const answer = await node.committer.commit(
    plainCheckpoint({
      id: run.id,
      shard: process.record.shard,
      seq: run.seq + 1,
      status: 'cancelled',
      head: new Uint8Array(),
      dropParts: [...written],
      outcome: encoded,
      emit: [endEmission(run, encoded)],
      place: { line: 0, waits: [] },
      log: run.log,
    }),
  )
  if (answer === 'fenced') return loseTurn(run)
  run.status = 'cancelled'
  run.outcome = encoded
  run.finished = { kind: 'finished', status: 'cancelled', outcome }
  void run.block?.unit.abort(error)
  afterEnd(run)
}
