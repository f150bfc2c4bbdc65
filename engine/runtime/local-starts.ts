/**
 * Processes that run on the node that starts them, at once: a place is kept before the store is asked, the store gives them
 * to this node, and no claim brings them a second time. What there is no place for is started for whoever claims it.
 */
import type { StartRequest, StartResult } from '../store/records.ts'
import type { HandedNode } from './hand-outs.ts'
import type { NodeContext } from './node-context.ts'
import type { NodeSettings } from './node-settings.ts'
import type { Places } from './places.ts'

/** The node as its starts see it. */
export interface StartingNode extends HandedNode {
  /** What its processes run in; `undefined` while it has no session, drains or has stopped. */
  running(): NodeContext | undefined
  /** Whether a claim is under way. */
  isAsking(): boolean
  /** There may be something to do. */
  wake(): void
  /** Places were given back. */
  freed(): void
}

export class LocalStarts {
  /** On their way: no claim may bring them. */
  readonly ids = new Set<string>()
  readonly #settings: Pick<NodeSettings, 'store' | 'limits'>
  readonly #places: Places
  readonly #node: StartingNode

  constructor(settings: Pick<NodeSettings, 'store' | 'limits'>, places: Places, node: StartingNode) {
    this.#settings = settings
    this.#places = places
    this.#node = node
  }

  /** Answers in the order of the requests. Rejects when one of the two writes failed; what the other started is started. */
  async startAll(requests: readonly StartRequest[]): Promise<readonly StartResult[]> {
    const { store } = this.#settings
    const context = this.#node.running()
    const here = context === undefined ? [] : requests.filter((request) => this.#reserve(request))
    if (context === undefined || here.length === 0) return store.start(requests)
    const elsewhere = requests.filter(({ id }) => !this.ids.has(id))
    const more = elsewhere.length > 0 ? store.start(elsewhere) : []
    const [own, others] = await Promise.allSettled([this.#startHere(context, here), more])
    if (own.status === 'rejected') throw own.reason
    if (others.status === 'rejected') throw others.reason
    const results = new Map<StartRequest, StartResult | undefined>()
    for (const [index, request] of here.entries()) results.set(request, own.value[index])
    for (const [index, request] of elsewhere.entries()) results.set(request, others.value[index])
    return requests.map((request) => results.get(request) as StartResult)
  }

  async #startHere(context: NodeContext, requests: readonly StartRequest[]): Promise<readonly StartResult[]> {
    const asked = this.#node.ask()
    let results: readonly StartResult[] = []
    try {
      results = await context.session.start(requests)
      return results
    } finally {
      for (const [index, { id, definition }] of requests.entries()) {
        this.ids.delete(id)
        this.#places.giveBack(definition)
        const process = results[index]?.process
        if (process !== undefined && this.#node.running() === context) this.#node.begin(context, process, asked)
      }
      this.#node.answered(asked)
      // It may have happened all the same; and who was refused a place may have one now.
      if (results.length === 0) this.#node.wake()
      else this.#node.freed()
    }
  }

  /** Keeps a place for it, where there is one. */
  #reserve({ id, definition, shard }: StartRequest): boolean {
    if (shard === undefined || !this.#places.hasPlace(definition)) return false
    // The claim under way may bring as many as there were places for.
    if (this.#node.isAsking() && this.#settings.limits().has(definition)) return false
    this.ids.add(id)
    this.#places.take(definition)
    return true
  }
}
