/** Something that the user can put right by calling `just` differently: printed without a stack, exit code 2. */

export class MisuseError extends Error {
  readonly hint: string | undefined

  constructor(message: string, hint?: string) {
    super(message)
    this.name = 'MisuseError'
    this.hint = hint
  }
}
