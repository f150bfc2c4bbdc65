/** Errors of our packages: their names in a minified bundle, and their classes when a process has stored them. */
import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CoreError, LockTimeoutError } from '@justscale/core'
import { createValueCodec } from '@justscale/engine'
import { HttpError } from '@justscale/http'
import { GrpcError, GrpcStatus } from '@justscale/rpc'
import { allErrors } from './all-errors.ts'

const codec = createValueCodec()
const stored = (error: unknown): unknown => codec.decodeValue(codec.encodeValue(error, 'error'))

test('every exported error class has its own name', () => {
  expect(allErrors.length).toBeGreaterThan(60)
  for (const [exported, { prototype }] of allErrors) {
    expect([exported, Object.getOwnPropertyDescriptor(prototype, 'name')?.value]).toEqual([exported, exported])
  }
})

test('names are the same in a minified bundle', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'justscale-names-'))
  try {
    const built = await Bun.build({
      entrypoints: [join(import.meta.dir, 'names.ts')],
      target: 'bun',
      minify: true,
      outdir: folder,
    })
    expect(built.success).toBe(true)
    const worker = new Worker(join(folder, 'names.js'))
    const { promise, resolve, reject } = Promise.withResolvers<[string, string, string][]>()
    worker.onmessage = ({ data }) => resolve(data as [string, string, string][])
    worker.onerror = (event) => reject(new Error(event.message))
    const names = await promise
    worker.terminate()
    expect(names.map(([exported]) => exported)).toEqual(allErrors.map(([exported]) => exported))
    for (const [exported, name] of names) expect(name).toBe(exported)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('every error class is itself again when it was stored', () => {
  for (const [exported, { prototype }] of allErrors) {
    const thrown = Object.assign(Object.setPrototypeOf(new Error('why', { cause: 1 }), prototype) as Error, {
      hint: 'do',
    })
    const error = stored(thrown) as Error
    expect([exported, Object.getPrototypeOf(error) === prototype]).toEqual([exported, true])
    expect(error).toMatchObject({ name: exported, message: 'why', hint: 'do', cause: 1 })
    expect(Object.hasOwn(error, 'name')).toBe(false)
  }
})

test('what a handler asks of them is there', () => {
  const conflict = stored(new HttpError(409, 'taken', { headers: { 'retry-after': '1' } })) as HttpError
  expect(conflict).toBeInstanceOf(CoreError)
  expect([conflict.status, conflict.headers, conflict.violations]).toEqual([409, { 'retry-after': '1' }, []])
  expect(stored(new LockTimeoutError('thing', 100))).toBeInstanceOf(LockTimeoutError)
})

test('a GrpcError has its status', () => {
  const thrown = new GrpcError(GrpcStatus.NOT_FOUND, 'none')
  const error = stored(thrown)
  expect(error).toBeInstanceOf(GrpcError)
  const { code, statusName, message } = error as GrpcError
  expect([code, statusName, message]).toEqual([5, 'NOT_FOUND', 'none'])
})

test('a class of an application below one of ours is of that one, under its own name', () => {
  class TooLate extends HttpError {}
  const error = stored(new TooLate(410, 'gone'))
  expect(error).toBeInstanceOf(HttpError)
  expect(error).toMatchObject({ name: 'TooLate', status: 410, message: 'gone' })
})
