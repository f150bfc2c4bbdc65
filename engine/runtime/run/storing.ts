/** Between memory and store: loading a process, committing its checkpoints, and giving it up. */
import { FencedError } from '../../errors.ts'
import * as machine from '../../machine/index.ts'
import type { StepOutcome } from '../../step/step.ts'
import { plainCheckpoint } from '../../store/plain-checkpoint.ts'
import type { Checkpoint, LoadedProcess } from '../../store/records.ts'
import type { CommitAnswer } from '../../store/store.ts'
import { type Head, partsOf } from '../head.ts'
import { readHead } from '../head-text.ts'
import { parametersOf } from '../path.ts'
import { failingPlace } from '../place.ts'
import { Waits } from '../waits.ts'
import { encodeOutcome, takeCheckpoint } from './checkpoint.ts'
import { loadCancelling, tellChildren } from './cancelling.ts'
import { advance, applyPending } from './effects.ts'
import { drop, letGo, loseTurn } from './end.ts'
import type { RunState } from './run-state.ts'

export async function loadInto(run: RunState, process: LoadedProcess): Promise<void> {
  const head = readHead(process.head, process.record.program)
  run.process = process
  run.environment = await run.node.environment(process.record.definition, programsOf(process.record.program, head))
  run.snapshot = { parts: partsOf(process.parts, head), roots: new Map(head.roots) }
  run.state = machine.restore(head.machine, run.node.codec.decode(run.snapshot), run.environment)
  run.waits = new Waits(head, parametersOf(process.record.definition, process.record.path), run.node.textOf)
  run.seq = process.record.seq
  run.status = process.record.status
  run.paused = process.record.status === 'paused'
  run.inputs = head.fresh ? [{ kind: 'start' }] : []
  run.starts = []
  run.releases = []
  run.held = []
  run.consumed = []
  run.inside = new Map((head.values ?? []).map(([part]) => [part, 0]))
  run.log = [...(head.log ?? [])]
  run.outbox = { starts: [], emits: [] }
  run.published = undefined
  run.finished = undefined
  run.block = undefined
  run.mustCommit = false
  run.moved = false
  run.watch = [...run.waits.byFiber.values()].flat().flatMap((leaf) => (leaf.kind === 'process' ? [leaf.path] : []))
  see(run, process)
  // It was given to this node because there may be something to do: the next checkpoint says whether there still is.
  run.storedRunnable = true
  if (run.watch.length > 0) await lookAtEnded(run)
  run.cancelling = undefined
  if (head.cancelling !== undefined) await loadCancelling(run, head.cancelling)
  if (!head.fresh && run.status !== 'failed' && !head.cancelling?.stood) applyPending(run)
}

export function see(run: RunState, process: LoadedProcess): void {
  const consumed = new Set(run.consumed)
  run.inbox = process.inbox.filter((entry) => !consumed.has(entry.id))
  run.wakes = process.wakes
}

/** Writes a checkpoint; answers whether it was accepted. What cannot be stored fails the process at its line. */
export function commit(run: RunState): Promise<boolean> {
  let checkpoint: Checkpoint
  try {
    checkpoint = takeCheckpoint(run)
  } catch (error) {
    return failHere(run, error).then(() => false)
  }
  return run.node.committer.commit(checkpoint).then((answer) => committed(run, checkpoint, answer))
}

function committed(run: RunState, checkpoint: Checkpoint, answer: CommitAnswer): boolean | Promise<boolean> {
  if (answer === 'fenced') {
    loseTurn(run)
    return false
  }
  return accepted(run, checkpoint) ? lookAfter(run).then(() => true) : true
}

/** The process is stored as it is; answers whether it has to `lookAfter` others now. */
export function accepted(run: RunState, checkpoint: Checkpoint): boolean {
  run.seq = checkpoint.seq
  run.status = checkpoint.status
  run.storedRunnable = checkpoint.runnable
  return run.watch.length > 0 || run.cancelling !== undefined
}

/** Now that it is stored that it waits for them: they may have ended already, or do not know yet that they are cancelled. */
export async function lookAfter(run: RunState): Promise<void> {
  await lookAtEnded(run)
  if (run.cancelling !== undefined) await tellChildren(run, run.cancelling)
}

async function lookAtEnded(run: RunState): Promise<void> {
  const watch = run.watch
  run.watch = []
  for (const path of watch) await lookAt(run, path)
}

/** The other process may have ended before this one listened. */
async function lookAt(run: RunState, path: string): Promise<void> {
  const record = await run.node.store.find(path)
  if (record?.outcome === undefined) return
  const outcome = run.node.codec.decodeValue(record.outcome) as StepOutcome
  run.ended.set(path, { at: record.endedAt ?? run.node.now(), outcome })
}

/** The process cannot go on (a value that cannot be stored, say): it fails where it stands, as of its last checkpoint. */
export async function failHere(run: RunState, cause: unknown): Promise<void> {
  const process = await run.node.session.reload(run.id)
  if (process === undefined) return letGo(run)
  const { line, error } = failingPlace(cause, run.state, run.environment)
  const outcome: StepOutcome = { kind: 'threw', error }
  run.node.report({ kind: 'failed', process: run.path, line, error })
  drop(run, error)
  await run.node.committer.commit(
    plainCheckpoint({
      id: run.id,
      shard: process.record.shard,
      seq: process.record.seq + 1,
      status: 'failed',
      head: process.head,
      wakes: process.wakes,
      outcome: encodeOutcome(run, outcome),
      place: { line, waits: [] },
      log: [{ at: run.node.now(), kind: 'failed', text: String(error) }],
    }),
  )
  letGo(run)
}

/**
 * Throws the memory away and loads what is stored. Calls in flight go on, and those that have ended keep their outcome: their
 * fibers wait for them again, and they are not made a second time.
 */
export async function discard(run: RunState, error: unknown): Promise<void> {
  if (error instanceof FencedError) return loseTurn(run)
  const process = await run.node.session.reload(run.id)
  if (process === undefined) return letGo(run)
  await loadInto(run, process)
  const [begin] = run.inputs.filter(({ kind }) => kind === 'start')
  if (begin !== undefined) advance(run, [begin])
  const waited = new Set(run.starts.map(({ key }) => key))
  for (const key of run.calls.keys()) if (!waited.has(key)) run.calls.delete(key)
  run.unrecorded = new Map([...run.unrecorded].filter(([, { call }]) => waited.has(call.key)))
  const ended = new Set([...run.unrecorded.values()].map(({ call }) => call.key))
  run.starts = run.starts.filter(({ key }) => !run.calls.has(key) && !ended.has(key))
  const others = run.inputs.filter((input) => input !== begin && input.kind !== 'outcome')
  run.inputs = [...others, ...run.unrecorded.keys()]
}

/** The programs that its frames run. */
function programsOf(main: string, head: Head): readonly string[] {
  const { frames, failed } = head.machine
  return [...new Set([main, ...frames.map((frame) => frame.program), ...(failed ?? []).map((frame) => frame.program)])]
}
