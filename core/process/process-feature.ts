/**
 * What a process feature is made of: an engine on the store that an adapter opens, steps as cells, references and entities
 * as values, and every process of the app and its sub-apps known to it. Starts last, stops first.
 */
import {
  type Clock,
  createEngine,
  type Engine,
  type EngineStore,
  type Entropy,
  type EngineEvent,
  type EngineOptions,
  plainText,
  type ProcessDefinition,
  type Schedule,
  type ValueType,
} from '@justscale/engine'
import type { Application } from '../app/application.ts'
import { type AppContext, runInApp } from '../app/context.ts'
import { transaction } from '../cell/transaction.ts'
import type { RepositoryDetail } from '../container/bind.ts'
import {
  componentMeta,
  type Component,
  type ComponentMeta,
  type CreateContext,
  type Dependencies,
} from '../container/component.ts'
import { storedValueKind } from '../container/stored-value.ts'
import type { InjectedDependencies, Need } from '../container/token.ts'
import { DefinitionError } from '../errors.ts'
import { createContribution } from '../container/contribution.ts'
import { createFeatureBuilder, type FeatureToken } from '../feature/create-feature-builder.ts'
import { Logger } from '../log/logger.ts'
import { MetricsSource } from '../metrics/metrics-source.ts'
import { entityState } from '../model/entity-state.ts'
import { modelName } from '../model/model-metadata.ts'
import type { AnyModelClass } from '../model/model-type.ts'
import { referenceFrom } from '../model/reference-from.ts'
import { Reference } from '../reference/reference.ts'
import { cellHost } from './cell-host.ts'
import { engineMetrics } from './engine-metrics.ts'
import { isRead } from './is-read.ts'
import { type ProcessDetail, processDependencies } from './create-process.ts'
import { entityValueTypes } from './entity-values.ts'
import { parameterModel } from './parameter-types.ts'
import { ProcessEngine } from './process-engine.ts'
import { reportToLog } from './report-to-log.ts'

export interface ProcessFeatureOptions<Injected> {
  /** The feature's name, for messages. */
  readonly name: string
  /** What opening the store needs of the app. */
  readonly inject?: Injected
  /** Opens the store when the engine is first asked for. */
  open(dependencies: InjectedDependencies<Injected>, context: CreateContext): EngineStore | Promise<EngineStore>
  readonly clock?: Clock
  readonly entropy?: Entropy
  /** Most processes that this node runs at once (default 1,000). */
  readonly concurrency?: number
  /** See `EngineOptions.limits`: bytes of values per process, and signals in an inbox (default 10,000). */
  readonly limits?: EngineOptions['limits']
  /** See `EngineOptions.programKey`: signs stored programs, and refuses those without its signature. */
  readonly programKey?: string | readonly string[]
  /** Starts although live processes need what this build lacks: they wait for one that has it (default: JUSTSCALE_PARK=1). */
  readonly park?: boolean
  /** Milliseconds between looks for work that the store did not announce (default 500). */
  readonly poll?: number
  /** See `EngineOptions.stuck`: how long a handler may block this OS process (default 300,000 ms). */
  readonly stuck?: number
  /** Told what happens (default: failures and warnings go to the app's log). */
  report?(event: EngineEvent): void
}

/** The feature's class, to be extended. What `inject` names must be added before it. */
export function processFeature<Injected = unknown>(
  options: ProcessFeatureOptions<Injected>,
): FeatureToken<string, Need<Injected[keyof Injected]>, typeof ProcessEngine, never> {
  const meta: ComponentMeta = {
    kind: 'binding',
    name: `ProcessEngine of ${options.name}`,
    requires: { ...(options.inject as Dependencies | undefined), [LOGGER]: Logger },
    provides: [ProcessEngine],
    create: async (given, context) => {
      const { [LOGGER]: logger, ...dependencies } = given as Dependencies
      const store = await options.open(dependencies as InjectedDependencies<Injected>, context)
      return new AppEngine(store, { report: reportToLog(logger as Logger), ...options }, context.app)
    },
  }
  const binding = { [componentMeta]: meta } as unknown as Component
  const metrics = createContribution(MetricsSource, {
    inject: { engine: ProcessEngine },
    factory: ({ engine }) =>
      engineMetrics(
        () => engine.engine,
        () => performance.now(),
      ),
  })
  return createFeatureBuilder()
    .name(options.name)
    .onStart(async ({ resolve }) => await (await resolve(ProcessEngine)).engine.start())
    .onStop(async ({ resolve }) => {
      const { engine } = await resolve(ProcessEngine)
      await engine.drain()
      await engine.store.close()
    })
    .provides((app) => app.add(binding as never).add(metrics as never) as never) as never
}

/** Beside what the store is opened with, under a name that nothing else has. */
const LOGGER = 'logger of the process feature'

type EngineSettings = Omit<ProcessFeatureOptions<unknown>, 'inject' | 'open' | 'name' | 'report'> & {
  report(event: EngineEvent): void
}

class AppEngine extends ProcessEngine {
  readonly #engine: Engine
  readonly #app: Application<unknown>
  readonly #models = new Map<string, AnyModelClass>()
  readonly #details = new Map<string, ProcessDetail>()
  #gathered = false

  constructor(store: EngineStore, options: EngineSettings, app: Application<unknown>) {
    super()
    this.#app = app
    const report = (event: EngineEvent) => options.report(event)
    this.#engine = createEngine({
      store,
      name: `${app.name}:${process.pid}`,
      host: cellHost((error) => report({ kind: 'after-commit', error })),
      values: [...entityValueTypes(app, (name) => this.#modelOf(name)), ...storedValueTypes(app)],
      textOf: parameterText,
      parameterOf: (definition, name, value) => this.#parameter(definition, name, value),
      isRead,
      transaction: (body) => transaction(async () => await body()),
      report,
      around: (body) => runInApp(app, body),
      ...(options.clock && { clock: options.clock }),
      ...(options.entropy && { entropy: options.entropy }),
      ...(options.poll === undefined ? {} : { poll: options.poll }),
      ...(options.stuck === undefined ? {} : { stuck: options.stuck }),
      park: options.park ?? process.env['JUSTSCALE_PARK'] === '1',
      ...(options.limits && { limits: options.limits }),
      ...(options.programKey && { programKey: options.programKey }),
      ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
    })
  }

  get engine(): Engine {
    if (!this.#gathered) {
      this.#gathered = true
      this.#gather(this.#app)
    }
    return this.#engine
  }

  #gather(app: AppContext): void {
    for (const { detail, instance } of app.container.components('process')) {
      const definition = detail as ProcessDetail
      const dependencies = (instance as { readonly [processDependencies]: Dependencies })[processDependencies]
      this.#details.set(definition.path, definition)
      this.#engine.add({
        path: definition.path,
        params: definition.params,
        handler: definition.handler,
        inject: dependencies,
        models: modelsOf(definition),
        ...(definition.concurrency === undefined ? {} : { concurrency: definition.concurrency }),
      })
    }
    for (const { instance } of app.container.components('schedule')) this.#engine.addSchedules(instance as Schedule)
    for (const { app: inner } of app.container.apps()) this.#gather(inner)
  }

  #modelOf(name: string): AnyModelClass | undefined {
    if (this.#models.size === 0) this.#collectModels(this.#app)
    return this.#models.get(name)
  }

  #collectModels(app: AppContext): void {
    for (const { detail } of app.container.components('repository')) {
      const { model } = detail as RepositoryDetail
      this.#models.set(modelName(model), model)
    }
    for (const { app: inner } of app.container.apps()) this.#collectModels(inner)
  }

  #parameter(definition: ProcessDefinition, name: string, value: unknown): unknown {
    const parameter = parameterModel(this.#details.get(definition.path)?.types ?? {}, name)
    if (parameter === undefined) return value
    const reference = referenceFrom(parameter.model, value)
    if (typeof reference === 'string')
      throw new DefinitionError(`The parameter '${name}' of ${definition.path} ${reference}`)
    return reference
  }
}

/** What the app and its sub-apps say of classes of their own; one that both add counts once. */
function storedValueTypes(app: AppContext): ValueType[] {
  const own = app.container.components(storedValueKind).map(({ detail }) => detail as ValueType)
  const inner = app.container.apps().flatMap((entry) => storedValueTypes(entry.app))
  return [...new Set([...own, ...inner])]
}

/** The names of the models of its parameters. */
function modelsOf({ params, types }: ProcessDetail): Readonly<Record<string, string>> {
  const known = params.map((name) => [name, parameterModel(types, name)] as const)
  return Object.fromEntries(known.flatMap(([name, found]) => (found ? [[name, modelName(found.model)]] : [])))
}

/** References and entities are routed by their identifier. */
function parameterText(value: unknown): string {
  if (value instanceof Reference) return value.identifier
  const state = entityState(value)
  return state === undefined || state.form === 'transient' ? plainText(value) : state.identifier
}
