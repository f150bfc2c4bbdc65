/** The engine that the running code belongs to, by async context: steps run inside it, and so does what they start. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { NoEngineError } from '../errors.ts'
import type { Engine } from './engine-type.ts'

const engines = new AsyncLocalStorage<Engine>()

export function currentEngine(): Engine | undefined {
  return engines.getStore()
}

export function requireEngine(what: string): Engine {
  const engine = engines.getStore()
  if (engine === undefined) {
    throw new NoEngineError(`${what} is used outside of an engine`, {
      hint: 'Inside steps the engine is known; elsewhere use engine.run(...), engine.emit(...) or engine.enter(body).',
    })
  }
  return engine
}

export function enterEngine<Result>(engine: Engine, body: () => Result): Result {
  return engines.run(engine, body)
}
