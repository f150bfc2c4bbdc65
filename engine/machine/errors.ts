/** Errors the machine throws into processes (`ProcessCancelled`, in the room's errors, is another). */
import { EngineError, ProcessCancelled } from '../errors.ts'
import { nameError } from '../name-error.ts'

/** A `using` resource was given up at a wait and could not be acquired again after it. */
export class ResourceGoneError extends EngineError {
  static {
    nameError(this, 'ResourceGoneError')
  }

  readonly code = 'ENGINE_RESOURCE_GONE'

  constructor(slot: string, cause?: unknown) {
    super(`\`${slot}\` was released while the process waited, and is gone now`, {
      cause,
      hint: 'Catch this where the process waits, or read the resource again in a block of its own.',
    })
  }
}

/** A primitive was used in a way only a compiled handler's own code may. */
export class PrimitiveMisuseError extends EngineError {
  static {
    nameError(this, 'PrimitiveMisuseError')
  }

  readonly code = 'ENGINE_PRIMITIVE_MISUSE'
}

/** A loop with awaits over an iterator that gives more items than are read ahead: it may never end. */
export class IterationLimitError extends EngineError {
  static {
    nameError(this, 'IterationLimitError')
  }

  readonly code = 'ENGINE_ITERATION_LIMIT'

  constructor(limit: number) {
    super(`A loop with awaits was to go over more than ${limit} items of an iterator, which is read to its end first`, {
      hint: 'Read page by page with a step each (`while (page.next)`), or make an array of what you need before the loop.',
    })
  }
}

/** Something was to run beside a block that holds a lock: a fan-out or floating call of a routine of another module. */
export class FiberInLockError extends EngineError {
  static {
    nameError(this, 'FiberInLockError')
  }

  readonly code = 'ENGINE_FIBER_IN_LOCK'

  constructor(slot: string) {
    super(`A call was to run beside the block that holds \`${slot}\`, outside its unit of work`, {
      hint: 'Call the routine before or after the block, or let it await its calls one after the other.',
    })
  }
}

/** A join was given, or a function returned, a promise that nobody could make again, or a call gave back one that it was handed. */
export class PlainPromiseError extends EngineError {
  static {
    nameError(this, 'PlainPromiseError')
  }

  readonly code = 'ENGINE_PLAIN_PROMISE'

  /** `what` was done with it: `Promise.all was given`. */
  constructor(what: string) {
    super(`${what} a promise that cannot be waited for here: it is no call of this process, or was handed to one`, {
      hint: 'Write the calls in the list, push them there, keep each in a local that is only awaited, or `return await` it.',
    })
  }
}

/** Whether an error is the cancellation, also when it was stored and read back since. */
export function isCancellation(error: unknown): boolean {
  return error instanceof ProcessCancelled || (error instanceof Error && error.name === 'ProcessCancelled')
}
