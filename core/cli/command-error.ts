/** What a command ends with when it cannot do what it was asked. */
import { CoreError } from '../errors.ts'
import { nameError } from '../name-error.ts'

/** Printed as its message and hint, without a stack. */
export class CommandError extends CoreError {
  static {
    nameError(this, 'CommandError')
  }

  readonly code = 'CORE_COMMAND'
  /** Default 1. */
  readonly exitCode: number

  constructor(message: string, options: { readonly exitCode?: number; readonly hint?: string } = {}) {
    super(message, options)
    this.exitCode = options.exitCode ?? 1
  }
}

/** The command was called wrongly: exit code 2. */
export function misuse(message: string, hint?: string): CommandError {
  return new CommandError(message, { exitCode: 2, ...(hint !== undefined && { hint }) })
}
