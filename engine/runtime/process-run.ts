/**
 * One process while it is in this node's memory. Everything that changes it goes through one serial turn: inputs are fed
 * to the machine, what it did is written as a checkpoint, and only then the effects that follow from it start.
 *
 * Rules held here: an effect's outcome is stored before anything that follows from it starts; a call whose arguments came
 * from something not yet stored starts after a checkpoint; a step with a transaction that the store can join writes the
 * checkpoint into it; a failed commit discards the memory and loads the process again.
 */
import { FencedError, ProcessCancelled } from '../errors.ts'
import * as machine from '../machine/index.ts'
import type { Environment } from '../program/environment.ts'
import type { AcquireEffect, CallEffect, Effect, Input, MachineState } from '../program/state.ts'
import type { JoinableTransaction } from '../step/transaction.ts'
import { type Step, type StepOutcome, StepRetry, type StepUnit } from '../step/step.ts'
import { decodeControl } from '../store/control-payload.ts'
import type {
  Checkpoint,
  InboxEntry,
  LoadedProcess,
  LogLine,
  ProcessStatus,
  SignalEmission,
  StartRequest,
} from '../store/store.ts'
import type { Snapshot } from '../value/codec.ts'
import { ValueEncodeError, ValueTooLargeError } from '../value/errors.ts'
import type { Block, Call } from './call.ts'
import { dispose } from './dispose.ts'
import { type Head, readHead, writeHead } from './head.ts'
import { Join } from './join.ts'
import { Mutex } from './mutex.ts'
import type { NodeContext } from './node-context.ts'
import { openOutbox, type Outbox } from './outbox.ts'
import { parametersOf } from './path.ts'
import { failingPlace, placeOf } from './place.ts'
import { reachableNames } from './interest.ts'
import { winner } from './wait-plan.ts'
import { endKey, Waits } from './waits.ts'

/** Attempts of a step whose transaction is lost again and again, and the wait between them, in milliseconds. */
const ATTEMPTS = 8
const backoff = (attempt: number) => Math.min(1_000, 10 * 2 ** attempt)

export class ProcessRun {
  readonly id: string
  readonly path: string
  readonly #node: NodeContext
  readonly #mutex = new Mutex()
  readonly #calls = new Map<string, Call>()
  #process: LoadedProcess
  #environment!: Environment
  #state!: MachineState
  #snapshot!: Snapshot
  #waits!: Waits
  #seq = 0
  #status: ProcessStatus = 'running'
  #inbox: InboxEntry[] = []
  #inputs: Input[] = []
  #starts: Call[] = []
  #releases: Extract<Effect, { kind: 'release' }>[] = []
  #block: Block | undefined
  #held: Effect[] = []
  #consumed: string[] = []
  #children: string[] = []
  #outbox: { starts: StartRequest[]; emits: SignalEmission[] } = { starts: [], emits: [] }
  #published: Uint8Array | undefined
  #finished: Extract<Effect, { kind: 'finished' }> | undefined
  #log: LogLine[] = []
  #watch: string[] = []
  readonly #ended = new Map<string, { readonly at: number; readonly outcome: StepOutcome }>()
  #mustCommit = false
  /** The machine went on since the last checkpoint. */
  #moved = false
  /** The stored row says that there is something to do. */
  #storedRunnable = false
  /** When it was last told what arrived. */
  #told: number
  #paused = false
  #gone = false
  #turning = false

  constructor(node: NodeContext, process: LoadedProcess) {
    this.#node = node
    this.#process = process
    this.#told = node.clock.now()
    this.id = process.record.id
    this.path = process.record.path
  }

  /** Loads the machine and runs the first turn. Never rejects. */
  async begin(): Promise<void> {
    try {
      await this.#load(this.#process)
    } catch (error) {
      this.#park(error)
      return
    }
    await this.#turn()
  }

  /** Whether it was last told before `time` (clock milliseconds) what arrived for it. */
  wantsNews(time: number): boolean {
    return this.#told < time
  }

  /** Looks for what arrived since it was loaded: signals for other fibers, commands. */
  async refresh(): Promise<void> {
    if (this.#gone || this.#turning) return
    this.#told = this.#node.clock.now()
    try {
      await this.#mutex.run(async () => {
        const process = await this.#node.session.reload(this.id)
        if (process === undefined || this.#gone) return
        this.#see(process)
      })
    } catch (error) {
      if (!(error instanceof FencedError)) this.#node.report({ kind: 'store', error })
      return
    }
    await this.#turn()
  }

  /** Stops at once: nothing more is started or committed. */
  drop(reason: unknown): void {
    this.#gone = true
    for (const call of this.#calls.values()) call.abort.abort(reason)
  }

  async #load(process: LoadedProcess): Promise<void> {
    const head = readHead(process.head)
    this.#process = process
    this.#environment = await this.#node.environment(
      process.record.definition,
      programsOf(process.record.program, head),
    )
    this.#snapshot = { parts: process.parts, roots: new Map(head.roots) }
    this.#state = machine.restore(
      head.machine as machine.Head,
      this.#node.codec.decode(this.#snapshot),
      this.#environment,
    )
    this.#waits = new Waits(head, parametersOf(process.record.definition, process.record.path), this.#node.textOf)
    this.#seq = process.record.seq
    this.#status = process.record.status
    this.#children = [...head.children]
    this.#paused = process.record.status === 'paused'
    this.#inputs = head.fresh ? [{ kind: 'start' }] : []
    this.#starts = []
    this.#releases = []
    this.#held = []
    this.#consumed = []
    this.#outbox = { starts: [], emits: [] }
    this.#published = undefined
    this.#finished = undefined
    this.#block = undefined
    this.#mustCommit = false
    this.#moved = false
    this.#watch = [...this.#waits.byFiber.values()]
      .flat()
      .flatMap((leaf) => (leaf.kind === 'process' ? [leaf.path] : []))
    this.#see(process)
    // It was given to this node because there may be something to do: the next checkpoint says whether there still is.
    this.#storedRunnable = true
    await this.#lookAll()
    if (!head.fresh && this.#status !== 'failed') this.#applyPending()
  }

  /** Calls that were in flight are made again; waits that are set up already stay as they are. */
  #applyPending(): void {
    const pending = machine.pendingEffects(this.#state, this.#environment)
    this.#apply(pending.filter((effect) => effect.kind !== 'wait' || !this.#waits.byFiber.has(effect.fiber)))
  }

  #see(process: LoadedProcess): void {
    const consumed = new Set(this.#consumed)
    this.#inbox = process.inbox.filter((entry) => !consumed.has(entry.id))
  }

  /** Runs turns until there is nothing to do but wait. */
  async #turn(): Promise<void> {
    if (this.#turning || this.#gone) return
    this.#turning = true
    try {
      while (!this.#gone && (await this.#mutex.run(() => this.#once()))) {}
    } catch (error) {
      await this.#turnFailed(error)
    } finally {
      this.#turning = false
    }
    if (!this.#gone && this.#hasInput()) await this.#turn()
  }

  /** A store that cannot be reached is waited for; anything else is an error of the process, which fails where it stands. */
  async #turnFailed(error: unknown): Promise<void> {
    if (error instanceof FencedError) return this.#release()
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code.startsWith('SQL_')) return this.#park(error)
    try {
      await this.#failHere(error)
    } catch (failure) {
      this.#park(failure)
    }
  }

  /** It cannot be run now: this node leaves it alone for a while. */
  #park(error: unknown): void {
    this.#node.report({ kind: 'unavailable', process: this.path, error })
    this.drop(error)
    this.#node.parked(this.id)
  }

  #hasInput(): boolean {
    return this.#inputs.some((input) => this.#admits(input))
  }

  /** While a lock block is open only its own fiber goes on, so that its checkpoint holds nobody else's change. */
  #admits(input: Input): boolean {
    return this.#block === undefined || !('fiber' in input) || input.fiber === this.#block.fiber
  }

  /** One turn; answers whether to try another. */
  async #once(): Promise<boolean> {
    this.#readCommands()
    const still = this.#paused || this.#stands()
    if (still && this.#calls.size === 0 && this.#finished === undefined) return this.#rest()
    const inputs = this.#inputs.filter((input) => this.#admits(input))
    this.#inputs = this.#inputs.filter((input) => !inputs.includes(input))
    if (inputs.length > 0) this.#advance(inputs)
    else if (!this.#paused) this.#winWaits()
    if (this.#gone) return false
    if (!(await this.#closeSuspended())) return true
    if (this.#block === undefined) {
      const open = this.#held
      this.#held = []
      if (open.length > 0) this.#apply(open)
    }
    const durable = this.#mustCommit || this.#finished !== undefined || this.#starts.some((call) => call.durableFirst)
    if (durable && this.#block === undefined && !(await this.#commit())) return !this.#gone
    if (this.#finished !== undefined) return this.#afterEnd()
    this.#launch()
    if (this.#inputs.some((input) => this.#admits(input)) || this.#ready()) return true
    if (this.#calls.size > 0) return false
    return this.#rest()
  }

  #readCommands(): void {
    for (const entry of this.#inbox) {
      if (entry.via === 'child') this.#consume([entry])
      if (entry.via !== 'control') continue
      this.#consume([entry])
      const command = decodeControl(entry.payload)
      this.#note(command.kind, '')
      if (command.kind === 'pause') this.#paused = true
      else if (command.kind === 'resume') this.#paused = false
      else if (command.kind === 'retry') this.#retry()
      else this.#cancel(this.#node.codec.decodeValue(command.reason))
    }
  }

  /** It failed or was quarantined, and nobody asked for more than that. */
  #stands(): boolean {
    return (this.#status === 'failed' || this.#status === 'quarantined') && this.#finished === undefined
  }

  #retry(): void {
    if (this.#status === 'failed') this.#inputs.push({ kind: 'retry' })
    else if (this.#status !== 'quarantined') return
    this.#status = 'running'
  }

  #cancel(reason: unknown): void {
    for (const path of this.#children) void this.#cancelChild(path, reason)
    if (this.#status === 'failed' || this.#status === 'quarantined') {
      this.#finished = {
        kind: 'finished',
        status: 'cancelled',
        outcome: { kind: 'threw', error: new ProcessCancelled(reason) },
      }
      this.#mustCommit = true
      return
    }
    this.#paused = false
    for (const call of this.#calls.values()) call.abort.abort(new ProcessCancelled(reason))
    this.#inputs.push({ kind: 'cancel', reason })
  }

  async #cancelChild(path: string, reason: unknown): Promise<void> {
    const child = await this.#node.store.find(path)
    if (child?.parent !== this.id) return
    await this.#node.store.control(child.id, { kind: 'cancel', reason: this.#node.codec.encodeValue(reason, 'reason') })
  }

  #consume(entries: readonly InboxEntry[]): void {
    const used = new Set(entries.map((entry) => entry.id))
    this.#inbox = this.#inbox.filter((entry) => !used.has(entry.id))
    this.#consumed.push(...used)
    if (used.size > 0) this.#mustCommit = true
  }

  #advance(inputs: readonly Input[]): void {
    this.#moved = true
    this.#apply(machine.advance(this.#state, this.#environment, inputs))
  }

  /** Feeds every wait that is over to the machine, earliest arms first. */
  #winWaits(): void {
    for (const [fiber, leaves] of [...this.#waits.byFiber]) {
      if (this.#block !== undefined && this.#block.fiber !== fiber) continue
      const won = winner(leaves, this.#world())
      if (won === undefined) continue
      this.#waits.end(fiber)
      this.#consume(won.entries)
      this.#mustCommit = true
      this.#note('woke', leaves[won.index]?.kind ?? '')
      this.#advance([{ kind: 'won', fiber, index: won.index, outcome: won.outcome }])
      return
    }
  }

  #ready(): boolean {
    if (this.#paused) return false
    return [...this.#waits.byFiber.values()].some((leaves) => winner(leaves, this.#world()) !== undefined)
  }

  #world() {
    return {
      now: this.#node.now(),
      inbox: this.#inbox,
      decode: (entry: InboxEntry) => this.#node.codec.decodeValue(entry.payload),
      textOf: this.#node.textOf,
      ended: (path: string) => this.#ended.get(path),
    }
  }

  #apply(effects: readonly Effect[]): void {
    for (const effect of effects) this.#effect(effect)
  }

  #effect(effect: Effect): void {
    switch (effect.kind) {
      case 'call':
        this.#starts.push(this.#call(effect, effect.read))
        return
      case 'acquire':
        this.#acquire(effect)
        return
      case 'release':
        this.#releaseResource(effect)
        return
      case 'wait':
        this.#wait(effect)
        return
      case 'listen':
        this.#waits.listen(effect.id, effect.signal, effect.match)
        this.#mustCommit = true
        return
      case 'unlisten':
        this.#waits.unlisten(effect.id)
        return
      case 'drain': {
        const through = this.#waits.through(effect.signal)
        this.#consume(this.#inbox.filter((entry) => typeof entry.via === 'number' && through.has(entry.via)))
        return
      }
      case 'publish':
        this.#published = this.#node.codec.encodeValue(effect.value, 'published data')
        this.#mustCommit = true
        return
      case 'drop':
        this.#dropFiber(effect.fiber)
        return
      case 'finished':
        this.#finished = effect
        this.#mustCommit = true
    }
  }

  #wait(effect: Extract<Effect, { kind: 'wait' }>): void {
    const now = this.#node.now()
    try {
      this.#watch.push(...this.#waits.begin(effect.fiber, effect.waits, now))
    } catch (error) {
      this.#inputs.push({ kind: 'won', fiber: effect.fiber, index: 0, outcome: { kind: 'threw', error } })
      return
    }
    if (!effect.poll) return
    const won = winner(this.#waits.byFiber.get(effect.fiber) ?? [], this.#world())
    this.#waits.end(effect.fiber)
    if (won !== undefined) this.#consume(won.entries)
    const outcome: StepOutcome = won?.outcome ?? { kind: 'returned', value: undefined }
    this.#inputs.push({ kind: 'won', fiber: effect.fiber, index: won?.index ?? -1, outcome })
  }

  #dropFiber(fiber: number): void {
    this.#waits.end(fiber)
    this.#starts = this.#starts.filter((call) => call.fiber !== fiber)
    this.#inputs = this.#inputs.filter((input) => !('fiber' in input) || input.fiber !== fiber)
    for (const [key, call] of this.#calls) {
      if (call.fiber !== fiber) continue
      call.abort.abort(new ProcessCancelled('its result is no longer needed'))
      this.#calls.delete(key)
    }
    if (this.#block?.fiber === fiber) {
      void this.#block.unit.abort(new ProcessCancelled('its fiber ended'))
      this.#block = undefined
    }
  }

  #call(effect: CallEffect | AcquireEffect, read: boolean, block = this.#blockOf(effect.fiber)): Call {
    const visit = `${effect.program.slice(0, 12)}/${effect.fiber}/${effect.step}/${effect.visit}`
    return {
      key: `${effect.fiber}/${effect.step}/${effect.visit}`,
      fiber: effect.fiber,
      name: effect.site.name,
      read,
      idempotencyKey: `${this.id}/${visit}`,
      durableFirst: effect.durableFirst,
      abort: new AbortController(),
      ...(block ? { block } : {}),
      invoke: () => effect.invoke(),
    }
  }

  #blockOf(fiber: number): Block | undefined {
    return this.#block?.fiber === fiber ? this.#block : undefined
  }

  /** Opens a lock block, or joins the fiber's own; another fiber's must end first. */
  #acquire(effect: AcquireEffect): void {
    if (this.#block !== undefined && this.#block.fiber !== effect.fiber) {
      this.#held.push(effect)
      return
    }
    const opens = this.#block === undefined
    const call = this.#call(effect, false)
    const step = this.#step(call, 1)
    const block = this.#block ?? {
      fiber: effect.fiber,
      unit: this.#node.host.open(step),
      step,
      resources: new Set<string>(),
    }
    block.resources.add(`${effect.frame}.${effect.slot}`)
    // The block takes effect after the checkpoint that its opening may need.
    this.#starts.push({ ...call, block, durableFirst: opens && (call.durableFirst || this.#mustCommit) })
  }

  #releaseResource(effect: Extract<Effect, { kind: 'release' }>): void {
    if (effect.suspended) {
      this.#releases.push(effect)
      return
    }
    const block = this.#blockOf(effect.fiber)
    block?.resources.delete(`${effect.frame}.${effect.slot}`)
    const key = `${effect.fiber}/release/${effect.frame}.${effect.slot}`
    this.#starts.push({
      key,
      fiber: effect.fiber,
      name: `release ${effect.slot}`,
      read: false,
      idempotencyKey: `${this.id}/${key}`,
      durableFirst: false,
      abort: new AbortController(),
      ...(block ? { block } : {}),
      ...(block && block.resources.size === 0 ? { ends: true as const } : {}),
      invoke: () => dispose(effect.resource),
    })
  }

  /** Resources given up because of a durable wait: disposed in their unit, which commits with the checkpoint of the wait. */
  async #closeSuspended(): Promise<boolean> {
    const releases = this.#releases
    this.#releases = []
    const block = this.#block
    if (releases.length === 0 || block === undefined) return true
    try {
      for (const { resource } of releases.toReversed()) {
        const outcome = await this.#inUnit(block.unit, block.step, () => dispose(resource))
        if (outcome.kind === 'threw') throw outcome.error
      }
      this.#block = undefined
      let checkpoint: Checkpoint | undefined
      const answer = await block.unit.close({
        accepts: (transaction) => this.#node.store.accepts(transaction),
        write: async (transaction) => {
          checkpoint = this.#checkpoint()
          await this.#node.session.commitIn(transaction, checkpoint)
        },
      })
      if (answer === 'joined' && checkpoint !== undefined) await this.#accepted(checkpoint)
      else this.#mustCommit = true
      return true
    } catch (error) {
      await block.unit.abort(error)
      await this.#discard(error)
      return false
    }
  }

  #launch(): void {
    const starts = this.#starts
    this.#starts = []
    for (const call of starts) {
      if (this.#calls.has(call.key)) continue
      if (call.block !== undefined) this.#block ??= call.block
      this.#calls.set(call.key, call)
      void this.#perform(call)
    }
  }

  async #perform(call: Call): Promise<void> {
    for (let attempt = 1; !this.#gone; attempt++) {
      const retry = await this.#attempt(call, attempt)
      if (retry === undefined) break
      this.#node.report({ kind: 'retried', process: this.path, step: call.name, attempt, error: retry })
      if (attempt >= ATTEMPTS) {
        this.#settled(call, { kind: 'threw', error: retry.cause ?? retry })
        break
      }
      await new Promise<void>((resolve) => this.#node.clock.schedule(backoff(attempt), resolve))
    }
    await this.#turn()
  }

  /** One attempt of a call; answers the loss that a further attempt can mend. */
  async #attempt(call: Call, attempt: number): Promise<StepRetry | undefined> {
    const step = this.#step(call, attempt)
    const outbox = openOutbox(step, this.#process.record)
    const unit = call.block?.unit ?? this.#node.host.open(step)
    const join = new Join(this, call)
    try {
      const outcome = await this.#inUnit(unit, step, () => call.invoke())
      outbox.open = false
      if (this.#gone || this.#calls.get(call.key) !== call) {
        if (call.block === undefined) await unit.abort('the process is gone')
        return undefined
      }
      if (call.block !== undefined && !call.ends) {
        this.#outbox.starts.push(...outbox.starts)
        this.#outbox.emits.push(...outbox.emits)
        this.#answered(call, outcome)
        return undefined
      }
      join.prepare(outcome, outbox)
      const answer = await unit.close(join)
      if (answer === 'joined') await join.accepted()
      else this.#settled(call, outcome, outbox)
      return undefined
    } catch (error) {
      return await this.#attemptFailed(call, unit, join, error)
    } finally {
      outbox.open = false
      join.letGo()
    }
  }

  async #attemptFailed(call: Call, unit: StepUnit, join: Join, error: unknown): Promise<StepRetry | undefined> {
    await unit.abort(error)
    if (this.#gone) return undefined
    if (error instanceof FencedError) {
      this.#release()
      return undefined
    }
    if (error instanceof StepRetry && error.committed === 'unknown' && (await join.isCommitted())) {
      await join.accepted()
      return undefined
    }
    if (join.written || call.block !== undefined) return this.#undo(call, error)
    if (error instanceof StepRetry) return error
    this.#settled(call, { kind: 'threw', error })
    return undefined
  }

  /**
   * The commit that the process had gone on in failed. A lost transaction runs the step (or the whole block) again; what
   * cannot be stored fails the process; any other refusal is thrown at the step.
   */
  async #undo(call: Call, error: unknown): Promise<undefined> {
    this.#calls.delete(call.key)
    if (error instanceof ValueEncodeError || error instanceof ValueTooLargeError) {
      await this.#failHere(error)
      return undefined
    }
    await this.#discard(error)
    if (error instanceof StepRetry || call.block !== undefined || this.#gone) return undefined
    this.#starts = this.#starts.filter((start) => start.key !== call.key)
    this.#settled(call, { kind: 'threw', error })
    return undefined
  }

  /** Called by a join inside the user's transaction: runs on from the outcome and writes what that gives. */
  async writeJoined(
    call: Call,
    outcome: StepOutcome,
    outbox: Outbox,
    transaction: JoinableTransaction,
  ): Promise<Checkpoint> {
    this.#calls.delete(call.key)
    if (call.ends) this.#block = undefined
    this.#outbox.starts.push(...outbox.starts)
    this.#outbox.emits.push(...outbox.emits)
    this.#note('step', call.name)
    this.#advance([{ kind: 'outcome', fiber: call.fiber, outcome }])
    const checkpoint = this.#checkpoint()
    await this.#node.session.commitIn(transaction, checkpoint)
    return checkpoint
  }

  lock(): Promise<() => void> {
    return this.#mutex.acquire()
  }

  accepts(transaction: JoinableTransaction): boolean {
    return this.#node.store.accepts(transaction)
  }

  async joined(checkpoint: Checkpoint): Promise<void> {
    await this.#accepted(checkpoint)
    if (this.#finished !== undefined) this.#afterEnd()
  }

  isCommitted(seq: number): Promise<boolean> {
    return this.#node.session.committed(this.id, seq)
  }

  /** The outcome of a call that committed what it did by itself, if anything. */
  #settled(call: Call, outcome: StepOutcome, outbox?: Outbox): void {
    if (outbox !== undefined) {
      this.#outbox.starts.push(...outbox.starts)
      this.#outbox.emits.push(...outbox.emits)
      if (outbox.starts.length + outbox.emits.length > 0) this.#mustCommit = true
    }
    if (call.ends) this.#block = undefined
    if (!call.read) {
      this.#mustCommit = true
      this.#note('step', call.name)
    }
    this.#answered(call, outcome)
  }

  #answered(call: Call, outcome: StepOutcome): void {
    this.#calls.delete(call.key)
    this.#inputs.push({ kind: 'outcome', fiber: call.fiber, outcome })
  }

  async #inUnit(unit: StepUnit, step: Step, invoke: () => unknown): Promise<StepOutcome> {
    return unit.run(step, () => this.#node.enter(invoke))
  }

  #step(call: Call, attempt: number): Step {
    return {
      process: this.path,
      name: call.name,
      kind: call.read ? 'read' : 'effect',
      idempotencyKey: call.idempotencyKey,
      attempt,
      signal: call.abort.signal,
    }
  }

  /** What is to be written now. Takes all pending changes: a failed write discards the process's memory. */
  #checkpoint(): Checkpoint {
    const finished = this.#finished
    const over = finished !== undefined && finished.status !== 'failed'
    const running = this.#calls.size + this.#starts.length > 0 || this.#inputs.length > 0
    const standing = this.#paused ? 'paused' : running ? 'running' : 'waiting'
    const status: ProcessStatus = finished?.status ?? (this.#stands() ? this.#status : standing)
    if (finished === undefined && !this.#stands()) this.#waits.keepOnly(reachableNames(this.#state, this.#environment))
    const changes = this.#waits.takeChanges()
    const values = over ? this.#dropValues() : this.#encode(finished !== undefined)
    const checkpoint: Checkpoint = {
      id: this.id,
      shard: this.#process.record.shard,
      seq: this.#seq + 1,
      status,
      ...values,
      consume: this.#consumed,
      ...changes,
      // Until it has looked whether the others ended already, whoever loads it has to look.
      runnable: !over && !this.#paused && (this.#watch.length > 0 || this.#ready()),
      start: this.#outbox.starts,
      emit: [...this.#outbox.emits, ...(finished ? [this.#endEmission(finished.outcome)] : [])],
      place: over ? { line: 0, waits: [] } : placeOf(this.#state, this.#environment, this.#waits.describe()),
      log: this.#log,
      ...(this.#published === undefined ? {} : { data: this.#published }),
      ...this.#outcomeOf(finished),
    }
    this.#children.push(...this.#outbox.starts.map((request) => request.path))
    this.#consumed = []
    this.#log = []
    this.#outbox = { starts: [], emits: [] }
    this.#published = undefined
    this.#mustCommit = false
    this.#moved = false
    machine.markDurable(this.#state)
    return checkpoint
  }

  /** A process that stays failed keeps its outcome. */
  #outcomeOf(finished: Extract<Effect, { kind: 'finished' }> | undefined): Pick<Checkpoint, 'outcome'> {
    const { outcome } = this.#process.record
    if (finished !== undefined) return { outcome: this.#encodeOutcome(finished.outcome) }
    return this.#stands() && outcome !== undefined ? { outcome } : {}
  }

  #encode(failed: boolean): Pick<Checkpoint, 'head' | 'writeParts' | 'dropParts'> {
    const { head: machineHead, roots } = machine.snapshot(this.#state, this.#environment)
    const encoded = this.#node.codec.encode(roots, this.#snapshot)
    if (encoded.size > this.#node.limits.error) {
      throw new ValueTooLargeError(`Process ${this.path} would store ${encoded.size} bytes of values`, {
        hint: 'Keep large data outside of the process and a reference to it inside, or raise the limit of the engine.',
      })
    }
    if (encoded.size > this.#node.limits.warning && !failed)
      this.#node.report({ kind: 'large', process: this.path, bytes: encoded.size })
    this.#snapshot = encoded.snapshot
    const head: Head = {
      v: 1,
      machine: machineHead,
      roots: [...encoded.snapshot.roots],
      ...this.#waits.stored(),
      children: [...this.#children, ...this.#outbox.starts.map((request) => request.path)],
    }
    const writeParts = new Map(encoded.written.map((part) => [part, encoded.snapshot.parts.get(part) as Uint8Array]))
    return { head: writeHead(head), writeParts, dropParts: encoded.dropped }
  }

  #dropValues(): Pick<Checkpoint, 'head' | 'writeParts' | 'dropParts'> {
    const dropParts = [...this.#snapshot.parts.keys()]
    this.#snapshot = { parts: new Map(), roots: new Map() }
    return { head: new Uint8Array(), writeParts: new Map(), dropParts }
  }

  #encodeOutcome(outcome: StepOutcome): Uint8Array {
    return this.#node.codec.encodeValue(outcome, 'result')
  }

  #endEmission(outcome: StepOutcome): SignalEmission {
    return { signal: 'process', keys: [endKey(this.path)], payload: this.#encodeOutcome(outcome) }
  }

  /** Writes a checkpoint; answers whether it was accepted. What cannot be stored fails the process at its line. */
  async #commit(): Promise<boolean> {
    let checkpoint: Checkpoint
    try {
      checkpoint = this.#checkpoint()
    } catch (error) {
      await this.#failHere(error)
      return false
    }
    const answer = await this.#node.committer.commit(checkpoint)
    if (answer === 'fenced') {
      this.#release()
      return false
    }
    await this.#accepted(checkpoint)
    return true
  }

  async #accepted(checkpoint: Checkpoint): Promise<void> {
    this.#seq = checkpoint.seq
    this.#status = checkpoint.status
    this.#storedRunnable = checkpoint.runnable
    for (const due of checkpoint.timers.values()) if (due !== null) this.#node.due(due)
    await this.#lookAll()
  }

  async #lookAll(): Promise<void> {
    const watch = this.#watch
    this.#watch = []
    for (const path of watch) await this.#look(path)
  }

  /** The other process may have ended before this one listened. */
  async #look(path: string): Promise<void> {
    const record = await this.#node.store.find(path)
    if (record?.outcome === undefined) return
    const outcome = this.#node.codec.decodeValue(record.outcome) as StepOutcome
    this.#ended.set(path, { at: record.endedAt ?? this.#node.now(), outcome })
  }

  /** The process cannot go on (a value that cannot be stored, say): it fails where it stands, as of its last checkpoint. */
  async #failHere(error: unknown): Promise<void> {
    const process = await this.#node.session.reload(this.id)
    if (process === undefined) return this.#release()
    const { line } = failingPlace(error, this.#state, this.#environment)
    const outcome: StepOutcome = { kind: 'threw', error }
    this.#node.report({ kind: 'failed', process: this.path, line, error })
    this.drop(error)
    await this.#node.committer.commit({
      id: this.id,
      shard: process.record.shard,
      seq: process.record.seq + 1,
      status: 'failed',
      head: process.head,
      writeParts: new Map(),
      dropParts: [],
      consume: [],
      timers: new Map(),
      runnable: false,
      subscribe: [],
      unsubscribe: [],
      start: [],
      emit: [],
      outcome: this.#encodeOutcome(outcome),
      place: { line, waits: [] },
      log: [{ at: this.#node.now(), kind: 'failed', text: String(error) }],
    })
    this.#release()
  }

  /** Throws the memory away and loads what is stored. Calls in flight go on; their fibers wait for them again. */
  async #discard(error: unknown): Promise<void> {
    if (error instanceof FencedError) return this.#release()
    const process = await this.#node.session.reload(this.id)
    if (process === undefined) return this.#release()
    await this.#load(process)
  }

  /** Nothing runs and nothing is ready: the process leaves memory once all is stored. */
  async #rest(): Promise<boolean> {
    if (this.#block !== undefined) return false
    const stored =
      this.#status === 'waiting' ||
      this.#status === 'paused' ||
      this.#status === 'failed' ||
      this.#status === 'quarantined'
    if (!stored || this.#mustCommit || this.#moved || this.#storedRunnable) {
      if (!(await this.#commit())) return !this.#gone
      if (this.#ready() && !this.#paused) return true
    }
    this.#release()
    return false
  }

  #afterEnd(): boolean {
    const finished = this.#finished as Extract<Effect, { kind: 'finished' }>
    if (finished.status === 'failed' && finished.outcome.kind === 'threw') {
      const { line } = placeOf(this.#state, this.#environment, [])
      this.#node.report({ kind: 'failed', process: this.path, line, error: finished.outcome.error })
    } else if (finished.status !== 'failed')
      this.#node.report({ kind: 'ended', process: this.path, status: finished.status })
    this.drop('the process ended')
    this.#release()
    return false
  }

  #release(): void {
    this.#gone = true
    this.#node.released(this.id)
  }

  #note(kind: string, text: string): void {
    this.#log.push({ at: this.#node.now(), kind, text })
  }
}

/** The programs that its frames run. */
function programsOf(main: string, head: Head): readonly string[] {
  const { frames, failed } = head.machine as machine.Head
  return [...new Set([main, ...frames.map((frame) => frame.program), ...(failed ?? []).map((frame) => frame.program)])]
}
