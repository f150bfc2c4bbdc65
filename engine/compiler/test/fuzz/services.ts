/** What the fuzzer's programs call: traced services, and a lock that must be let go of as often as it was taken. */
import type { Services } from '../driver.ts'
import { signals } from '../answers.ts'
import { tracingServices } from '../services.ts'

export interface Locks {
  held: number
}

export function fuzzServices(trace: string[], locks: Locks): Services {
  const lock = async (value: unknown): Promise<object> => {
    locks.held++
    const release = (): void => {
      locks.held--
    }
    return { held: value, [Symbol.dispose]: release, [Symbol.asyncDispose]: async () => release() }
  }
  const { svc } = tracingServices(trace)
  return { svc: { ...svc, lock }, sig: signals as never }
}
