/** What a typed client rejects with. */
import { CoreError, nameError } from '@justscale/core'
import type { Problem } from '../response/problem.ts'

/** An answer that was no success. */
export class HttpCallError extends CoreError {
  static {
    nameError(this, 'HttpCallError')
  }

  readonly code = 'HTTP_CALL'
  readonly status: number
  /** What the server said, where it is one of ours. */
  readonly problem: Problem | undefined

  constructor(call: string, status: number, problem: Problem | undefined) {
    super(`${call} answered ${status}${problem?.detail === undefined ? '' : `: ${problem.detail}`}`)
    this.status = status
    this.problem = problem
  }
}
