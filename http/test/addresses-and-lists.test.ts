/** What the typed client makes of odd parameters, and the document of named schemas. */
import { afterAll, describe, expect, test } from 'bun:test'
import { createController, JustScale } from '@justscale/core'
import { z } from 'zod'
import { createClient, Delete, Get, HttpFeature, HttpServer, OpenApi, OpenApiFeature } from '../index.ts'
import { keptLog } from './quiet.ts'

const Page = z.object({ page: z.coerce.number().default(1) })
const Filter = z.object({ tags: z.array(z.string()), text: z.string().optional() }).meta({ id: 'Filter' })

const cards = createController('/cards', {
  routes: () => ({
    clear: Delete('/').handle(() => 'all are gone'),
    remove: Delete('/:card').handle(({ card }) => card),
    files: Get('/files/*').handle(({ rest }) => rest),
    list: Get('/')
      .query(Filter)
      .handle(({ query }) => query.tags),
    pages: Get('/pages')
      .query(Filter.and(Page))
      .handle(({ query }) => query),
  }),
})
const app = JustScale().add(keptLog().sink).add(cards).add(OpenApiFeature).add(HttpFeature).build()
afterAll(() => app.stop())
const client = createClient<typeof cards>({
  fetch: async (request) => (await app.resolve(HttpServer)).fetch(request),
})

describe('a parameter that would lead elsewhere is not sent', () => {
  test.each(['', '.', '..'])('"%s"', async (card) => {
    const call = client.delete('/cards/:card', { params: { card } })
    await expect(call.then(String)).rejects.toBeInstanceOf(TypeError)
  })

  test('as the rest of a path', async () => {
    const rest = (text: string) => client.get('/cards/files/*', { params: { rest: text } })
    await expect(rest('a/../../b').then(String)).rejects.toBeInstanceOf(TypeError)
    expect(await rest('a/.b/..c d')).toBe('a/.b/..c d')
  })
})

test('a list of one in a query', async () => {
  expect(await client.get('/cards', { query: { tags: ['a'] } })).toEqual(['a'])
})

test.each([
  [
    '/cards',
    [
      ['tags', true],
      ['text', false],
    ],
  ],
  [
    '/cards/pages',
    [
      ['tags', true],
      ['text', false],
      ['page', false],
    ],
  ],
])('the parameters of a named or joined schema are in the document of %s', async (path, expected) => {
  const { paths } = await (await app.resolve(OpenApi)).document()
  const { parameters } = paths[path]!['get'] as { parameters: { name: string; required: boolean }[] }
  expect(parameters.map(({ name, required }) => [name, required])).toEqual(expected as [string, boolean][])
})
