/** The seam between named locks and what keeps them. Every verb is one act: no two holders can ever both be told yes. */
import { defineToken } from '../service/define-token.ts'

export interface NamedGrant {
  /** Grows with every grant of this name: whoever sees a smaller one after a larger one refuses it. */
  readonly fence: bigint
  /** When the lease ends, by the backend's clock, in milliseconds since the epoch. */
  readonly expires: number
}

export abstract class LockBackend extends defineToken('LockBackend') {
  /** Grants the name if it is free or its lease has ended; `undefined` if not. `holder` is unique to this acquisition. */
  abstract tryAcquire(name: string, holder: string, lease: number): Promise<NamedGrant | undefined>
  /** A new lease from now on; `undefined` if `holder` has lost the name. */
  abstract renew(name: string, holder: string, lease: number): Promise<NamedGrant | undefined>
  /** Frees the name if `holder` still has it. */
  abstract release(name: string, holder: string): Promise<void>
  /** Resolves when it is worth trying again, after `milliseconds` at the latest. */
  abstract changed(name: string, milliseconds: number): Promise<void>
}
