/** Errors of the engine: each with a stable code, a hint, and a page under docs/errors. */

export abstract class EngineError extends Error {
  abstract readonly code: string
  /** What to do about it. */
  readonly hint: string | undefined

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = new.target.name
    this.hint = options.hint
  }
}

/** This node no longer owns the process (or the process moved on): nothing was written. */
export class FencedError extends EngineError {
  readonly code = 'ENGINE_FENCED'
}
