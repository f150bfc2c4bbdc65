/** Something that the user can put right by calling `just` differently: printed without a stack, exit code 2. */
import { nameError } from '@justscale/core'
import { CommandError } from '@justscale/core/cli'

export class MisuseError extends CommandError {
  static {
    nameError(this, 'MisuseError')
  }

  constructor(message: string, hint?: string) {
    super(message, { exitCode: 2, ...(hint !== undefined && { hint }) })
  }
}
