/** The engine as its users see it: made with a store, given definitions, started; then it runs processes and carries signals. */
import { type Entropy, steadyClock, systemClock, systemEntropy } from '../clock/clock.ts'
import { InboxFullError, ProcessDefinitionError } from '../errors.ts'
import { createState, snapshot } from '../machine/index.ts'
import { Metrics } from '../metrics/metrics.ts'
import type { SignalDefinition } from '../program/wait.ts'
import { currentStep } from '../step/current-step.ts'
import { plainHost } from '../step/plain-host.ts'
import type { SignalEmission, StartRequest } from '../store/records.ts'
import type { ValueType } from '../value/codec.ts'
import { createValueCodec } from '../value/create-codec.ts'
import { Batch } from './batch.ts'
import { DeployRefusedError, incompatibilities } from './compat.ts'
import { compiledOf, type ProcessDefinition } from './definition.ts'
import { enterEngine } from './engine-context.ts'
import type { Engine, EngineOptions, TransactionOption } from './engine-type.ts'
import { type EngineEvent, printEvent } from './event.ts'
import { cancelledType, type HandleSource, handleType, ProcessHandle } from './handle.ts'
import { writeHead } from './head-text.ts'
import { checkOptions } from './check-options.ts'
import { Lifetime } from './lifetime.ts'
import { Node } from './node.ts'
import { outboxOf } from './outbox.ts'
import { checkPath, instancePath, parameters, plainText } from './path.ts'
import { Programs } from './programs.ts'
import { initialInterests } from './interest.ts'
import { placeValues } from './run/placing.ts'
import { retryDelay } from './retry-delay.ts'
import { Rooms } from './rooms.ts'
import { Scheduler } from './scheduler.ts'
import { allOrNothing, takeBack, written } from './written-with.ts'
import { emissionOf, refuseLarge } from './signal.ts'
import { StoreHealth } from './store-health.ts'

/** Throws `EngineOptionsError`, and what `add` and `addSchedules` throw. */
export function createEngine(options: EngineOptions): Engine {
  checkOptions(options)
  const { store, entropy = systemEntropy, host = options.store.steps ?? plainHost } = options
  const given = options.clock ?? systemClock
  // A store in this OS process goes by its clock; one elsewhere has its own, and this one may be set meanwhile.
  const clock = store.capabilities.announces ? given : steadyClock(given)
  const textOf = options.textOf ?? plainText
  const tell = options.report ?? printEvent
  const metrics = new Metrics()
  const rooms = new Rooms(clock, options.limits?.inbox ?? 10_000)
  const report = (event: EngineEvent) => {
    metrics.event(event)
    tell(event)
  }
  const name = options.name ?? `${process.env.HOSTNAME ?? 'node'}:${process.pid}`
  const primitiveHost = {
    currentStep,
    transaction: (body: unknown) => allOrNothing(body as () => unknown, options.transaction),
    retryDelay,
  }
  const programs = new Programs(
    store,
    primitiveHost,
    options.isRead ?? (() => false),
    [options.programKey ?? []].flat(),
  )
  const codec = createValueCodec(
    [handleType as ValueType, cancelledType as ValueType, ...(options.values ?? [])],
    programs.classes,
  )
  const limits = { warning: options.limits?.warning ?? 65_536, error: options.limits?.error ?? 4_194_304 }
  const starts = new Batch((requests: readonly StartRequest[]) => node.startAll(requests))
  const emissions = new Batch((signals: readonly SignalEmission[]) => node.emitAll(signals))
  const health = new StoreHealth(clock, report)
  const lifetime = new Lifetime()
  let known: Promise<void> | undefined

  const { around } = options
  const enter = <Result>(body: () => Result): Result =>
    enterEngine(engine, around === undefined ? body : () => around(body))

  const node = new Node({
    name,
    store,
    clock,
    concurrency: options.concurrency ?? 2_000,
    limits: () => programs.limits,
    metrics,
    health,
    poll: options.poll ?? (store.capabilities.announces ? 86_400_000 : 1_000),
    ...(options.stuck === undefined ? {} : { stuck: options.stuck }),
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

  /** The process of a definition that has these parameters: there or not. */
  function instanceOf(definition: ProcessDefinition, given: unknown) {
    const registered = programs.definition(definition.path)
    if (registered === undefined) {
      throw new ProcessDefinitionError(`The process ${definition.path} is not known to this engine`, {
        hint: 'Pass it in createEngine({ processes }) or engine.add(...).',
      })
    }
    const { parameterOf } = options
    const plain = parameters(registered.path, registered.params, given)
    const converted = parameterOf && registered.params.map((param) => parameterOf(registered, param, plain[param]))
    const params = converted ? parameters(registered.path, registered.params, converted) : plain
    const texts = Object.fromEntries(registered.params.map((param) => [param, textOf(params[param])]))
    return { registered, params, texts, path: instancePath(registered.path, texts) }
  }

  async function findProcess(definition: ProcessDefinition, given: unknown): Promise<ProcessHandle | undefined> {
    const { path } = instanceOf(definition, given)
    await storePrograms()
    return (await store.find(path)) === undefined ? undefined : new ProcessHandle(path, source)
  }

  function startRequest(
    definition: ProcessDefinition,
    given: unknown,
    parent?: { id: string; shard: number },
  ): StartRequest {
    const { registered, params, texts, path } = instanceOf(definition, given)
    const environment = programs.around(registered)
    const program = environment.program(compiledOf(registered).hash)
    const { head, roots } = snapshot(createState(program.hash, params), environment)
    const encoded = codec.encode(roots)
    const placed = placeValues(encoded, new Map(), new Map())
    const { subscriptions, next } = initialInterests(program, environment, texts)
    const shard = parent?.shard ?? node.session?.shards()[0]
    return {
      id: entropy.uuid(node.now()),
      path,
      definition: registered.path,
      program: program.hash,
      ...(shard === undefined ? {} : { shard: pickShard(node.session?.shards() ?? [shard], entropy) }),
      ...(parent === undefined ? {} : { parent: parent.id }),
      head: writeHead({
        machine: head,
        roots: [...encoded.snapshot.roots],
        waits: [],
        subscriptions,
        listeners: [],
        next,
        fresh: true,
        values: placed.values,
      }),
      parts: placed.write,
      subscribe: subscriptions.map(([number, key]) => ({ number, key })),
      place: { line: program.debug?.positions[0]?.[0] ?? 0, waits: [] },
    }
  }

  async function startProcess(definition: ProcessDefinition, given: unknown, options: TransactionOption = {}) {
    const outbox = options.transaction === undefined ? outboxOf(currentStep()) : undefined
    const request = startRequest(definition, given, outbox?.process)
    const handle = new ProcessHandle(request.path, source)
    metrics.counters.starts++
    if (outbox !== undefined) {
      outbox.starts.push(request)
      options.onRollback?.(() => takeBack(outbox.starts, request))
      return handle
    }
    await storePrograms()
    await written(options, async (transaction) => {
      if (transaction === undefined) await starts.ask(request)
      else await store.start([request], transaction)
    })
    return handle
  }

  /** A store that does not answer has room: what a step emits is written with its checkpoint, and that is tried again. */
  async function checkRoom(emission: SignalEmission): Promise<void> {
    try {
      await store.room([emission])
    } catch (error) {
      if (error instanceof InboxFullError) throw error
    }
  }

  async function emit(signal: SignalDefinition, payload: object, options: TransactionOption = {}): Promise<void> {
    const emission = rooms.limited(emissionOf(signal, payload, codec, textOf))
    refuseLarge(emission, limits.error)
    const outbox = options.transaction === undefined ? outboxOf(currentStep()) : undefined
    try {
      if (outbox !== undefined) {
        if (emission.limit !== undefined) await checkRoom(emission)
        outbox.emits.push(emission)
        options.onRollback?.(() => takeBack(outbox.emits, emission))
        metrics.counters.signalsEmitted++
      } else {
        await written(options, async (transaction) => {
          const reached = await (transaction === undefined
            ? emissions.ask(emission)
            : store.emit([emission], transaction).then(([count]) => count ?? 0))
          metrics.emitted(reached)
        })
      }
    } catch (error) {
      if (error instanceof InboxFullError) metrics.counters.signalsRefused++
      throw error
    }
    rooms.passed(emission)
  }

  async function begin(isOver: () => boolean): Promise<void> {
    try {
      await storePrograms()
      const incompatible = options.park ? [] : await incompatibilities(store, programs)
      if (incompatible.length > 0) throw new DeployRefusedError(incompatible)
      if (isOver()) return
      await node.start()
      if (isOver()) return
      await scheduler.start()
      if (isOver()) scheduler.stop()
    } catch (error) {
      // It can be started again, when the store is there again for example.
      await node.stop()
      throw error
    }
  }

  const handleSource: HandleSource = { store, codec, ending: (path) => node.ending(path) }
  const source = () => handleSource

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
    start: () => lifetime.start(begin),
    drain(deadline = 5_000) {
      scheduler.stop()
      return lifetime.end(() => node.drain(deadline))
    },
    stop() {
      scheduler.stop()
      return lifetime.end(() => node.stop())
    },
    run: (definition, params, transaction) => startProcess(definition, params, transaction) as never,
    startProcess,
    findProcess,
    emit,
    process(path) {
      checkPath(path)
      return new ProcessHandle(path, source)
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

function pickShard(shards: readonly number[], entropy: Entropy): number {
  const [high = 0, low = 0] = entropy.bytes(2)
  return shards[(high * 256 + low) % shards.length] ?? 0
}
