/**
 * One row of the matrix: every program natively, compiled with the memory dropped at every wait, and with every step made
 * twice: same result, same error, same calls.
 */
import { expect } from 'bun:test'
import { createValueCodec } from '../../value/create-codec.ts'
import { sourceOf } from './cases.ts'
import { drive, type Outcome, type Services } from './driver.ts'
import { runNative } from './native.ts'
import { tracingServices } from './services.ts'

const codec = createValueCodec()
const params = { id: 'order-1' }

/** Objects come back as copies of what was handed over, natively too: only values are compared. */
function services(trace: string[]): Services {
  const { svc } = tracingServices(trace)
  return {
    svc: { ...svc, pass: (async (value: unknown) => (trace.push(`pass ${Bun.inspect(value)}`), value)) as never },
  }
}

export async function checkRow(kind: string, programs: readonly [name: string, body: string][]): Promise<void> {
  const concurrent = kind.startsWith('Promise') || kind === 'ForAwaitStatement'
  const shown = ({ result, error, trace }: Outcome) => ({
    result,
    error,
    trace: concurrent ? [...trace].sort() : trace,
  })
  for (const [name, body] of programs) {
    const source = sourceOf(body)
    const run = async (options?: { crash?: true }): Promise<Outcome> => {
      const trace: string[] = []
      if (!options) return runNative(source, services(trace), params, trace)
      return drive(source, { services: services(trace), params, trace, durable: codec, ...options })
    }
    const expected = await run()
    expect({ name, ...shown(await run({})) }).toEqual({ name, ...shown(expected) })
    expect({ name, ...shown(await run({ crash: true })) }).toEqual({ name, ...shown(expected) })
  }
}
