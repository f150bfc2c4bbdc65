/**
 * Programs over the whole of the language (`language/*.txt`): natively, compiled, with the memory dropped at every wait, and
 * with every step made twice, the result, the error and the calls are the same; or the compiler says why not.
 */
import { describe, expect, test } from 'bun:test'
import { createValueCodec } from '../../value/create-codec.ts'
import { transform } from '../index.ts'
import { sourceOf } from './cases.ts'
import { comparable, languagePrograms, runAll, runInMemory } from './language-programs.ts'

const codec = createValueCodec()
const programs = languagePrograms()

describe.each(
  Map.groupBy(programs, (each) => each.topic)
    .entries()
    .toArray(),
)('%s', (_topic, list) => {
  test.each(list.map((each) => [each.name, each] as const))('%s', async (_name, { body, instead }) => {
    if (instead?.startsWith('COMPILE')) {
      expect(() => transform('/app/case.ts', sourceOf(body))).toThrow(instead)
      return
    }
    if (instead === 'memory') {
      const { native, memory } = await runInMemory(body)
      expect(comparable(body, memory)).toEqual(comparable(body, native))
      return
    }
    if (instead !== undefined) {
      const failed = await runAll(body, codec).catch((error: unknown) => error)
      expect(failed).toMatchObject({ name: instead })
      return
    }
    const { native, memory, durable, crashed } = await runAll(body, codec)
    const expected = comparable(body, native)
    expect(comparable(body, memory)).toEqual(expected)
    expect(comparable(body, durable)).toEqual(expected)
    expect(comparable(body, crashed)).toEqual(expected)
  })
})
