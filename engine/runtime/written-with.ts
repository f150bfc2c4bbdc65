/** What starts and emissions are written with: a step's outcome, a transaction that is given, one that somebody defers, or nothing. */
import { currentStep } from '../step/current-step.ts'
import type { JoinableTransaction } from '../step/transaction.ts'
import type { EngineOptions, TransactionOption } from './engine-type.ts'
import { outboxOf } from './outbox.ts'

/** What the body starts and emits goes the way of what it writes: with the step, or not at all when it throws. */
export async function allOrNothing(body: () => unknown, transaction: EngineOptions['transaction']): Promise<unknown> {
  const outbox = outboxOf(currentStep())
  const [starts, emits] = [outbox?.starts.length, outbox?.emits.length]
  try {
    return await (transaction === undefined ? body() : transaction(body))
  } catch (error) {
    outbox?.starts.splice(starts ?? 0)
    outbox?.emits.splice(emits ?? 0)
    throw error
  }
}

/** Writes now, in the transaction that is given, or leaves it to whoever defers it. */
export async function written(
  { transaction, defer }: TransactionOption,
  write: (transaction: JoinableTransaction | undefined) => Promise<void>,
): Promise<void> {
  if (defer !== undefined) await defer(write)
  else await write(transaction)
}

/** Takes `item` out again, where it still is. */
export function takeBack<Item>(items: Item[], item: Item): void {
  const at = items.indexOf(item)
  if (at >= 0) items.splice(at, 1)
}
