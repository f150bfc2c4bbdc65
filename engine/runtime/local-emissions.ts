/**
 * Signals that are emitted on the node that owns who waits for them: where few processes run and none is limited in number,
 * the store gives the node those that are reached in the same breath, and they go on at once, without being claimed.
 */
import { FencedError } from '../errors.ts'
import type { SignalEmission } from '../store/records.ts'
import type { HandedNode } from './hand-outs.ts'
import type { NodeContext } from './node-context.ts'
import type { NodeSettings } from './node-settings.ts'
import type { Places } from './places.ts'

/** The node as its emissions see it. */
export interface EmittingNode extends HandedNode {
  /** What its processes run in; `undefined` while it has no session, drains or has stopped. */
  running(): NodeContext | undefined
  /** Ids of processes in memory, and of those that are on their way there. */
  present(): Iterable<string>
}

/** How many processes an emission gives their turn at most, and how many may be in memory for it to do so. */
const AT_ONCE = 64

export class LocalEmissions {
  readonly #settings: Pick<NodeSettings, 'store' | 'limits'>
  readonly #places: Places
  readonly #node: EmittingNode

  constructor(settings: Pick<NodeSettings, 'store' | 'limits'>, places: Places, node: EmittingNode) {
    this.#settings = settings
    this.#places = places
    this.#node = node
  }

  /** Answers how many processes each signal reached. */
  async emitAll(signals: readonly SignalEmission[]): Promise<readonly number[]> {
    const { store, limits } = this.#settings
    const context = this.#node.running()
    const free = Math.min(AT_ONCE, this.#places.free)
    const present = new Set(this.#node.present())
    if (context === undefined || free <= 0 || present.size > AT_ONCE || limits().size > 0) return store.emit(signals)
    const asked = this.#node.ask()
    try {
      const { counts, claimed } = await context.session.emit(signals, free, present)
      if (context === this.#node.running()) {
        for (const process of claimed) this.#node.begin(context, process, asked)
      }
      return counts
    } catch (error) {
      // Who lost its place delivers as anybody else does.
      if (error instanceof FencedError) return store.emit(signals)
      throw error
    } finally {
      this.#node.answered(asked)
    }
  }
}
