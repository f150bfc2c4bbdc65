/**
 * What the store is asked for may be handed out twice: an emission, a claim and a start are under way at the same time, and
 * the store knows nothing of what is on its way to the node. Here it is known which processes had a turn since an answer was
 * asked for: what it says of these may be an older state than the one they were left in, and is not taken.
 */
import type { LoadedProcess } from '../store/records.ts'
import type { NodeContext } from './node-context.ts'

/** The node as those see it who ask for processes. */
export interface HandedNode {
  /** Processes are asked for: `begin` those of the answer, then say `answered`. */
  ask(): Asked
  begin(context: NodeContext, process: LoadedProcess, asked: Asked): void
  answered(asked: Asked): void
}

/** A request that hands processes out. */
export interface Asked {
  /** What the node had heard until then. */
  readonly calls: number
  readonly tick: number
}

export class HandOuts {
  /** When processes last began a turn or ended one, oldest first; as far back as the oldest open request. */
  readonly #turns = new Map<string, number>()
  readonly #open = new Set<Asked>()
  #tick = 0

  /** `answered` has to follow. */
  ask(calls: number): Asked {
    const asked = { calls, tick: this.#tick }
    this.#open.add(asked)
    return asked
  }

  /** All that was handed out is taken, or nothing will be. */
  answered(asked: Asked): void {
    this.#open.delete(asked)
    const [oldest] = this.#open
    for (const [id, tick] of this.#turns) {
      if (oldest !== undefined && tick > oldest.tick) return
      this.#turns.delete(id)
    }
  }

  /** A turn of it begins here, or ended. */
  turned(id: string): void {
    this.#tick++
    if (this.#open.size === 0) return
    this.#turns.delete(id)
    this.#turns.set(id, this.#tick)
  }

  /** It has had a turn here since that was asked for. */
  isStale(id: string, { tick }: Asked): boolean {
    return (this.#turns.get(id) ?? 0) > tick
  }
}
