/** Handlers that catch errors by their class, with a wait between the catch and the question. */
import { defineProcess, delay, FencedError, ProcessNotFoundError, routine } from '@justscale/engine'
import * as errors from './errors.ts'
import { DeclinedError, PaymentError, UnknownError } from './errors.ts'

export class OwnError extends RangeError {
  static Inner = class InnerError extends Error {}
}

/** Names no class: what it asks of an error is decided where the error is read. */
const isFenced = (error: unknown): boolean => error instanceof FencedError

export const thrower = {
  async fail(kind: string): Promise<never> {
    if (kind === 'declined') throw new DeclinedError(7, 'no')
    if (kind === 'unknown') throw new UnknownError('never heard of')
    if (kind === 'own') throw new OwnError('mine', { cause: new PaymentError(1, 'cause') })
    if (kind === 'inner') throw new OwnError.Inner('inner')
    if (kind === 'ours') throw new ProcessNotFoundError('no such process', { hint: 'look' })
    if (kind === 'fenced') throw new FencedError('fenced')
    throw new PaymentError(3, 'payment')
  },
}

export const catching = defineProcess({
  path: '/errors/:kind',
  inject: { thrower },
  async handler({ thrower }, { kind }) {
    try {
      await thrower.fail(kind)
    } catch (error) {
      await delay.days(1)
      if (error instanceof PaymentError) {
        const { name, message, amount, cents, secret } = error
        return ['payment', name, message, amount, cents, secret, error.stack?.split('\n')[0]]
      }
      if (error instanceof OwnError) return ['own', error.name, error.cause instanceof PaymentError]
      if (error instanceof OwnError.Inner) return ['inner', error.message]
      if (error instanceof ProcessNotFoundError) return ['ours', error.name, error.code, error.hint]
      if (error instanceof Error) return ['other', error.name, error instanceof TypeError, isFenced(error)]
    }
    return ['none']
  },
})

/** Reaches the class through a namespace. */
export const bySpace = defineProcess({
  path: '/errors-by-space/:kind',
  inject: { thrower },
  async handler({ thrower }, { kind }) {
    try {
      await thrower.fail(kind)
    } catch (error) {
      await delay.days(1)
      return error instanceof errors.PaymentError
    }
    return false
  },
})

const settle = routine(async (kind: string) => {
  try {
    await thrower.fail(kind)
  } catch (error) {
    await delay.days(1)
    return error instanceof DeclinedError
  }
  return false
})

/** The routine it calls names the class. */
export const byRoutine = defineProcess({
  path: '/errors-by-routine/:kind',
  async handler(_, { kind }) {
    return await settle(kind)
  },
})

/** Ends with an error that others catch by its class. */
export const failing = defineProcess({
  path: '/errors-failing/:kind',
  inject: { thrower },
  async handler({ thrower }, { kind }): Promise<never> {
    return await thrower.fail(kind)
  },
})
