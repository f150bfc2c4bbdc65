import { describe, expect, test } from 'bun:test'
import { defineService, JustScale, Logger } from '../index.ts'
import { createTestKit } from '../testing/create-test-kit.ts'

describe('logging', () => {
  test('names the component and the cell, and prints errors whole', async () => {
    class Works extends defineService({
      name: 'Works',
      inject: { logger: Logger },
      factory: ({ logger }) => ({
        work: () =>
          logger.with({ tenant: 7 }).error('It broke', { error: new Error('why', { cause: new Error('deeper') }) }),
      }),
    }) {}
    await using kit = await createTestKit(JustScale().named('shop').add(Works))
    await kit.run(async () => (await kit.resolve(Works)).work())
    expect(kit.logs).toEqual([
      {
        level: 'error',
        component: 'Works',
        message: 'It broke',
        fields: {
          cell: 'test',
          tenant: 7,
          error: expect.objectContaining({ message: 'why', cause: expect.objectContaining({ message: 'deeper' }) }),
        },
      },
    ])
  })
})
