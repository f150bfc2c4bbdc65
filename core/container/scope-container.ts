/**
 * The container of one app: makes each component once, its dependencies first, and answers queries about them. Lazy edges
 * and the services of models are made after whoever needs them, before the outermost `resolve` returns.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Application } from '../app/application.ts'
import { runInApp } from '../app/context.ts'
import { Lifecycle } from '../app/lifecycle.ts'
import { currentCell } from '../cell/current-cell.ts'
import type { ControllerInstance } from '../controller/route.ts'
import { AppLogger } from '../log/app-logger.ts'
import { Logger } from '../log/logger.ts'
import { defaultLogSink, LogSink } from '../log/sink.ts'
import { RegisteredLifecycle, type NodeHooks } from './registered-lifecycle.ts'
import { serviceMaker } from '../service/define-service.ts'
import { AbstractContainer, type ContainerEntry, type ControllerEntry, type SubAppEntry } from './abstract-container.ts'
import type { Component, CreateContext } from './component.ts'
import { disposalOf, Disposals, type Disposal } from './disposal.ts'
import { contributionMeta, isContributionToken } from './contribution-mark.ts'
import {
  CircularResolveError,
  FactoryFailedError,
  LazyTooEarlyError,
  RequestScopeError,
  UnprovidedTokenError,
} from './errors.ts'
import { lazyToken, type Graph, type Node } from './graph.ts'
import { isLazy, type AnyToken, type InstanceOf } from './token.ts'
import { tokenKey, tokenName } from './token-name.ts'

/** True inside a factory: what it resolves must not wait for late edges, which may wait for the factory. */
const making = new AsyncLocalStorage<true>()

/** Tokens that need no component. */
export const builtInTokens: readonly unknown[] = [AbstractContainer, Lifecycle, Logger]

export class ScopeContainer extends AbstractContainer {
  readonly #app: Application<unknown>
  readonly #graph: Graph
  /** Tokens that come from the app above: key to how it is found. */
  readonly #bridges: ReadonlyMap<unknown, () => Promise<unknown>>
  readonly #making = new Map<unknown, Promise<unknown>>()
  readonly #made = new Map<unknown, { readonly value: unknown }>()
  readonly #perCell = new WeakMap<object, Map<Node, Promise<unknown>>>()
  readonly #hooks = new Map<Node, NodeHooks>()
  readonly #disposals = new Disposals()
  readonly #late: unknown[] = []
  readonly #pending = new Set<Promise<void>>()
  #sink: LogSink | undefined

  constructor(app: Application<unknown>, graph: Graph, bridges: ReadonlyMap<unknown, () => Promise<unknown>>) {
    super()
    this.#app = app
    this.#graph = graph
    this.#bridges = bridges
  }

  components(kind?: string): readonly ContainerEntry[] {
    const nodes = this.#graph.nodes.filter(
      (node) => node.meta.kind !== 'app' && (kind === undefined || node.meta.kind === kind),
    )
    return nodes.map((node) => this.#entry(node))
  }

  controllers(filter: { readonly transport?: string } = {}): readonly ControllerEntry[] {
    const entries = this.components('controller').filter((entry) => entry.instance !== undefined) as ControllerEntry[]
    if (filter.transport === undefined) return entries
    return entries
      .map((entry) => onlyTransport(entry, filter.transport))
      .filter((entry) => Object.keys(entry.instance.routes).length > 0)
  }

  apps(): readonly SubAppEntry[] {
    return this.#graph.nodes.filter((node) => node.meta.kind === 'app').map((node) => node.meta.detail as SubAppEntry)
  }

  has(token: unknown): boolean {
    const key = tokenKey(token)
    return (
      this.#graph.providers.has(key) ||
      this.#bridges.has(key) ||
      builtInTokens.includes(key) ||
      isContributionToken(token)
    )
  }

  async resolve<Token extends AnyToken>(token: Token): Promise<InstanceOf<Token>> {
    const instance = await this.#find(token, { name: this.#app.name, chain: [] })
    if (making.getStore() === undefined) await this.#settle()
    return instance as InstanceOf<Token>
  }

  resolved<Token extends AnyToken>(token: Token): InstanceOf<Token> | undefined {
    const key = tokenKey(token)
    const made = this.#made.get(this.#graph.providers.get(key) ?? key)
    return made?.value as InstanceOf<Token> | undefined
  }

  /** Makes everything that lives as long as the app, in order. */
  async makeAll(): Promise<void> {
    this.#sink ??= (await this.#findSink()) ?? undefined
    for (const node of this.#graph.nodes) {
      const single = node.meta.scope === undefined || node.meta.scope === 'app'
      if (single && makerOf(node) !== undefined && node.meta.kind !== 'app')
        await this.#instance(node, { name: this.#app.name, chain: [] })
    }
    await this.#settle()
  }

  /** Every component with the hooks that its service registered, in order. */
  hooks(): readonly { readonly node: Node; readonly registered: NodeHooks }[] {
    return this.#graph.nodes.map((node) => ({ node, registered: this.#hooksOf(node) }))
  }

  /** What the app has made and must end, the newest first. */
  takeDisposals(): readonly Disposal[] {
    return this.#disposals.take()
  }

  /** Everything is made anew at the next call. */
  forget(): void {
    this.#making.clear()
    this.#made.clear()
    this.#hooks.clear()
  }

  /** What a component injects, by name. */
  async #dependencies(node: Node, chain: readonly Node[]): Promise<Record<string, unknown>> {
    const consumer = { name: node.meta.name, chain, node }
    const entries = Object.entries(node.meta.requires).map(async ([name, dependency]): Promise<[string, unknown]> => {
      if (!isLazy(dependency)) return [name, await this.#find(dependency, consumer)]
      this.#late.push(dependency)
      return [name, this.#lateInstance(dependency)]
    })
    return Object.fromEntries(await Promise.all(entries))
  }

  async #find(token: unknown, consumer: Consumer): Promise<unknown> {
    const key = tokenKey(token)
    const node = this.#graph.providers.get(key)
    if (node !== undefined) return this.#instance(node, consumer)
    if (isContributionToken(token)) return this.#aggregate(token, consumer)
    if (key === AbstractContainer) return this
    if (key === Logger) return new AppLogger(this.#app.name, consumer.name, () => this.#logSink())
    if (key === Lifecycle) return this.#lifecycle(consumer)
    const bridge = this.#bridges.get(key)
    if (bridge === undefined) throw new UnprovidedTokenError(tokenName(token), this.#app.name)
    return this.#once(key, bridge)
  }

  #instance(node: Node, consumer: Consumer): Promise<unknown> {
    const { chain } = consumer
    if (chain.includes(node)) throw new CircularResolveError([...chain, node].map((link) => link.meta.name))
    const make = () => this.#make(node, consumer)
    if (node.meta.scope === 'consumer') return make()
    if (node.meta.scope !== 'request') return this.#once(node, make)
    const cell = currentCell()?.outermost
    if (cell === undefined) throw new RequestScopeError(node.meta.name)
    const made = this.#perCell.get(cell) ?? new Map<Node, Promise<unknown>>()
    this.#perCell.set(cell, made)
    const instance = made.get(node) ?? make()
    made.set(node, instance)
    return instance
  }

  async #make(node: Node, consumer: Consumer): Promise<unknown> {
    const maker = makerOf(node)
    if (maker === undefined) return node.component
    const chain = [...consumer.chain, node]
    const dependencies = await this.#dependencies(node, chain)
    this.#late.push(...Object.values(node.meta.late ?? {}))
    const context: CreateContext = {
      app: this.#app,
      name: node.meta.name,
      consumer: consumer.name,
      resolve: ((token: unknown) =>
        this.#find(token, { name: node.meta.name, chain, node })) as CreateContext['resolve'],
    }
    const instance = await Promise.try(() =>
      making.run(true, () => runInApp(this.#app, () => maker(dependencies, context))),
    ).catch((error: unknown) => {
      throw FactoryFailedError.from(
        chain.map(({ meta }) => meta.name),
        error,
      )
    })
    if (node.meta.borrowed) this.#disposals.borrowed(instance)
    else if (node.meta.scope === 'request') this.#endWithCell(instance, node.meta.name)
    else this.#disposals.made(instance, node.meta.name)
    return instance
  }

  #endWithCell(instance: unknown, component: string): void {
    const disposal = disposalOf(instance, component)
    if (disposal === undefined || this.#disposals.has(instance)) return
    const log = new AppLogger(this.#app.name, component, () => this.#logSink())
    currentCell()?.outermost.onEnd(async () => {
      try {
        await runInApp(this.#app, () => disposal.dispose())
      } catch (error) {
        log.error('could not be disposed of at the end of the request', { error })
      }
    })
  }

  #once(key: unknown, make: () => Promise<unknown>): Promise<unknown> {
    const known = this.#making.get(key)
    if (known !== undefined) return known
    const instance = Promise.try(make).then(
      (value) => {
        this.#made.set(key, { value })
        return value
      },
      (error: unknown) => {
        this.#making.delete(key)
        throw error
      },
    )
    this.#making.set(key, instance)
    return instance
  }

  async #aggregate(token: unknown, consumer: Consumer): Promise<unknown> {
    if (!isContributionToken(token)) return undefined
    const nodes = this.#graph.contributions.get(token) ?? []
    const items = await Promise.all(nodes.map((node) => this.#instance(node, consumer)))
    return this.#once(token, async () => token[contributionMeta].aggregate(items as never))
  }

  /** Makes what was only needed later, and what that needs; waits for what other calls are making, too. */
  async #settle(): Promise<void> {
    while (this.#late.length > 0 || this.#pending.size > 0) {
      for (const next of this.#late.splice(0)) {
        const late = this.#makeLate(next)
        this.#pending.add(late)
        void late.catch(() => {}).finally(() => this.#pending.delete(late))
      }
      await Promise.all(this.#pending)
    }
  }

  async #makeLate(dependency: unknown): Promise<void> {
    const token = lazyToken(dependency)
    if (this.#graph.providers.get(tokenKey(token))?.meta.scope === 'request') return
    await this.#find(token, { name: this.#app.name, chain: [] })
  }

  #lateInstance(dependency: unknown): () => unknown {
    return () => {
      const token = lazyToken(dependency)
      const instance: unknown = this.resolved(token as AnyToken)
      if (instance === undefined) throw new LazyTooEarlyError(tokenName(token))
      return instance
    }
  }

  #lifecycle(consumer: Consumer): Lifecycle {
    const hooks = this.#hooksOf(consumer.node)
    return new RegisteredLifecycle(hooks)
  }

  #hooksOf(node: Node | undefined): NodeHooks {
    const owner = node ?? this.#graph.nodes[0]
    const hooks = (owner && this.#hooks.get(owner)) ?? { start: [], stop: [] }
    if (owner !== undefined) this.#hooks.set(owner, hooks)
    return hooks
  }

  #logSink(): LogSink {
    this.#sink ??= defaultLogSink(Bun.env, process.stdout.isTTY)
    return this.#sink
  }

  async #findSink(): Promise<LogSink | undefined> {
    return this.has(LogSink) ? ((await this.#find(LogSink, { name: this.#app.name, chain: [] })) as LogSink) : undefined
  }

  #entry(node: Node): ContainerEntry {
    const { component, meta } = node
    return { kind: meta.kind, name: meta.name, component, detail: meta.detail, instance: this.#made.get(node)?.value }
  }
}

interface Consumer {
  readonly name: string
  readonly chain: readonly Node[]
  readonly node?: Node
}

/** How a component is made: its own `create`, or a service class's factory. */
function makerOf(node: Node): ((dependencies: Record<string, unknown>, context: CreateContext) => unknown) | undefined {
  return node.meta.create ?? serviceMaker(node.component satisfies Component)
}

function onlyTransport(entry: ControllerEntry, transport: string | undefined): ControllerEntry {
  const routes = Object.fromEntries(
    Object.entries(entry.instance.routes).filter(([, route]) => route.transport === transport),
  )
  const instance: ControllerInstance = { ...entry.instance, routes }
  return { ...entry, instance }
}
