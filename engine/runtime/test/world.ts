/** A store and a clock that outlive engines, and engines on them: `crash` ends one as `kill -9` would. */
import { createEngine, type Engine, type EngineEvent, type ProcessDefinition } from '@justscale/engine'
import { MemoryStore } from '@justscale/engine/memory'
import { seededEntropy, TestClock } from '@justscale/engine/testing'
import type { EngineStore } from '../../store/store.ts'

export class World {
  readonly clock = new TestClock('2026-01-31T10:00:00Z')
  readonly store = new MemoryStore({ clock: this.clock })
  readonly events: EngineEvent[] = []
  readonly #processes: readonly ProcessDefinition[]
  #seed = 0

  constructor(...processes: readonly ProcessDefinition[]) {
    this.#processes = processes
  }

  async engine(store: EngineStore = this.store): Promise<Engine> {
    const engine = createEngine({
      store,
      processes: this.#processes,
      clock: this.clock,
      entropy: seededEntropy(++this.#seed),
      report: (event) => void this.events.push(event),
    })
    await engine.start()
    return engine
  }
}
