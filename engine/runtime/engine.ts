/** The engine as its users see it: made with a store, given definitions, started; then it runs processes and carries signals. */
import { type Clock, type Entropy, systemClock, systemEntropy } from '../clock/clock.ts'
import { InboxFullError, NoEngineError, ProcessDefinitionError } from '../errors.ts'
import { createState, snapshot } from '../machine/index.ts'
import { Metrics, type MetricsSnapshot } from '../metrics/metrics.ts'
import type { SignalDefinition } from '../program/wait.ts'
import { currentStep } from '../step/current-step.ts'
import type { Schedule } from '../schedule/schedule.ts'
import { plainHost } from '../step/plain-host.ts'
import type { StepHost } from '../step/step.ts'
import type { JoinableTransaction } from '../step/transaction.ts'
import type { EngineStore, SignalEmission, StartRequest } from '../store/store.ts'
import type { ValueCodec, ValueType } from '../value/codec.ts'
import { createValueCodec } from '../value/create-codec.ts'
import { Batch } from './batch.ts'
import { DeployRefusedError, type Incompatibility, incompatibilities } from './compat.ts'
import { compiledOf, type Process, type ProcessDefinition } from './definition.ts'
import { enterEngine } from './engine-context.ts'
import { type EngineEvent, printEvent } from './event.ts'
import { cancelledType, handleType, ProcessHandle } from './handle.ts'
import { writeHead } from './head.ts'
import { Node } from './node.ts'
import { outboxOf } from './outbox.ts'
import { instancePath, parameters, plainText } from './path.ts'
import { Programs, type ReadJudge } from './programs.ts'
import { initialInterests } from './interest.ts'
import { retryDelay } from './retry-delay.ts'
import { Rooms } from './rooms.ts'
import { Scheduler } from './scheduler.ts'
import { emissionOf } from './signal.ts'
import { StoreHealth } from './store-health.ts'

export interface EngineOptions {
  readonly store: EngineStore
  /** Definitions to begin with; `add` takes more. */
  readonly processes?: readonly ProcessDefinition[]
  /** Schedules to begin with; `addSchedules` takes more. */
  readonly schedules?: readonly Schedule[]
  /** Who runs steps (default: plainly, without transactions). */
  readonly host?: StepHost
  readonly clock?: Clock
  readonly entropy?: Entropy
  /** Classes of your own that processes keep in locals, parameters, payloads or results. */
  readonly values?: readonly ValueType[]
  /** Shown in inspection (default: host name and pid). */
  readonly name?: string
  /** Most processes in memory at once, which is also most turns at once (default 1,000). Definitions may have limits of their own. */
  readonly concurrency?: number
  /** Starts although live processes need what this build lacks: they wait for a build that has it. */
  readonly park?: boolean
  /** Milliseconds between looks for work that the store did not announce (default 500; a day where the store announces all). */
  readonly poll?: number
  /**
   * Bytes of values per process: report from `warning` (default 64 KiB), refuse from `error` (default 4 MiB). Signals that may
   * lie unread in the inbox of a process: an emit that would reach a full one is refused from `inbox` (default 10,000).
   */
  readonly limits?: { readonly warning?: number; readonly error?: number; readonly inbox?: number }
  /** A path parameter or routing value as text (default: texts and numbers only). */
  textOf?(value: unknown): string
  /** Converts a parameter at the start of a process: what the handler gets. */
  parameterOf?(definition: ProcessDefinition, name: string, value: unknown): unknown
  /** Whether a step that calls a read verb only reads (default: no). */
  isRead?: ReadJudge
  /** What `transaction(body)` does in a handler, as one step: all that `body` writes or nothing (default: runs the body). */
  transaction?(body: () => unknown): unknown
  /** Told what happens (default: failures and warnings are printed). */
  report?(event: EngineEvent): void
  /** Wraps every call of host code, outside of the step's unit: the framework's app context. */
  around?<Result>(body: () => Result): Result
}

export interface TransactionOption {
  /** Commits with it or not at all. */
  readonly transaction?: JoinableTransaction
}

export interface Engine {
  readonly name: string
  readonly store: EngineStore
  readonly codec: ValueCodec
  /** Makes a process known, before or after `start`. Its path must be its own. */
  add(...definitions: readonly ProcessDefinition[]): void
  /** Makes schedules known before `start`: they fire while the engine runs. Their names must be their own. */
  addSchedules(...schedules: readonly Schedule[]): void
  /**
   * Upgrades the store's tables, stores the programs and begins to run processes. Rejects with `DeployRefusedError` when live
   * processes need what this build lacks, unless `park` is set.
   */
  start(): Promise<void>
  /** Lets what runs come to rest (default: at most 5,000 ms) and hands all shards on, then stops. */
  drain(deadline?: number): Promise<void>
  /** Stops at once; what was in flight runs again elsewhere. */
  stop(): Promise<void>
  /** Starts a process, or finds the one with these parameters. In a step: with the step's commit. */
  run<Given, Result>(
    process: Process<Given, Result>,
    params: Given,
    options?: TransactionOption,
  ): Promise<ProcessHandle<Result>>
  /** As `run`, for definitions made elsewhere. */
  startProcess(definition: ProcessDefinition, params: unknown, options?: TransactionOption): Promise<ProcessHandle>
  /** Emits a signal. In a step: with the step's commit. */
  emit(signal: SignalDefinition, payload: object, options?: TransactionOption): Promise<void>
  /** The process with this instance path. */
  process<Result = unknown>(path: string): ProcessHandle<Result>
  /** Runs `body` in the engine's async context: definitions and signals can be called in it. */
  enter<Result>(body: () => Result): Result
  /** What live processes need that this build lacks. */
  compat(): Promise<readonly Incompatibility[]>
  /** Processes in this node's memory now. */
  readonly running: number
  /** What this node counted since it was made. */
  readonly metrics: MetricsSnapshot
}

export function createEngine(options: EngineOptions): Engine {
  const { store, clock = systemClock, entropy = systemEntropy, host = plainHost } = options
  const textOf = options.textOf ?? plainText
  const tell = options.report ?? printEvent
  const metrics = new Metrics()
  const rooms = new Rooms(clock, options.limits?.inbox ?? 10_000)
  const report = (event: EngineEvent) => {
    metrics.event(event)
    tell(event)
  }
  const name = options.name ?? `${process.env.HOSTNAME ?? 'node'}:${process.pid}`
  const codec = createValueCodec([handleType as ValueType, cancelledType as ValueType, ...(options.values ?? [])])
  const primitiveHost = {
    currentStep,
    transaction: (body: unknown) => allOrNothing(body as () => unknown, options.transaction),
    retryDelay,
  }
  const programs = new Programs(store, primitiveHost, options.isRead ?? (() => false))
  const limits = { warning: options.limits?.warning ?? 65_536, error: options.limits?.error ?? 4_194_304 }
  const starts = new Batch((requests: readonly StartRequest[]) => store.start(requests))
  const emissions = new Batch((signals: readonly SignalEmission[]) => store.emit(signals))
  const health = new StoreHealth(clock, report)
  let started = false
  let known: Promise<void> | undefined

  const around = options.around ?? (<Result>(body: () => Result): Result => body())
  const enter = <Result>(body: () => Result): Result => enterEngine(engine, () => around(body))

  const node = new Node({
    name,
    store,
    clock,
    concurrency: options.concurrency ?? 1_000,
    limits: () => programs.limits,
    metrics,
    health,
    poll: options.poll ?? (store.capabilities.announces ? 86_400_000 : 500),
    report,
    shared: {
      codec,
      host,
      limits,
      textOf,
      enter,
      environment: (definition, hashes) => programs.environment(definition, hashes),
    },
  })

  const scheduler = new Scheduler({ store, clock, metrics, health, now: () => node.now(), enter, report })

  /** Programs are stored once per engine, before anything that refers to them. */
  function storePrograms(): Promise<void> {
    known ??= (async () => {
      await store.migrate()
      await store.putPrograms(programs.stored())
    })()
    known.catch(() => (known = undefined))
    return known
  }

  function startRequest(
    definition: ProcessDefinition,
    given: unknown,
    parent?: { id: string; shard: number },
  ): StartRequest {
    const registered = programs.definition(definition.path)
    if (registered === undefined) {
      throw new ProcessDefinitionError(`The process ${definition.path} is not known to this engine`, {
        hint: 'Pass it in createEngine({ processes }) or engine.add(...).',
      })
    }
    const convert = options.parameterOf ?? ((_definition, _name, value) => value)
    const plain = parameters(registered.path, registered.params, given)
    const converted = Object.fromEntries(
      registered.params.map((param) => [param, convert(registered, param, plain[param])]),
    )
    const params = parameters(registered.path, registered.params, converted)
    const texts = Object.fromEntries(registered.params.map((param) => [param, textOf(params[param])]))
    const environment = programs.around(registered)
    const program = environment.program(compiledOf(registered).hash)
    const { head, roots } = snapshot(createState(program.hash, params), environment)
    const encoded = codec.encode(roots)
    const { subscriptions, next } = initialInterests(program, environment, texts)
    const shard = parent?.shard ?? node.session?.shards()[0]
    return {
      id: entropy.uuid(node.now()),
      path: instancePath(registered.path, texts),
      definition: registered.path,
      program: program.hash,
      ...(shard === undefined ? {} : { shard: pickShard(node.session?.shards() ?? [shard], entropy) }),
      ...(parent === undefined ? {} : { parent: parent.id }),
      head: writeHead({
        v: 1,
        machine: head,
        roots: [...encoded.snapshot.roots],
        waits: [],
        subscriptions,
        listeners: [],
        next,
        fresh: true,
      }),
      parts: encoded.snapshot.parts,
      subscribe: subscriptions.map(([number, key]) => ({ number, key })),
      place: { line: program.debug?.positions[0]?.[0] ?? 0, waits: [] },
    }
  }

  async function startProcess(definition: ProcessDefinition, given: unknown, { transaction }: TransactionOption = {}) {
    const outbox = transaction === undefined ? outboxOf(currentStep()) : undefined
    const request = startRequest(definition, given, outbox?.process)
    const handle = new ProcessHandle(request.path, () => engine)
    metrics.counters.starts++
    if (outbox !== undefined) outbox.starts.push(request)
    else {
      await storePrograms()
      if (transaction === undefined) await starts.ask(request)
      else await store.start([request], transaction)
    }
    return handle
  }

  const engine: Engine = {
    name,
    store,
    codec,
    add(...definitions) {
      for (const definition of definitions) programs.add(definition)
      known = undefined
    },
    addSchedules(...schedules) {
      for (const schedule of schedules) scheduler.add(schedule)
    },
    async start() {
      if (started) return
      started = true
      await storePrograms()
      const incompatible = options.park ? [] : await incompatibilities(store, programs)
      if (incompatible.length > 0) {
        started = false
        throw new DeployRefusedError(incompatible)
      }
      await node.start()
      await scheduler.start()
    },
    async drain(deadline = 5_000) {
      started = false
      scheduler.stop()
      await node.drain(deadline)
    },
    async stop() {
      started = false
      scheduler.stop()
      await node.stop()
    },
    run: (definition, params, transaction) => startProcess(definition, params, transaction) as never,
    startProcess,
    async emit(signal, payload, { transaction } = {}) {
      const emission = rooms.limited(emissionOf(signal, payload, codec, textOf))
      const outbox = transaction === undefined ? outboxOf(currentStep()) : undefined
      try {
        if (outbox !== undefined) {
          if (emission.limit !== undefined) await store.room([emission])
          outbox.emits.push(emission)
          metrics.counters.signalsEmitted++
        } else if (transaction === undefined) metrics.emitted(await emissions.ask(emission))
        else metrics.emitted((await store.emit([emission], transaction))[0] ?? 0)
      } catch (error) {
        if (error instanceof InboxFullError) metrics.counters.signalsRefused++
        throw error
      }
      rooms.passed(emission)
    },
    process(path) {
      if (!path.startsWith('/')) throw new NoEngineError(`'${path}' is no instance path`)
      return new ProcessHandle(path, () => engine)
    },
    enter,
    async compat() {
      await storePrograms()
      return await incompatibilities(store, programs)
    },
    get running() {
      return node.size
    },
    get metrics() {
      return metrics.snapshot(node.size)
    },
  }
  engine.add(...(options.processes ?? []))
  engine.addSchedules(...(options.schedules ?? []))
  return engine
}

/** What the body starts and emits goes the way of what it writes: with the step, or not at all when it throws. */
async function allOrNothing(body: () => unknown, transaction: EngineOptions['transaction']): Promise<unknown> {
  const outbox = outboxOf(currentStep())
  const [starts, emits] = [outbox?.starts.length, outbox?.emits.length]
  try {
    return await (transaction === undefined ? body() : transaction(body))
  } catch (error) {
    outbox?.starts.splice(starts ?? 0)
    outbox?.emits.splice(emits ?? 0)
    throw error
  }
}

function pickShard(shards: readonly number[], entropy: Entropy): number {
  const [high = 0, low = 0] = entropy.bytes(2)
  return shards[(high * 256 + low) % shards.length] ?? 0
}
