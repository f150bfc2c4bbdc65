/** Two nodes as OS processes on one Postgres: what one shortens the other resolves, and a slug is given once by both. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { OsProcess } from '@justscale/core/testing'
import { testDatabase, type TestDatabase } from '@justscale/engine/embedded'
import { createClient } from '@justscale/http'
import { join } from 'node:path'
import type { links } from '../link/link-controller.ts'

let database: TestDatabase
let nodes: OsProcess[] = []
let first: string
let second: string

beforeAll(async () => {
  database = await testDatabase()
  const start = () =>
    OsProcess.start(join(import.meta.dir, '..', 'main.ts'), { DATABASE_URL: database.url, JUSTSCALE_NO_SOCKET: '1' })
  nodes = [start(), start()]
  ;[first, second] = (await Promise.all(nodes.map((node) => node.url))) as [string, string]
}, 60_000)

afterAll(async () => {
  await Promise.all(nodes.map((node) => node.kill()))
  await database.drop()
})

async function shorten(base: string, target: string, slug: string): Promise<number> {
  return await createClient<typeof links>({ baseUrl: base })
    .post('/links', { body: { target, slug } })
    .then(
      () => 201,
      (error: { readonly status: number }) => error.status,
    )
}

async function resolve(base: string, slug: string): Promise<string | number> {
  const answer = await fetch(`${base}/${slug}`, { redirect: 'manual' })
  return answer.headers.get('location') ?? answer.status
}

test('what one node shortens, the other resolves', async () => {
  expect(await resolve(second, 'bun')).toBe(404)
  expect(await shorten(first, 'https://bun.com/docs', 'bun')).toBe(201)
  expect(await resolve(second, 'bun')).toBe('https://bun.com/docs')
})

test('of many who want a slug at both nodes, one gets it', async () => {
  const wanted = Array.from({ length: 20 }, (_, index) => `https://example.com/${index}`)
  const statuses = await Promise.all(wanted.map((target, index) => shorten(index % 2 ? first : second, target, 'hot')))
  expect(statuses.toSorted()).toEqual([201, ...Array.from({ length: 19 }, () => 409)])
  const winner = wanted[statuses.indexOf(201)] ?? 'nobody'
  expect([await resolve(first, 'hot'), await resolve(second, 'hot')]).toEqual([winner, winner])
})
