import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { createEventBus, currentApp, EventValidationError, JustScale, transaction } from '../index.ts'
import { createTestKit } from '../testing/create-test-kit.ts'

class Events extends createEventBus({ 'user.created': z.object({ name: z.string().min(1) }), ping: z.object({}) }) {}

describe('an event bus', () => {
  test('calls every handler of the name, in the app, until it is disposed', async () => {
    await using kit = await createTestKit(JustScale().named('shop').add(Events))
    const events = await kit.resolve(Events)
    const heard: string[] = []
    using one = events.on('user.created', ({ name }) => void heard.push(`one ${name} in ${currentApp()?.name}`))
    const two = events.on('user.created', async ({ name }) => void heard.push(`two ${name}`))
    await kit.run(() => events.emit('user.created', { name: 'Ada' }))
    two[Symbol.dispose]()
    await kit.run(() => events.emit('user.created', { name: 'Bo' }))
    expect(heard).toEqual(['one Ada in shop', 'two Ada', 'one Bo in shop'])
    expect(one).toBeDefined()
  })

  test('waits for the commit, and says nothing after a rollback', async () => {
    await using kit = await createTestKit(JustScale().add(Events))
    const events = await kit.resolve(Events)
    const heard: string[] = []
    events.on('user.created', ({ name }) => void heard.push(name))
    await kit.run(async () => {
      await transaction(async () => {
        await events.emit('user.created', { name: 'no' })
        throw new Error('back')
      }).catch(() => {})
      await transaction(async () => {
        await events.emit('user.created', { name: 'yes' })
        expect(heard).toEqual([])
      })
    })
    expect(heard).toEqual(['yes'])
  })

  test('refuses what fails the schema, and unknown names', async () => {
    await using kit = await createTestKit(JustScale().add(Events))
    const events = await kit.resolve(Events)
    await expect(events.emit('user.created', { name: '' })).rejects.toThrow(EventValidationError)
    for (const name of ['nothing', 'constructor'])
      await expect(events.emit(name as 'ping', {})).rejects.toThrow(`There is no event "${name}"`)
    expect(() => events.on('pnig' as 'ping', () => {})).toThrow('There is no event "pnig"')
  })

  test('a handler that fails stops nobody else, and is logged', async () => {
    await using kit = await createTestKit(JustScale().add(Events))
    const events = await kit.resolve(Events)
    let heard = 0
    events.on('ping', () => Promise.reject(new Error('broken')))
    events.on('ping', () => void heard++)
    await kit.run(() => events.emit('ping', {}))
    expect(heard).toBe(1)
    expect(kit.logs).toEqual([expect.objectContaining({ level: 'error', message: 'An event handler failed' })])
  })
})
