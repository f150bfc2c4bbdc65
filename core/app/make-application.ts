/** Makes the application of a builder's draft: checks the graph at once, instantiates and starts later. */
import { runInCell } from '../cell/run-in-cell.ts'
import { checkConfiguration } from '../config/check-configuration.ts'
import { componentMeta, type ComponentMeta, type Hook, type HookContext } from '../container/component.ts'
import { forward } from '../container/forward.ts'
import { lazyToken, makeGraph, type Node } from '../container/graph.ts'
import type { SubAppEntry } from '../container/abstract-container.ts'
import { builtInTokens, ScopeContainer } from '../container/scope-container.ts'
import type { AnyToken, InstanceOf, Resolve } from '../container/token.ts'
import { tokenKey, tokenName } from '../container/token-name.ts'
import { DefinitionError } from '../errors.ts'
import { ModelServiceError } from '../model/errors.ts'
import { modelMetadata, modelName } from '../model/model-metadata.ts'
import type { AnyModelClass } from '../model/model-type.ts'
import type { ReferenceSource } from '../reference/loader.ts'
import type { Application, RunOptions, StartOptions, StopOptions } from './application.ts'
import type { AppDraft } from './builder.ts'
import { runInApp, type AppContext } from './context.ts'
import { AppStoppedError, StartFailedError, StopFailedError, StopTimeoutError } from './errors.ts'
import { repositoryReferences } from './repository-references.ts'
import { untilSignalled } from './until-signalled.ts'
import { within } from './within.ts'

/** Milliseconds that all stop hooks together have. */
const STOP_TIMEOUT = 30_000
/** Milliseconds that each hook still has when another has used all of that. */
const LATE_HOOK_TIMEOUT = 1_000

export function makeApplication(draft: AppDraft): Application<unknown> {
  return new App(draft)
}

class App implements Application<unknown> {
  readonly name: string
  readonly container: ScopeContainer
  readonly references: ReferenceSource
  readonly [componentMeta]: ComponentMeta
  state: Application<unknown>['state'] = 'built'
  #parent: App | undefined
  readonly #subApps: readonly App[]
  readonly #prototypes = new Map<AnyModelClass, object>()
  #prepared: Promise<void> | undefined
  #starting: Promise<void> = Promise.resolve()
  #started: Node[] = []

  constructor(draft: AppDraft) {
    this.name = draft.name
    const given = new Set([...builtInTokens, ...draft.required].map(tokenKey))
    const graph = makeGraph({ ...draft, given })
    const bridges = new Map(draft.required.map((token) => [tokenKey(token), () => this.#bridge(token)]))
    this.container = new ScopeContainer(this, graph, bridges)
    this.references = repositoryReferences(this.container)
    this[componentMeta] = subAppMeta(this, draft)
    this.#subApps = graph.nodes
      .filter((node) => node.meta.kind === 'app')
      .map((node) => (node.meta.detail as SubAppEntry).app as App)
    for (const app of this.#subApps) app.#attach(this)
  }

  get parent(): AppContext | undefined {
    return this.#parent
  }

  resolve<Token>(token: Token): Promise<InstanceOf<Token>> {
    return this.container.resolve(token as AnyToken) as Promise<InstanceOf<Token>>
  }

  async run<Result>(body: () => Result, options: RunOptions = {}): Promise<Awaited<Result>> {
    const { name = 'app.run', signal } = options
    if (this.state === 'stopped') throw new AppStoppedError(name, this.name)
    await this.prepare()
    return runInApp(this, () => runInCell({ name, ...(signal && { signal }) }, body))
  }

  prepare(): Promise<void> {
    this.#prepared ??= this.#prepare().catch((error: unknown) => {
      this.#prepared = undefined
      throw error
    })
    return this.#prepared
  }

  start(options: StartOptions = {}): Promise<void> {
    if (this.state === 'built' || this.state === 'stopped') this.#starting = this.#start(options)
    return this.#starting
  }

  async stop({ timeout = STOP_TIMEOUT }: StopOptions = {}): Promise<void> {
    if (this.state === 'stopping') return
    this.state = 'stopping'
    const failures: unknown[] = []
    const until = performance.now() + timeout
    const remaining = () => Math.max(until - performance.now(), Math.min(timeout, LATE_HOOK_TIMEOUT))
    const hooks = new Map(this.container.hooks().map((entry) => [entry.node, entry.registered]))
    for (const node of this.#started.toReversed()) {
      const stops: (() => unknown)[] = [...(hooks.get(node)?.stop ?? []), ...(node.meta.onStop ?? [])]
        .toReversed()
        .map((hook) => () => this.#callHook(hook))
      if (node.meta.kind === 'app')
        stops.unshift(() => (node.meta.detail as SubAppEntry).app.stop({ timeout: remaining() }))
      for (const stop of stops) {
        const late = () => new StopTimeoutError('a stop hook', node.meta.name, this.name, timeout)
        await within(remaining(), Promise.try(stop), late).catch((error: unknown) => failures.push(error))
      }
    }
    const disposals = this.container.takeDisposals()
    for (const { component, dispose } of disposals) {
      const ended = Promise.try(() => runInApp(this, dispose))
      const late = () => new StopTimeoutError('disposing', component, this.name, timeout)
      await within(remaining(), ended, late).catch((error: unknown) => failures.push(error))
    }
    if (disposals.length > 0) this.#forget()
    this.#started = []
    this.state = 'stopped'
    if (failures.length === 1) throw failures[0]
    if (failures.length > 1) throw new StopFailedError(this.name, failures)
  }

  async serve(): Promise<void> {
    await this.start()
    await untilSignalled()
    await this.stop()
  }

  prototypeOf(model: AnyModelClass): object {
    const known = this.#prototypes.get(model)
    if (known !== undefined) return known
    const prototype = Object.create(model.prototype as object) as object
    for (const [name, dependency] of Object.entries(model[modelMetadata].inject)) {
      Object.defineProperty(prototype, name, {
        enumerable: false,
        get: () => this.#modelService(model, name, dependency),
      })
    }
    this.#prototypes.set(model, prototype)
    return prototype
  }

  async #start({ serve = true }: StartOptions): Promise<void> {
    this.state = 'starting'
    try {
      await this.prepare()
      for (const { node, registered } of this.container.hooks()) {
        this.#started.push(node)
        const serving = serve ? (node.meta.onServe ?? []) : []
        for (const hook of [...registered.start, ...(node.meta.onStart ?? []), ...serving])
          await this.#runHook(node, hook)
        if (node.meta.kind === 'app') await (node.meta.detail as SubAppEntry).app.start({ serve })
      }
      this.state = 'running'
    } catch (error) {
      await this.stop().catch(() => {})
      throw error
    }
  }

  /** What was disposed of may be in anything that was made, in the apps below too. */
  #forget(): void {
    this.#prepared = undefined
    this.container.forget()
    for (const app of this.#subApps) app.#forget()
  }

  async #prepare(): Promise<void> {
    await checkConfiguration(this.name, this.container)
    await this.container.makeAll()
    for (const app of this.#subApps) await app.prepare()
  }

  #modelService(model: AnyModelClass, name: string, dependency: unknown): unknown {
    const token = lazyToken(dependency)
    const service: unknown = this.container.resolved(token as AnyToken)
    if (service !== undefined) return service
    throw new ModelServiceError(
      `${modelName(model)}.${name}: the app "${this.name}" has no ${tokenName(token)} for it`,
      {
        hint: `Bind the model's repository (its services come with it) and enter the app with app.run(...) or start it.`,
      },
    )
  }

  async #runHook(node: Node, hook: Hook): Promise<void> {
    try {
      await this.#callHook(hook)
    } catch (error) {
      throw new StartFailedError(node.meta.name, this.name, error)
    }
  }

  async #callHook(hook: Hook): Promise<void> {
    const context: HookContext = { app: this, resolve: ((token: unknown) => this.resolve(token)) as Resolve }
    await runInApp(this, () => hook(context))
  }

  #attach(parent: App): void {
    if (this.#parent !== undefined) {
      throw new DefinitionError(`The sub-app "${this.name}" was added to two apps`, { hint: 'Build it once for each.' })
    }
    this.#parent = parent
  }

  /** What a token of the app above looks like here: every call of it runs up there. */
  async #bridge(token: unknown): Promise<unknown> {
    const parent = this.#parent
    if (parent === undefined) {
      throw new DefinitionError(
        `The sub-app "${this.name}" requires ${tokenName(token)}: add it to an app, which provides that`,
      )
    }
    const instance: unknown = await parent.resolve(token)
    return typeof instance === 'object' && instance !== null
      ? forward(instance, (call) => runInApp(parent, call))
      : instance
  }
}

function subAppMeta(app: App, draft: AppDraft): ComponentMeta {
  return {
    kind: 'app',
    name: draft.name,
    requires: Object.fromEntries(draft.required.map((token) => [tokenName(token), token])),
    detail: { app, wrappers: [] } satisfies SubAppEntry,
  }
}
