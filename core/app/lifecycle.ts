/** `Lifecycle`: lets a service take part in start and stop without being a feature. */
import type { Hook } from '../container/component.ts'
import { defineToken } from '../service/define-token.ts'

/** Inject it into a service that has something to do when the app starts or stops. Hooks may return promises. */
export abstract class Lifecycle extends defineToken('Lifecycle') {
  /** Runs once everything is made, in the order in which services were made. Call it while your service is being made. */
  abstract onStart(hook: Hook): void
  /** Runs at stop, in reverse order. */
  abstract onStop(hook: Hook): void
}
