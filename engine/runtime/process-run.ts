/**
 * One process while it is in this node's memory. Everything that changes it goes through one serial turn: inputs are fed
 * to the machine, what it did is written as a checkpoint, and only then the effects that follow from it start.
 *
 * Rules held here: an effect's outcome is stored before anything that follows from it starts; a call whose arguments came
 * from something not yet stored starts after a checkpoint; a step with a transaction that the store can join writes the
 * checkpoint into it; a failed commit discards the memory and loads the process again.
 */
import { FencedError } from '../errors.ts'
import type { LoadedProcess } from '../store/records.ts'
import type { Call } from './call.ts'
import type { NodeContext } from './node-context.ts'
import { lookAtChildren } from './run/cancelling.ts'
import { readCommands } from './run/commands.ts'
import { advance, applyEffects, winWaits } from './run/effects.ts'
import { afterEnd, drop, letGo, loseTurn } from './run/end.ts'
import { hasInput, RunState, stands, takeInputs } from './run/run-state.ts'
import { launch } from './run/steps.ts'
import { commit, failHere, loadInto, see } from './run/storing.ts'
import { closeSuspended } from './run/suspended-block.ts'
import { terminate, terminationOf } from './run/terminating.ts'
import { awaitTimers, isReady } from './run/won-waits.ts'
import { isStoreAway } from './store-health.ts'

export class ProcessRun {
  readonly id: string
  /** Definition path. */
  readonly definition: string
  /** What its node had heard when it was loaded. */
  calls: number
  readonly #run: RunState
  #asked = 0

  constructor(node: NodeContext, process: LoadedProcess, calls: number) {
    this.calls = calls
    this.id = process.record.id
    this.definition = process.record.definition
    this.#run = new RunState(
      node,
      process,
      () => this.#turn(),
      (error) => this.#park(error),
    )
  }

  get path(): string {
    return this.#run.path
  }

  /** Resolves when it leaves this node's memory: with how it ended, or with nothing when it rests or runs elsewhere. */
  left(): Promise<Uint8Array | undefined> {
    if (this.#run.leaving.length === 0) this.#asked = this.#run.node.clock.now()
    return new Promise((resolve) => this.#run.leaving.push(resolve))
  }

  /** Who has waited for that since before `time` (clock milliseconds) asks the store: it may run elsewhere by now. */
  sendAway(time: number): void {
    if (this.#asked < time) for (const tell of this.#run.leaving.splice(0)) tell(undefined)
  }

  /** Stops at once: nothing more is started or committed. */
  drop(reason: unknown): void {
    drop(this.#run, reason)
  }

  /** Loads the machine and runs the first turn. Never rejects. */
  async begin(): Promise<void> {
    const run = this.#run
    const reason = terminationOf(run.process)
    if (reason !== undefined) return this.#terminate(reason)
    try {
      await loadInto(run, run.process)
    } catch (error) {
      this.#park(error)
      return
    }
    await this.#turn()
  }

  /** Ends it as it is stored: it may be one that cannot be loaded. */
  async #terminate(reason: Uint8Array): Promise<void> {
    try {
      await this.#run.mutex.run(() => terminate(this.#run, reason))
    } catch (error) {
      this.#park(error)
    }
  }

  /** Whether there may be news since it was last told, which was before `time` (clock milliseconds). */
  wantsNews(calls: number, time: number): boolean {
    return this.calls !== calls && this.#run.told < time
  }

  /** Looks for what arrived since it was loaded: signals for other fibers, commands. */
  async refresh(calls: number): Promise<void> {
    const run = this.#run
    if (run.gone || run.turning) return
    run.told = run.node.clock.now()
    try {
      await run.mutex.run(async () => {
        const process = await run.node.session.reload(run.id)
        if (process === undefined || run.gone) return
        see(run, process)
        this.calls = calls
      })
    } catch (error) {
      if (!(error instanceof FencedError)) run.node.storeFailed(error)
      return
    }
    await this.#turn()
  }

  /** Runs turns until there is nothing to do but wait. */
  async #turn(): Promise<void> {
    const run = this.#run
    if (run.turning || run.gone) return
    run.turning = true
    try {
      // What else ends in this very moment goes into the same checkpoint.
      if (run.calls.size > 0) await Promise.resolve()
      let more = true
      while (more && !run.gone) {
        if (!run.mutex.take()) await run.mutex.wait()
        try {
          const answer = this.#once()
          more = typeof answer === 'boolean' ? answer : await answer
        } finally {
          run.mutex.giveBack()
        }
      }
    } catch (error) {
      await this.#turnFailed(error)
    } finally {
      run.turning = false
    }
    if (!run.gone && hasInput(run)) await this.#turn()
  }

  /** A store that cannot be reached is waited for; anything else is an error of the process, which fails where it stands. */
  async #turnFailed(error: unknown): Promise<void> {
    const run = this.#run
    if (error instanceof FencedError) return loseTurn(run)
    if (isStoreAway(error)) return this.#park(error)
    try {
      await failHere(run, error)
    } catch (failure) {
      this.#park(failure)
    }
  }

  /** It cannot be run now: this node leaves it alone for a while. */
  #park(error: unknown): void {
    const run = this.#run
    if (run.gone) return
    if (isStoreAway(error)) run.node.storeFailed(error)
    else {
      run.node.unavailable(run.path, run.process.record.definition, error)
      // It had no turn: others may have it, and are not to think that it killed this node.
      run.node.session.release(run.id).catch((failure) => {
        if (!(failure instanceof FencedError)) run.node.storeFailed(failure)
      })
    }
    drop(run, error)
    run.node.parked(run.id)
  }

  /** One turn; answers whether to try another, at once where nothing has to be waited for. */
  #once(): boolean | Promise<boolean> {
    const run = this.#run
    if (run.inbox.length > 0) readCommands(run)
    if (run.cancelling === undefined) return this.#goOn()
    return lookAtChildren(run, run.cancelling).then(() => this.#goOn())
  }

  #goOn(): boolean | Promise<boolean> {
    const run = this.#run
    if (run.gone) return false
    if (run.terminating !== undefined) return terminate(run, run.terminating).then(() => false)
    const still = run.paused || stands(run)
    if (still && run.calls.size === 0 && run.finished === undefined) return this.#rest()
    const inputs = takeInputs(run)
    if (inputs.length > 0) advance(run, inputs)
    else if (!run.paused && run.cancelling === undefined) winWaits(run)
    if (run.gone) return false
    if (run.releases.length === 0) return this.#store()
    return closeSuspended(run).then((closed) => !closed || this.#store())
  }

  /** What was done is stored before anything that follows from it starts. */
  #store(): boolean | Promise<boolean> {
    const run = this.#run
    if (run.block === undefined && run.held.length > 0) {
      const open = run.held
      run.held = []
      applyEffects(run, open)
    }
    const durable = run.mustCommit || run.finished !== undefined || run.starts.some(isDurableFirst)
    if (!durable || run.block !== undefined) return this.#follow()
    return commit(run).then((stored) => (stored ? this.#follow() : !run.gone))
  }

  #follow(): boolean | Promise<boolean> {
    const run = this.#run
    if (run.finished !== undefined) return afterEnd(run)
    launch(run)
    if (hasInput(run) || isReady(run) || run.cancelling?.look) return true
    if (run.calls.size > 0) {
      awaitTimers(run)
      return false
    }
    return this.#rest()
  }

  /** Nothing runs and nothing is ready: the process leaves memory once all is stored. */
  async #rest(): Promise<boolean> {
    const run = this.#run
    if (run.block !== undefined) return false
    const stored =
      run.status === 'waiting' || run.status === 'paused' || run.status === 'failed' || run.status === 'quarantined'
    if (!stored || run.mustCommit || run.moved || run.storedRunnable) {
      if (!(await commit(run))) return !run.gone
      if ((isReady(run) && !run.paused) || run.cancelling?.look) return true
    }
    letGo(run)
    return false
  }
}

function isDurableFirst({ durableFirst }: Call): boolean {
  return durableFirst
}
