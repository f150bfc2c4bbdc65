/** Commands from outside, read from the inbox: pause, resume, retry, cancel, terminate. */
import { decodeControl } from '../../store/control-payload.ts'
import { beginCancelling } from './cancelling.ts'
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
    else if (command.kind === 'terminate') run.terminating ??= command.reason
    else beginCancelling(run, command.reason)
  }
}

function retryFailed(run: RunState): void {
  if (run.status === 'failed') run.inputs.push({ kind: 'retry' })
  else if (run.status !== 'quarantined') return
  run.status = 'running'
}
