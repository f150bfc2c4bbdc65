/**
 * A step host whose steps are transactions: the checkpoint goes into them, and under the seed they commit, are rolled back, or
 * are lost during COMMIT, so that nobody knows.
 */
import { type StepHost, StepRetry } from '@justscale/engine'
import { settle } from '../../../step/plain-host.ts'
import { enterStep } from '../../../step/current-step.ts'
import type { MemoryTransaction } from '../../../step/transaction.ts'

export interface TransactionalHostOptions {
  /** A whole number from 0 to below - 1. */
  random(below: number): number
  sleep(milliseconds: number): Promise<void>
  /** The transaction of the step under this idempotency key was rolled back: its effect happens again. */
  rolledBack(key: string): void
  /** The place in the cluster that its node has now. */
  place(): number | undefined
  /** The transaction of the step under this idempotency key is committed, which began in that place. */
  committed(key: string, place: number | undefined): void
}

export function transactionalHost({ random, sleep, rolledBack, place, committed }: TransactionalHostOptions): StepHost {
  return {
    open: ({ idempotencyKey }) => ({
      run: (step, invoke) => settle(() => enterStep(step, invoke)),
      abort: async () => {},
      async close(join) {
        // Some steps have no transaction.
        if (random(3) === 0) return 'detached'
        const writes: (() => void)[] = []
        const begunIn = place()
        const transaction: MemoryTransaction = {
          kind: 'memory',
          storage: 'memory',
          onCommit: (apply) => void writes.push(apply),
        }
        await join.write(transaction)
        await sleep(random(30))
        const fate = random(8)
        if (fate === 0) {
          rolledBack(idempotencyKey)
          throw new StepRetry('could not serialize access', 'no', new Error('40001'))
        }
        for (const apply of writes) apply()
        committed(idempotencyKey, begunIn)
        await sleep(random(10))
        if (fate === 1) throw new StepRetry('the connection was lost during COMMIT', 'unknown', new Error('08006'))
        return 'joined'
      },
    }),
  }
}
