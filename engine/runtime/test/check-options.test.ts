import { expect, test } from 'bun:test'
import { createEngine, type EngineOptions, EngineOptionsError } from '@justscale/engine'
import { MemoryStore } from '@justscale/engine/memory'

const made = (options: Partial<EngineOptions>) => () => createEngine({ store: new MemoryStore(), ...options })

test.each([
  [{ concurrency: 0 }, 'concurrency is 0: it takes 1 process at least'],
  [{ concurrency: Number.NaN }, 'concurrency is NaN'],
  [{ poll: 0 }, 'poll is 0'],
  [{ stuck: 10 }, 'stuck is 10: it takes 1000 milliseconds at least'],
  [{ stuck: Number.NaN }, 'stuck is NaN'],
  [{ limits: { warning: -1 } }, 'limits.warning is -1'],
  [{ limits: { error: 0 } }, 'limits.error is 0'],
  [{ limits: { inbox: 0 } }, 'limits.inbox is 0'],
] as const)('%j is refused where the engine is made', (options, message) => {
  expect(made(options)).toThrow(EngineOptionsError)
  expect(made(options)).toThrow(message)
})

test('no limit is a number too', () => {
  expect(made({ concurrency: Infinity, stuck: Infinity, limits: { warning: Infinity, inbox: Infinity } })).not.toThrow()
})
