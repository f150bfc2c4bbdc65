/** What a running process has in flight: host calls, and the one lock block that may be open. */
import type { Step, StepUnit } from '../step/step.ts'

/** An abort signal that is made when somebody asks for it: most steps never do. */
export class LazyAbort {
  #controller: AbortController | undefined
  #reason: { readonly value: unknown } | undefined

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#reason !== undefined) this.#controller.abort(this.#reason.value)
    return this.#controller.signal
  }

  abort(reason: unknown): void {
    this.#reason ??= { value: reason }
    this.#controller?.abort(reason)
  }
}

/** A host call on its way: a step, the acquisition of a resource, or its disposal. */
export interface Call {
  readonly key: string
  readonly fiber: number
  readonly name: string
  readonly read: boolean
  readonly idempotencyKey: string
  readonly durableFirst: boolean
  /** The open lock block it belongs to. */
  readonly block?: Block
  /** It is the disposal that ends the block. */
  readonly ends?: true
  readonly abort: LazyAbort
  invoke(): unknown
}

/** A lock block: one unit over the steps between `using x = await ...` and its end. One at a time per process. */
export interface Block {
  readonly fiber: number
  readonly unit: StepUnit
  readonly step: Step
  readonly resources: Set<string>
}
