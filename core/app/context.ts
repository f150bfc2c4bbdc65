/**
 * The app that the running code belongs to, by async context. Everything that an app runs (hooks, requests, steps, commands,
 * `app.run`) is inside it, and so are the timers and callbacks that it starts. There is no other global state.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { NotInAppError } from '../errors.ts'
import type { AbstractContainer } from '../container/abstract-container.ts'
import type { AnyModelClass } from '../model/model-type.ts'
import type { ReferenceSource } from '../reference/loader.ts'

/** What the running code can reach of its app without being handed anything. */
export interface AppContext {
  /** For messages. */
  readonly name: string
  /** `stopped` after `app.stop()`. */
  readonly state?: string
  readonly container: AbstractContainer
  readonly references: ReferenceSource
  /** The app that this one was added to. */
  readonly parent?: AppContext | undefined
  /** The prototype of this app's instances of a model: its class plus the injected services. */
  prototypeOf(model: AnyModelClass): object
}

const apps = new AsyncLocalStorage<AppContext>()

/** The app that the caller runs in, or `undefined`. */
export function currentApp(): AppContext | undefined {
  return apps.getStore()
}

/** As `currentApp`, but throws `NotInAppError`, naming `what` was called. */
export function requireApp(what: string): AppContext {
  const app = apps.getStore()
  if (app === undefined) throw new NotInAppError(what)
  return app
}

/** True when what belongs to `owner` may be used in `app`: in itself and in its sub-apps. */
export function isReachable(owner: AppContext, app: AppContext): boolean {
  for (let scope: AppContext | undefined = app; scope !== undefined; scope = scope.parent)
    if (scope === owner) return true
  return false
}

/** Runs `body` inside the app. No cell is opened: use `app.run` for work of its own. */
export function runInApp<Result>(app: AppContext, body: () => Result): Result {
  return apps.run(app, body)
}
