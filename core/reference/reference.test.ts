import { describe, expect, test } from 'bun:test'
import {
  bindRepository,
  defineModel,
  field,
  ForeignAppError,
  JustScale,
  makePersistent,
  ModelRepository,
  Reference,
  ReferenceNotFoundError,
  repositorySource,
  transaction,
  type RepositorySource,
} from '../index.ts'
import { currentCell } from '../cell/current-cell.ts'

class Creator extends defineModel({ name: 'Creator', fields: { name: field.string() } }) {
  shout() {
    return this.name.toUpperCase()
  }
}
class Campaign extends defineModel({
  name: 'Campaign',
  fields: { creator: field.ref(Creator), fans: field.refs(Creator) },
}) {}

function build(name = 'app') {
  const reads: string[][] = []
  function storage<T>(): RepositorySource<T, 'memory'> {
    return {
      [repositorySource]: {
        storage: 'memory',
        create: (model, _, app) => ({
          getMany: async (refs: readonly Reference<T>[]) => {
            reads.push(refs.map((ref) => ref.identifier))
            return refs.map(({ identifier }) =>
              identifier === 'gone' ? null : makePersistent(app, model, identifier, { name: `n${identifier}` }),
            )
          },
        }),
      },
    }
  }
  const app = JustScale()
    .named(name)
    .add(bindRepository(ModelRepository.of(Creator), storage()))
    .build()
  return { app, reads }
}

describe('a reference', () => {
  test('gives a full instance', async () => {
    const { app } = build()
    expect(await app.run(async () => (await Creator.ref`c1`).shout())).toBe('NC1')
  })

  test('is one read with all others of its model in the same turn, each key once', async () => {
    const { app, reads } = build()
    await app.run(() => Promise.all(['1', '2', '1', '3'].map((id) => Creator.ref(id))))
    expect(reads).toEqual([['1', '2', '3']])
  })

  test('reads again when awaited again outside of any unit of work: it keeps nothing', async () => {
    const { app, reads } = build()
    await app.run(async () => {
      const ref = Creator.ref('1')
      expect(await ref).not.toBe(await ref)
    })
    expect(reads).toEqual([['1'], ['1']])
  })

  test('is read once in a unit of work, whoever awaits it, until something is locked or written there', async () => {
    const { app, reads } = build()
    await app.run(async () => {
      await transaction(async () => {
        const first = await Creator.ref('1')
        expect(await Creator.ref('1')).toBe(first)
        expect((await Promise.allSettled([Creator.ref('gone')]))[0]?.status).toBe('rejected')
        expect((await Promise.allSettled([Creator.ref('gone')]))[0]?.status).toBe('rejected')
        await transaction(async () => expect(await Creator.ref('1')).not.toBe(first))
        currentCell()?.forgetReads()
        expect(await Creator.ref('1')).not.toBe(first)
      })
      await Creator.ref('1')
    })
    expect(reads).toEqual([['1'], ['gone'], ['gone'], ['1'], ['1'], ['1']])
  })

  test.each(['close', 'fail'] as const)('is read again once its unit of work has ended by %s', async (end) => {
    const { app, reads } = build()
    await app.run(async () => {
      for (let round = 0; round < 2; round++) {
        const scope = await currentCell()?.openScope()
        await Creator.ref('1')
        await Creator.ref('1')
        await scope?.[end]()
      }
    })
    expect(reads).toEqual([['1'], ['1']])
  })

  test('does not share a read with another unit of work', async () => {
    const { app, reads } = build()
    await app.prepare()
    await Promise.all([app.run(async () => await Creator.ref('1')), app.run(async () => await Creator.ref('1'))])
    expect(reads).toEqual([['1'], ['1']])
  })

  test('to nothing rejects, and its neighbours do not', async () => {
    const { app } = build()
    const [gone, there] = await app.run(() => Promise.allSettled([Creator.ref('gone'), Creator.ref('1')]))
    expect(gone).toMatchObject({ status: 'rejected', reason: expect.any(ReferenceNotFoundError) })
    expect(there?.status).toBe('fulfilled')
  })

  test('of one app is refused in another', async () => {
    const [one, two] = [build('one'), build('two')]
    const ref = await one.app.run(() => ({ ref: Creator.ref('1') }))
    const error = await two.app.run(() => ref.ref).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(ForeignAppError)
    expect(String(error)).toContain('Creator(1) belongs to app "one" and was used in app "two"')
  })

  test('made outside any app is good in each', async () => {
    const ref = Creator.ref('1')
    for (const { app } of [build('one'), build('two')]) expect((await app.run(() => ref)).name).toBe('n1')
  })

  test('has three forms and prints as what it is', () => {
    const { app } = build()
    const entity = makePersistent(app, Creator, 'c9', { name: 'x' }) as never
    for (const ref of [Creator.ref`c${9}`, Creator.ref('c9'), Creator.ref(entity), Creator.ref(Creator.ref('c9'))]) {
      expect(ref.identifier).toBe('c9')
      expect(Bun.inspect(ref)).toBe('Reference Creator(c9)')
      expect(JSON.stringify({ ref })).toBe('{"ref":"c9"}')
    }
    expect(() => Creator.ref('')).toThrow('"" is not a reference to Creator')
    expect(Creator.ref('1').equals(Creator.ref`1`)).toBeTrue()
    expect(Creator.ref('1').equals({} as unknown as Reference<Creator>)).toBeFalse()
    expect(() => Creator.ref(Campaign.ref('1') as never)).toThrow('must be a reference to Creator, got one to Campaign')
    expect(() => Creator.ref(new Creator({ name: 'x' }) as never)).toThrow('must be stored first')
  })

  test('of a model that is not stored in the app says so', async () => {
    const { app } = build()
    await expect(app.run(() => Campaign.ref('1'))).rejects.toThrow('provides ModelRepository.of(Campaign)')
  })
})

test('references are read together and in order', async () => {
  const { app, reads } = build()
  const names = await app.run(async () => {
    const campaign = makePersistent(app, Campaign, 'x', { creator: '1', fans: ['3', '2'] }) as unknown as Campaign
    return (await campaign.fans).map((fan) => fan.name)
  })
  expect(names).toEqual(['n3', 'n2'])
  expect(reads).toEqual([['3', '2']])
})
