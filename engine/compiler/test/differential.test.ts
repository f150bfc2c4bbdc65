/**
 * Every case runs natively, compiled, compiled with the memory dropped at every wait, and with every step made twice (as
 * after a crash): same result, same error, same calls with the same arguments in the same order.
 */
import { describe, expect, test } from 'bun:test'
import { createValueCodec } from '../../value/create-codec.ts'
import { cases, sourceOf } from './cases.ts'
import { hardCases, plainPrograms } from './hard-cases.ts'
import { drive } from './driver.ts'
import { runNative } from './native.ts'
import { tracingServices } from './services.ts'

const codec = createValueCodec()

/** Concurrent fibers are free in the order of their calls. */
const CONCURRENT = /fan-out|settled|any|floating|promises|fibers/

const all = { ...cases, ...hardCases, ...Object.fromEntries(plainPrograms.map((body) => [body.slice(0, 60), body])) }

describe.each(Object.entries(all))('%s', (name, body) => {
  const source = sourceOf(body)
  const params = { id: 'order-1' }
  const order = (trace: readonly string[]): readonly string[] =>
    CONCURRENT.test(name) || body.includes('Promise.') ? trace.toSorted() : trace

  const native = async () => {
    const trace: string[] = []
    return runNative(source, tracingServices(trace), params, trace)
  }
  const durable = async (options: { durable?: typeof codec; crash?: true }) => {
    const trace: string[] = []
    return drive(source, { services: tracingServices(trace), params, trace, ...options })
  }

  test('in memory', async () => {
    const [expected, actual] = [await native(), await durable({})]
    expect({ ...actual, trace: order(actual.trace) }).toEqual({ ...expected, trace: order(expected.trace) })
  })

  test('with the memory dropped at every wait', async () => {
    const [expected, actual] = [await native(), await durable({ durable: codec })]
    expect({ ...actual, trace: order(actual.trace) }).toEqual({ ...expected, trace: order(expected.trace) })
  })

  test('with a crash after every step', async () => {
    const [expected, actual] = [await native(), await durable({ durable: codec, crash: true })]
    expect(order(actual.trace)).toEqual(order(expected.trace))
    expect([actual.result, actual.error]).toEqual([expected.result, expected.error])
  })
})
