/** Errors of programs that came out of the store: in the lines they were compiled from, whatever the file says today. */
import { expect, test } from 'bun:test'
import { transform } from '../compiler/index.ts'
import type { Environment, LoadedProgram } from '../program/environment.ts'
import { parseProgram, programText } from '../program/hash.ts'
import { advance, createState, instantiate } from './index.ts'

const yesterday = `import { defineProcess } from '@justscale/engine'

function checked(total: number): number {
  if (total > 100) throw new RangeError('too much')
  return total
}

async function charge(svc: any, order: any) {
  const receipt = await svc.charge(order)
  return receipt.lines.at(-1).price
}

export const p = defineProcess({
  path: '/order/:order',
  async handler({ svc }: any, { order }: any) {
    const total = await svc.total(order)
    const twice = [total].map((each) =>
      checked(each) * 2)
    const price = await charge(svc, order)
    try {
      await svc.send(price)
    } catch (error) {
      throw new Error('not sent', { cause: error })
    }
    return twice
  },
})
`

/** The error of the process when its steps answer so; a function answers by throwing. */
function fail(...answers: readonly unknown[]): Error {
  const first = transform('/app/orders/order.ts', yesterday)?.programs[0]
  if (!first) throw new Error('Nothing to compile')
  const env: Environment = {
    dependencies: { svc: {} },
    isRead: () => false,
    program: () => program,
    adopt: () => program,
    host: { currentStep: () => undefined, transaction: () => undefined, retryDelay: () => undefined },
  }
  const program: LoadedProgram = instantiate(
    parseProgram(programText(first.program)),
    first.hash,
    () => undefined,
    () => env,
    first.debug,
  )
  const state = createState(first.hash, { order: 'o' })
  let effects = advance(state, env, [{ kind: 'start' }])
  for (const value of answers) {
    const outcome =
      value instanceof Error ? ({ kind: 'threw', error: value } as const) : ({ kind: 'returned', value } as const)
    effects = advance(state, env, [{ kind: 'outcome', fiber: 0, outcome }])
  }
  const end = effects.at(-1)
  if (end?.kind !== 'finished' || end.outcome.kind !== 'threw') throw new Error('It did not fail')
  return end.outcome.error as Error
}

const frames = (error: Error): string[] => (error.stack ?? '').split('\n').filter((line) => line.includes(' at '))

test('a throw in a function of the module that came along, called from a callback', () => {
  const found = frames(fail(500))
  expect(found[0]).toMatch(/\/app\/orders\/order\.ts:4:\d+\)?$/)
  expect(found.slice(1, 4).join()).toMatch(/\/app\/orders\/order\.ts:18:\d+/)
})

test('an error of the language in a helper, in the names of the source', () => {
  const error = fail(1, { lines: [] })
  expect(error.message).toBe("undefined is not an object (evaluating 'receipt.lines.at(-1).price')")
  expect(frames(error)[0]).toMatch(/\/app\/orders\/order\.ts:10:\d+\)?$/)
})

test('an error thrown by the handler, with what caused it', () => {
  const error = fail(1, { lines: [{ price: 3 }] }, new Error('no line'))
  expect(frames(error)[0]).toMatch(/\/app\/orders\/order\.ts:23:\d+\)?$/)
  expect((error.cause as Error).message).toBe('no line')
})

test('no frame of the engine, nor of the text of the program', () => {
  for (const error of [fail(500), fail(1, { lines: [] }), fail(1, { lines: [{ price: 3 }] }, new Error('x'))])
    expect(
      frames(error).filter(
        (line) => /justscale:|engine\/(machine|runtime|step)\/[\w-]+\.ts/.test(line) && !line.includes('.test.ts'),
      ),
    ).toEqual([])
})
