/**
 * Typed events within one process: `class Events extends createEventBus({ 'user.created': z.object({...}) }) {}`. Nothing
 * is kept and nothing leaves the process; what must happen for certain is a signal or a process.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { requireApp, runInApp } from '../app/context.ts'
import { afterCommit } from '../cell/after-commit.ts'
import { runInCell } from '../cell/run-in-cell.ts'
import { CoreError } from '../errors.ts'
import { Logger } from '../log/logger.ts'
import { defineService } from '../service/define-service.ts'
import { nameError } from '../name-error.ts'

export type EventSchemas = Readonly<Record<string, StandardSchemaV1>>
type InputOf<Schema extends StandardSchemaV1> = StandardSchemaV1.InferInput<Schema>
type OutputOf<Schema extends StandardSchemaV1> = StandardSchemaV1.InferOutput<Schema>

/** Events to handlers in this OS process. Nothing is kept, and no other node hears of it. */
export interface EventBus<Schemas extends EventSchemas> {
  /**
   * Checks the event (rejects with `EventValidationError`), then calls every handler once the current unit of work is
   * committed, each in a cell of its own. A handler that fails is logged and stops nobody else.
   */
  emit<Name extends keyof Schemas>(name: Name, payload: InputOf<Schemas[Name]>): Promise<void>
  /** Calls `handler` for every event from now on; disposing the result ends it. Throws for an event that does not exist. */
  on<Name extends keyof Schemas>(name: Name, handler: (payload: OutputOf<Schemas[Name]>) => unknown): Disposable
}

/** An event whose payload fails its schema. */
export class EventValidationError extends CoreError {
  static {
    nameError(this, 'EventValidationError')
  }

  readonly code = 'CORE_EVENT_VALIDATION'
}

/** The class for an event bus to extend. */
export function createEventBus<Schemas extends EventSchemas>(schemas: Schemas) {
  return defineService({
    inject: { logger: Logger },
    factory: ({ logger }): EventBus<Schemas> => {
      const app = requireApp('an event bus')
      const handlers = new Map<keyof Schemas, Set<(payload: never) => unknown>>()
      const call = async (name: keyof Schemas, handler: (payload: never) => unknown, payload: unknown) => {
        const event = String(name)
        await runInApp(app, () => runInCell({ name: `event ${event}` }, () => handler(payload as never))).catch(
          (error: unknown) => {
            logger.error('An event handler failed', { event, error })
          },
        )
      }
      return {
        async emit(name, payload) {
          const event = await validated(String(name), Object.hasOwn(schemas, name) ? schemas[name] : undefined, payload)
          afterCommit(() => Promise.all([...(handlers.get(name) ?? [])].map((handler) => call(name, handler, event))))
        },
        on(name, handler) {
          if (!Object.hasOwn(schemas, name)) throw new EventValidationError(`There is no event "${String(name)}"`)
          const all = handlers.get(name) ?? new Set()
          handlers.set(name, all)
          const own = (payload: never) => handler(payload)
          all.add(own)
          return { [Symbol.dispose]: () => void all.delete(own) }
        },
      }
    },
  })
}

async function validated(name: string, schema: StandardSchemaV1 | undefined, payload: unknown): Promise<unknown> {
  if (schema === undefined) throw new EventValidationError(`There is no event "${name}"`)
  const result = await schema['~standard'].validate(payload)
  if (result.issues === undefined) return result.value
  const failures = result.issues.map(
    (issue) => `${(issue.path ?? []).map(String).join('.') || 'payload'}: ${issue.message}`,
  )
  throw new EventValidationError(`Event "${name}": ${failures.join('; ')}`)
}
