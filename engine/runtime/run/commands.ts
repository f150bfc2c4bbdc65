/** Commands from outside, read from the inbox: pause, resume, retry, cancel. */
import { ProcessCancelled } from '../../errors.ts'
import { decodeControl } from '../../store/control-payload.ts'
import { consume, note, type RunState } from './run-state.ts'

export function readCommands(run: RunState): void {
  for (const entry of run.inbox) {
    if (entry.via === 'child') consume(run, [entry])
    if (entry.via !== 'control') continue
    consume(run, [entry])
    const command = decodeControl(entry.payload)
    note(run, command.kind, '')
    if (command.kind === 'pause') run.paused = true
    else if (command.kind === 'resume') run.paused = false
    else if (command.kind === 'retry') retryFailed(run)
    else cancelAll(run, run.node.codec.decodeValue(command.reason))
  }
}

function retryFailed(run: RunState): void {
  if (run.status === 'failed') run.inputs.push({ kind: 'retry' })
  else if (run.status !== 'quarantined') return
  run.status = 'running'
}

function cancelAll(run: RunState, reason: unknown): void {
  for (const path of run.children) void cancelChild(run, path, reason)
  if (run.status === 'failed' || run.status === 'quarantined') {
    run.finished = {
      kind: 'finished',
      status: 'cancelled',
      outcome: { kind: 'threw', error: new ProcessCancelled(reason) },
    }
    run.mustCommit = true
    return
  }
  run.paused = false
  for (const call of run.calls.values()) call.abort.abort(new ProcessCancelled(reason))
  run.inputs.push({ kind: 'cancel', reason })
}

async function cancelChild(run: RunState, path: string, reason: unknown): Promise<void> {
  const child = await run.node.store.find(path)
  if (child?.parent !== run.id) return
  await run.node.store.control(child.id, { kind: 'cancel', reason: run.node.codec.encodeValue(reason, 'reason') })
}
