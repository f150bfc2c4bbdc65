import { afterAll, beforeAll, expect, test } from 'bun:test'
import { bindRepository, JustScale, ModelRepository } from '@justscale/core'
import { createClient, HttpFeature, HttpServer } from '@justscale/http'
import { createInMemoryModel, createInMemoryRepository } from '@justscale/memory'
import { Link } from '../link/link.ts'
import type { links } from '../link/link-controller.ts'
import { UrlShortener } from '../url-shortener.ts'

const app = JustScale()
  .add(bindRepository(ModelRepository.of(Link), createInMemoryRepository(createInMemoryModel(Link))))
  .add(UrlShortener)
  .add(HttpFeature({ port: 0, host: '127.0.0.1', readinessDelay: 0, accessLog: false }))
  .build()
let base = ''

beforeAll(async () => {
  await app.start()
  base = (await app.resolve(HttpServer)).url
})
afterAll(() => app.stop())

async function shorten(target: string, slug?: string) {
  return await createClient<typeof links>({ baseUrl: base }).post('/links', { body: { target, slug } })
}

async function failure(of: Promise<unknown>): Promise<unknown> {
  return await of.then(
    () => 'none',
    (error: unknown) => error,
  )
}

test('a short name leads to its address', async () => {
  expect(await shorten('https://bun.com/docs', 'bun')).toEqual({ slug: 'bun', target: 'https://bun.com/docs' })
  const answer = await fetch(`${base}/bun`, { redirect: 'manual' })
  expect([answer.status, answer.headers.get('location')]).toEqual([302, 'https://bun.com/docs'])
})

test('without a slug one is made', async () => {
  const made = await Promise.all([shorten('https://a.example'), shorten('https://a.example')])
  expect(made[0].slug).toMatch(/^[\w-]{8}$/)
  expect(made[0].slug).not.toBe(made[1].slug)
})

test('an unknown slug is a 404', async () => {
  const answer = await fetch(`${base}/nowhere`, { redirect: 'manual' })
  expect(answer.status).toBe(404)
  expect(answer.headers.get('content-type')).toStartWith('application/problem+json')
})

test('a slug is given once', async () => {
  await shorten('https://first.example', 'once')
  expect(await failure(shorten('https://second.example', 'once'))).toMatchObject({ status: 409 })
  expect((await fetch(`${base}/once`, { redirect: 'manual' })).headers.get('location')).toBe('https://first.example')
})

test.each([
  ['no address', 'bun'],
  ['a script', 'javascript:alert(1)'],
])('%s is refused', async (_what, target) => {
  expect(await failure(shorten(target))).toMatchObject({ status: 422 })
})
