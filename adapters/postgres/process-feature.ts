/** Durable processes on Postgres, in the database of `PostgresFeature`: they outlive the OS process, on any node. */
import { configurable } from '@justscale/core'
import { processFeature, type ProcessFeatureOptions } from '@justscale/core/process'
import { PostgresStore } from '@justscale/engine/postgres'
import { processNamespace } from './process-namespace.ts'
import { PostgresClient, PostgresConfig } from './postgres-client.ts'

/** Of `PostgresProcessFeature(...)`. */
export interface PostgresProcessOptions extends Omit<ProcessFeatureOptions<unknown>, 'name' | 'inject' | 'open'> {
  /**
   * Schema of the engine's tables. Default: the app's name with `_` for what SQL would have to quote; `justscale` for an
   * app without a name. Apps with different namespaces share a database and never meet.
   */
  readonly namespace?: string
  /** Milliseconds that ended processes are kept (default 7 days); then their paths are free again. */
  readonly retention?: number
}

/** Runs the app's processes and signals in its own namespace. Add it after `PostgresFeature`. */
export const PostgresProcessFeature = configurable(({ namespace, retention, ...engine }: PostgresProcessOptions) =>
  processFeature({
    name: 'PostgresProcessFeature',
    inject: { client: PostgresClient, config: PostgresConfig },
    open: ({ client, config }, { app }) =>
      new PostgresStore({
        url: config.url,
        sql: client.sql,
        namespace: namespace ?? processNamespace(app.name),
        ...(retention === undefined ? {} : { retention }),
      }),
    ...engine,
  }),
)
