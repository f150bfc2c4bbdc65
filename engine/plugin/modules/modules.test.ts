/** Processes over several files: barrels, namespaces, default exports, routines as members. */
import { expect, test } from 'bun:test'
import { World } from '../../runtime/test/world.ts'
import { mistaken, returning, throughFiles } from './process.ts'
import { byConstant, byDefault, byNamespace, renamed, unseen } from './renamed.ts'
import { makeProcess } from './renamed-words.ts'

test('words and routines that come through other files wait durably', async () => {
  const world = new World(throughFiles, returning)
  const engine = await world.engine()
  const handle = await engine.run(throughFiles, { id: 'a' })
  expect(await (await engine.run(returning, { id: 'a' })).result).toBe(10)
  await world.clock.advance({ days: 2 })
  await engine.stop()
  const later = await world.engine()
  expect(later.running).toBe(0)
  await world.clock.advance({ days: 12 })
  expect(await handle.result).toEqual([4, 6, 10, 1, 'held 2', 'held 4', 'closed 1'])
  await later.stop()
})

test('a function that waits and is no routine says what to write, on its line', async () => {
  const world = new World(mistaken)
  const engine = await world.engine()
  const handle = await engine.run(mistaken, { id: 'a' })
  const error = await Promise.resolve(handle.result).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    code: 'ENGINE_NOT_COMPILED',
    message: 'delay was called in plain code: it works in handlers and routines only',
    hint: expect.stringContaining('routine(async'),
  })
  expect((error as Error).stack).toMatch(/^NotCompiledError: .*\n +at notARoutine .*billing\.ts:29:\d+\)$/)
  await engine.stop()
})

test('words under other names, through several files, are the words', async () => {
  const world = new World(renamed, byDefault, byConstant, byNamespace)
  const engine = await world.engine()
  const handle = await engine.run(renamed, { id: 'a' })
  expect(await (await engine.run(byDefault, { id: 'a' })).result).toBe(6)
  expect(await (await engine.run(byConstant, { id: 'a' })).result).toBe(10)
  expect(await (await engine.run(byNamespace, { id: 'a' })).result).toEqual([1, 3])
  await world.clock.advance({ days: 4 })
  expect(await handle.result).toEqual(['a', 'held 1', 3])
  await engine.stop()
})

test('a process that the compiler cannot see says where it is defined', async () => {
  const error = await new World(...unseen(makeProcess)).engine().catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    code: 'ENGINE_NOT_COMPILED',
    message: expect.stringMatching(/^The process \/unseen\/:id \(defined at .*\/renamed\.ts:\d+:19\) was not compiled/),
    hint: expect.stringContaining('through a parameter'),
  })
})
