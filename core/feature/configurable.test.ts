import { expect, test } from 'bun:test'
import { JustScale } from '../app/builder.ts'
import { defineService } from '../service/define-service.ts'
import { configurable } from './configurable.ts'
import { createFeatureBuilder } from './create-feature-builder.ts'

class Greeting extends defineService({ factory: () => ({ text: 'hello' }) }) {}

const said: string[] = []
const Greetings = configurable(({ name = 'world' }: { readonly name?: string }) =>
  createFeatureBuilder()
    .name('Greetings')
    .onStart(async ({ resolve }) => void said.push(`${(await resolve(Greeting)).text} ${name}`))
    .provides((app) => app.add(Greeting)),
)

class NeedsGreeting extends defineService({
  inject: { greeting: Greeting },
  factory: ({ greeting }) => ({ twice: () => greeting.text.repeat(2) }),
}) {}

test('is added as it is, or called with options, and provides the same', async () => {
  for (const feature of [Greetings, Greetings({ name: 'Ada' })]) {
    const app = JustScale().add(feature).add(NeedsGreeting).build()
    await app.start()
    expect((await app.resolve(NeedsGreeting)).twice()).toBe('hellohello')
    await app.stop()
  }
  expect(said).toEqual(['hello world', 'hello Ada'])
})

test('can be required by another feature', async () => {
  const Party = createFeatureBuilder()
    .name('Party')
    .requires(Greetings)
    .provides((app) => app.add(NeedsGreeting))
  const app = JustScale().add(Greetings).add(Party).build()
  expect((await app.resolve(NeedsGreeting)).twice()).toBe('hellohello')
  // @ts-expect-error Party requires Greetings
  expect(() => JustScale().add(Party).build()).toThrow('Greetings')
})
