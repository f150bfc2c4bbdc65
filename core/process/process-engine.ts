/**
 * The app's engine. A process feature provides it; processes and signals find it through the app that their caller runs in,
 * so two apps in one OS process never meet.
 */
import { currentStep, type Engine, type TransactionOption } from '@justscale/engine'
import { type AppContext, requireApp } from '../app/context.ts'
import { currentCell } from '../cell/current-cell.ts'
import { defineToken } from '../service/define-token.ts'
import { CoreError } from '../errors.ts'
import { nameError } from '../name-error.ts'

/** Token of the app's durable-process engine; provided by `InMemoryProcessFeature` or `PostgresProcessFeature`. */
export abstract class ProcessEngine extends defineToken('ProcessEngine') {
  /** The engine, with every process of the app known to it. */
  abstract readonly engine: Engine
}

/** The app has processes and no feature that runs them. */
export class NoProcessFeatureError extends CoreError {
  static {
    nameError(this, 'NoProcessFeatureError')
  }

  readonly code = 'CORE_NO_PROCESS_FEATURE'

  constructor(what: string, app: string) {
    super(`${what} needs an engine, and the app "${app}" has none`, {
      hint: 'Add InMemoryProcessFeature (from @justscale/memory) or PostgresProcessFeature (from @justscale/postgres).',
    })
  }
}

/** The engine of the app that the caller runs in, or of an app above it. */
export async function engineOf(what: string): Promise<Engine> {
  const app = requireApp(what)
  for (let scope: AppContext | undefined = app; scope !== undefined; scope = scope.parent) {
    if (scope.container.has(ProcessEngine)) return (await scope.container.resolve(ProcessEngine)).engine
  }
  throw new NoProcessFeatureError(what, app.name)
}

/**
 * What starts a process or emits a signal does so as part of what the caller's code does: in a step with the step's commit, in
 * a transaction or under a lock with its commit, else at once. What is rolled back takes it back.
 */
export function partOfCaller(engine: Engine): TransactionOption {
  const cell = currentCell()
  if (cell === undefined) return {}
  if (currentStep() !== undefined) return { onRollback: (undo) => cell.onRollback(undo) }
  if (!cell.inUnit) return {}
  return {
    defer: (write) =>
      cell.beforeCommit((transaction) =>
        write(transaction !== undefined && engine.store.accepts(transaction) ? transaction : undefined),
      ),
  }
}
