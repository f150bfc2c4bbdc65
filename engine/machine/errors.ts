/** Errors the machine throws into processes (`ProcessCancelled`, in the room's errors, is another). */
import { EngineError, ProcessCancelled } from '../errors.ts'

/** A `using` resource was given up at a wait and could not be acquired again after it. */
export class ResourceGoneError extends EngineError {
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
  readonly code = 'ENGINE_PRIMITIVE_MISUSE'
}

/** Whether an error is the cancellation, also when it was stored and read back since. */
export function isCancellation(error: unknown): boolean {
  return error instanceof ProcessCancelled || (error instanceof Error && error.name === 'ProcessCancelled')
}
