/** `just process` as its users call it: on two apps that run in one database. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { bindRepository, JustScale, ModelRepository } from '@justscale/core'
import { createSchedule } from '@justscale/core/process'
import { hearing, Purse, BankSignals } from '@justscale/core/process/contract-models'
import { testDatabase, type TestDatabase } from '@justscale/engine/embedded'
import {
  createPgModel,
  createPgRepository,
  PostgresFeature,
  PostgresProcessFeature,
  PostgresSchemaFeature,
} from '@justscale/postgres'
import { join } from 'node:path'
import { breaking, sensor, Shop, stubborn } from './test/processes.ts'

const main = join(import.meta.dir, '..', 'main.ts')
const purses = ModelRepository.of(Purse)
const never = createSchedule({ name: 'new-year', cron: '0 0 1 1 *', fire() {} })

let database: TestDatabase
let apps: ReturnType<typeof open>[] = []

function open(name: string) {
  return JustScale()
    .named(name)
    .add(PostgresFeature({ url: database.url }))
    .add(PostgresSchemaFeature)
    .add(bindRepository(purses, createPgRepository(createPgModel(Purse))))
    .add(PostgresProcessFeature({ report() {} }))
    .add(BankSignals)
    .add(hearing)
    .add(Shop)
    .add(breaking)
    .add(stubborn)
    .add(never)
    .build()
}

beforeAll(async () => {
  database = await testDatabase()
  apps = ['north', 'south'].map(open)
  for (const app of apps) await app.start()
}, 30_000)

afterAll(async () => {
  for (const app of apps) await app.stop()
  await database?.drop()
})

async function just(...args: string[]): Promise<{ out: string; err: string; code: number }> {
  const child = Bun.spawn([process.execPath, main, 'process', ...args], {
    env: { ...process.env, DATABASE_URL: database.url, NO_COLOR: '1' },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { out, err, code: await child.exited }
}

async function data<Shape>(...args: string[]): Promise<Shape> {
  const { out, err, code } = await just(...args, '--namespace', 'north', '--json')
  expect([err, code]).toEqual(['', 0])
  return JSON.parse(out) as Shape
}

/** The process's state as `show` tells it, once it is in this status. */
async function until(path: string, status: string): Promise<Record<string, unknown>> {
  for (;;) {
    const seen = await data<Record<string, unknown>>('show', path)
    if (seen['status'] === status) return seen
  }
}

test('with two apps in the database it asks whose processes are meant, and then shows those only', async () => {
  const [north, south] = apps
  const here = await north?.run(
    async () => (await hearing({ purse: await (await north.resolve(purses)).insert({ owner: 'N', balance: 0 }) })).path,
  )
  await south?.run(
    async () => await hearing({ purse: await (await south.resolve(purses)).insert({ owner: 'S', balance: 0 }) }),
  )
  const asked = await just('list')
  expect([asked.code, asked.out]).toEqual([2, ''])
  expect(asked.err).toContain('--namespace north, or --namespace south')
  const rows = await data<{ path: string }[]>('list')
  expect(rows.map(({ path }) => path)).toEqual([here ?? ''])
  expect((await just('list', '--namespace', 'east')).err).toContain('It has those of north, south.')
  const { out } = await just('list', '--namespace', 'south')
  expect(out).not.toContain(here ?? '?')
  expect(await data<{ name: string; next: string }[]>('schedules')).toMatchObject([{ name: 'new-year', firings: 0 }])
}, 60_000)

test('a live process is paused, resumed, given a signal with its reference, and shows all that happened', async () => {
  const [north] = apps
  if (north === undefined) return
  const stored = await north.resolve(purses)
  const purse = await north.run(() => stored.insert({ owner: 'Ada', balance: 0 }))
  const handle = await north.run(() => hearing({ purse }))
  await until(handle.path, 'waiting')
  await data('pause', handle.path)
  await until(handle.path, 'paused')
  const twice = await just('pause', handle.path, '--namespace', 'north')
  expect([twice.code, twice.err]).toEqual([1, expect.stringContaining('is paused: there is nothing to pause')])
  await data('signal', handle.path, 'deposited', '--data', '{"amount": 5}')
  const paused = await data<{ inbox: { value: Record<string, unknown> }[] }>('show', handle.path)
  expect(paused.inbox.map(({ value }) => value)).toEqual([{ purse: `Purse(${handle.path.split('/')[2]})`, amount: 5 }])
  await data('resume', handle.path)
  await data('signal', handle.path, '/purse/:purse/deposited', '--data', '{"amount": 0}')
  expect(await north.run(async () => await handle.result)).toEqual([5, 0])
  const { out } = await just('show', handle.path, '--namespace', 'north')
  expect(out).toContain('completed')
  expect(out).toMatch(/outcome +\[ 5, 0 \]/)
  expect(out).toContain('signal /purse/:purse/deposited')
  const wrong = await just('signal', handle.path, 'deposited', '--namespace', 'north')
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('does not listen for deposited now')])
}, 60_000)

test('a failed process is found by its status, shown with its error and line, mended and retried', async () => {
  const [north] = apps
  if (north === undefined) return
  sensor.broken = true
  const handle = await north.run(() => breaking({ id: '1' }))
  await until(handle.path, 'failed')
  expect(await data<{ path: string }[]>('list', '--status', 'failed,quarantined')).toMatchObject([
    { path: handle.path },
  ])
  const { out } = await just('show', handle.path, '--namespace', 'north')
  expect(out).toContain('RangeError: broken')
  expect(out).toMatch(/> +\d+ +return await shop\.measure\(id\)/)
  sensor.broken = false
  await data('retry', handle.path)
  await until(handle.path, 'completed')
}, 60_000)

test('a process is cancelled with a reason; what does not exist is said', async () => {
  const [north] = apps
  if (north === undefined) return
  const stored = await north.resolve(purses)
  const handle = await north.run(async () => await hearing({ purse: await stored.insert({ owner: 'Cy', balance: 0 }) }))
  await data('cancel', handle.path, '--reason', 'moved away')
  await expect(north.run(async () => await handle.result)).rejects.toThrow('moved away')
  const late = await just('terminate', handle.path, '--namespace', 'north')
  expect([late.code, late.err]).toEqual([1, expect.stringContaining('is cancelled: there is nothing to terminate')])
  const unknown = await just('cancel', '/no/such', '--namespace', 'north')
  expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining('No process has the path /no/such')])
  const garbled = await just('signal', handle.path, 'deposited', '--data', 'five', '--namespace', 'north')
  expect([garbled.code, garbled.err]).toEqual([2, expect.stringContaining('five is no JSON object')])
}, 60_000)

test('a process that goes on after its cancellation is terminated; it is said that it was cancelled before', async () => {
  const [north] = apps
  if (north === undefined) return
  const handle = await north.run(() => stubborn({ id: '1' }))
  await until(handle.path, 'waiting')
  await data('cancel', handle.path)
  await sensor.caught.promise
  const again = await just('cancel', handle.path, '--namespace', 'north')
  expect([again.code, again.err]).toEqual([1, expect.stringContaining('was cancelled before, and has not ended since')])
  expect(again.err).toContain(`just process terminate ${handle.path}`)
  expect(await data<object>('terminate', handle.path, '--reason', 'enough')).toEqual({ path: handle.path, done: true })
  await expect(north.run(async () => await handle.result)).rejects.toThrow('enough')
  const seen = await data<{ timeline: { kind: string }[] }>('show', handle.path)
  expect(seen.timeline.map(({ kind }) => kind)).toContain('terminated')
}, 60_000)

test('compat says that a build can run what lives, and which processes another one cannot', async () => {
  const [north] = apps
  if (north === undefined) return
  const handle = await north.run(() => stubborn({ id: 'old' }))
  await until(handle.path, 'waiting')
  const build = (version: string) => join(import.meta.dir, 'test', `${version}-app.ts`)
  const same = await just('compat', build('same'))
  expect([same.code, same.out.trim(), same.err]).toEqual([0, 'This build can run every live process.', ''])
  const poorer = await just('compat', build('poorer'))
  expect([poorer.code, poorer.out]).toEqual([1, expect.stringContaining('the method `shop.caught`')])
  expect(poorer.out).toMatch(/^1 of \/stubborn\/:id \(program [0-9a-f]{12}\), 1 at line \d+: /)
  const listed = await just('compat', build('poorer'), '--json')
  expect(JSON.parse(listed.out)).toMatchObject([{ definition: '/stubborn/:id', count: 1 }])
  await data('terminate', handle.path)
  await until(handle.path, 'cancelled')
  expect((await just('compat', build('poorer'))).code).toBe(0)
}, 60_000)
