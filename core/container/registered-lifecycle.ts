/** The `Lifecycle` of one component: keeps the hooks that it registers while it is made. */
import { Lifecycle } from '../app/lifecycle.ts'
import type { Hook } from './component.ts'

/** Hooks that a service registered while it was made. */
export interface NodeHooks {
  readonly start: Hook[]
  readonly stop: Hook[]
}

export class RegisteredLifecycle extends Lifecycle {
  readonly #hooks: NodeHooks

  constructor(hooks: NodeHooks) {
    super()
    this.#hooks = hooks
  }

  onStart(hook: Hook): void {
    this.#hooks.start.push(hook)
  }

  onStop(hook: Hook): void {
    this.#hooks.stop.push(hook)
  }
}
