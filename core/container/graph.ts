/**
 * The graph of an app, made from what was added: which component stands behind each token, and everything that is wrong with
 * it. Nothing is instantiated here.
 */
import { className, isModelOrOverride, modelName, sameModel } from '../model/model-metadata.ts'
import type { RepositoryDetail } from './bind.ts'
import { describe, type Component, type ComponentMeta } from './component.ts'
import { isContributionToken } from './contribution-mark.ts'
import { AppGraphError, type GraphFault } from './errors.ts'
import { isLazy, lazyTarget } from './token.ts'
import { repositoryToken } from './model-repository.ts'
import type { AnyModelClass } from '../model/model-type.ts'
import { tokenKey, tokenName } from './token-name.ts'
import { isComponent } from './component.ts'

/** A component in its place. */
export interface Node {
  readonly component: Component
  readonly meta: ComponentMeta
}

export interface Graph {
  /** Every component, parts of features included, in order. */
  readonly nodes: readonly Node[]
  /** Token key to the node that provides it. */
  readonly providers: ReadonlyMap<unknown, Node>
  /** Contribution token to the nodes that add to it, in order. */
  readonly contributions: ReadonlyMap<unknown, readonly Node[]>
}

export interface GraphInput {
  readonly name: string
  readonly parts: readonly Component[]
  readonly overrides: readonly Component[]
  /** Keys of tokens that are there without a component: built in, or bridged from the app above. */
  readonly given: ReadonlySet<unknown>
}

/** Throws `AppGraphError` with every fault. */
export function makeGraph(input: GraphInput): Graph {
  const faults: GraphFault[] = []
  const graph = collect(input, faults)
  for (const node of graph.nodes) checkRequirements(node, graph, input.given, faults)
  faults.push(...cycles(graph), ...namesakes(graph), ...splitStorage(graph))
  if (faults.length > 0) throw new AppGraphError(input.name, faults)
  return graph
}

/** The token inside `lazy(...)`; `() => Token` is called. */
export function lazyToken(value: unknown): unknown {
  if (!isLazy(value)) return value
  const link = value[lazyTarget]
  // A class has a prototype, an arrow function none.
  return typeof link === 'function' && !('prototype' in link) ? (link as () => unknown)() : link
}

function collect(input: GraphInput, faults: GraphFault[]): Graph {
  const nodes: Node[] = []
  const seen = new Set<Component>()
  const providers = new Map<unknown, Node>()
  const contributions = new Map<unknown, Node[]>()
  const replaced = new Set(input.overrides.flatMap((component) => tokensOf(component).map(tokenKey)))
  const visit = (component: Component, overriding: boolean): void => {
    if (seen.has(component)) return
    seen.add(component)
    const node: Node = { component, meta: describe(component) }
    for (const part of node.meta.parts ?? []) visit(part, overriding)
    const keys = tokensOf(component).map(tokenKey)
    if (!overriding && keys.length > 0 && keys.every((key) => replaced.has(key))) return
    nodes.push(node)
    if (node.meta.contributesTo !== undefined) {
      contributions.set(node.meta.contributesTo, [...(contributions.get(node.meta.contributesTo) ?? []), node])
    }
    for (const key of keys) {
      const other = providers.get(key)
      if (other !== undefined) faults.push(duplicate(node, other))
      else providers.set(key, node)
    }
  }
  for (const component of input.parts) visit(component, false)
  for (const component of input.overrides) visit(component, true)
  for (const key of contributions.keys()) {
    const other = providers.get(key)
    if (other !== undefined) faults.push(monolith(other, key))
  }
  return { nodes, providers, contributions }
}

/** The tokens that a component is found under. */
export function tokensOf(component: Component): readonly unknown[] {
  const meta = describe(component)
  if (meta.contributesTo !== undefined) return []
  return meta.provides ?? [component]
}

function checkRequirements(node: Node, graph: Graph, given: ReadonlySet<unknown>, faults: GraphFault[]): void {
  for (const [, dependency] of [...Object.entries(node.meta.requires), ...Object.entries(node.meta.late ?? {})]) {
    const token = lazyToken(dependency)
    if (isContributionToken(token)) continue
    const key = tokenKey(token)
    const provider = graph.providers.get(key)
    if (provider === undefined && !given.has(key)) faults.push(missing(node, token))
    else if (provider !== undefined && !fits(provider, token)) faults.push(overridden(node, token, provider))
    if (provider?.meta.scope === 'request' && node.meta.scope !== 'request' && !isLazy(dependency))
      faults.push(captive(node, token))
  }
}

/** An override's repository serves those who ask for the model, not the other way round. */
function fits(provider: Node, token: unknown): boolean {
  const wanted = repositoryToken(token)?.model
  return wanted === undefined || provider.meta.kind !== 'repository' || isModelOrOverride(boundModel(provider), wanted)
}

function boundModel(node: Node): AnyModelClass {
  return (node.meta.detail as RepositoryDetail).model
}

function overridden(node: Node, token: unknown, provider: Node): GraphFault {
  return {
    kind: 'missing',
    description: `${node.meta.name} (${node.meta.kind}) requires ${tokenName(token)}, and ${provider.meta.name} is what is bound.`,
    action: `Bind the override in its place: it also serves those who ask for ${className(boundModel(provider))}.`,
  }
}

function missing(node: Node, token: unknown): GraphFault {
  const name = tokenName(token)
  return {
    kind: 'missing',
    description: `${node.meta.name} (${node.meta.kind}) requires ${name}, which nothing provides.`,
    action: isComponent(token) ? `Add it before: .add(${name}).` : `Bind it before: .add(${bindingCall(name)}).`,
  }
}

function bindingCall(name: string): string {
  return name.startsWith('ModelRepository.of(')
    ? `bindRepository(${name}, new InMemoryRepository())`
    : `bindService(${name}, Implementation)`
}

function duplicate(node: Node, other: Node): GraphFault {
  return {
    kind: 'duplicate',
    description: `${node.meta.name} and ${other.meta.name} provide the same token.`,
    action: 'Remove one of them; in a test, use .override(...) to replace the first.',
  }
}

function monolith(other: Node, token: unknown): GraphFault {
  return {
    kind: 'duplicate',
    description: `${other.meta.name} provides ${tokenName(token)} as a whole, and others contribute to it.`,
    action: 'Either bind it or contribute to it, not both.',
  }
}

function captive(node: Node, token: unknown): GraphFault {
  return {
    kind: 'captive',
    description: `${node.meta.name} lives as long as the app and injects ${tokenName(token)}, which is request-scoped.`,
    action: `Make ${node.meta.name} request-scoped too, or ask resolve(${tokenName(token)}) inside the request.`,
  }
}

function cycles(graph: Graph): GraphFault[] {
  const faults: GraphFault[] = []
  const done = new Set<Node>()
  const walk = (node: Node, chain: readonly Node[]): void => {
    const start = chain.indexOf(node)
    if (start >= 0) {
      const names = [...chain.slice(start), node].map((link) => link.meta.name)
      faults.push({
        kind: 'cycle',
        description: `These require one another: ${names.join(' -> ')}.`,
        action: `Let one of them inject the next with lazy(() => ${names[1]}).`,
      })
      return
    }
    if (done.has(node)) return
    for (const next of eagerProviders(node, graph)) walk(next, [...chain, node])
    done.add(node)
  }
  for (const node of graph.nodes) walk(node, [])
  return faults
}

function eagerProviders(node: Node, graph: Graph): Node[] {
  return Object.values(node.meta.requires)
    .filter((token) => !isLazy(token))
    .flatMap((token) => {
      const provider = graph.providers.get(tokenKey(token))
      return provider === undefined ? [...(graph.contributions.get(token) ?? [])] : [provider]
    })
}

/** Two models of one name: tables, references in messages and stored processes could not tell them apart. */
function namesakes(graph: Graph): GraphFault[] {
  const models = graph.nodes.filter((node) => node.meta.kind === 'repository').map(boundModel)
  return models.flatMap((model, index): GraphFault[] => {
    const twin = models
      .slice(0, index)
      .find((other) => modelName(other) === modelName(model) && !sameModel(other, model))
    if (twin === undefined) return []
    return [
      {
        kind: 'duplicate',
        description: `Two models are called ${modelName(model)}.`,
        action: "Give one of them another name: defineModel({ name: '...' }).",
      },
    ]
  })
}

/** A repository whose conditions walk into a model that is stored elsewhere. */
function splitStorage(graph: Graph): GraphFault[] {
  return graph.nodes
    .filter((node) => node.meta.kind === 'repository')
    .flatMap((node) => {
      const detail = node.meta.detail as RepositoryDetail
      return detail.joined.flatMap((model): GraphFault[] => {
        const other = [...graph.nodes].find(
          (n) => n.meta.kind === 'repository' && sameModel((n.meta.detail as RepositoryDetail).model, model),
        )
        const storage = (other?.meta.detail as RepositoryDetail | undefined)?.storage
        if (storage === detail.storage) return []
        return [
          {
            kind: 'storage',
            description: `Conditions on ${modelName(detail.model)} (in ${detail.storage}) walk into ${modelName(model)} (${storage === undefined ? 'not bound' : `in ${storage}`}).`,
            action: 'Bind both in the same storage, or query them one after the other.',
          },
        ]
      })
    })
}
