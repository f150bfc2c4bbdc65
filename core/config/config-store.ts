/**
 * The seam to where changes of the configuration are kept, for all nodes that share it: a file of the machine, a table of
 * the database, memory in tests. A store knows nothing of schemas; `ConfigService` checks what goes in and what comes out.
 */
import { defineToken } from '../service/define-token.ts'

/** Changed values by slice and name, as JSON. */
export type ConfigChanges = Readonly<Record<string, Readonly<Record<string, unknown>>>>

export interface StoredConfig {
  readonly changes: ConfigChanges
  /** Tells two states apart; says nothing else. */
  readonly version: string
}

/** Where changes of the configuration are kept: `configFile(path)`, `PostgresConfigFeature`, or one of your own. */
export abstract class ConfigStore extends defineToken('ConfigStore') {
  /** For listings: where changes are kept. */
  abstract readonly place: string
  /** What is kept now. */
  abstract read(): Promise<StoredConfig>
  /** Replaces everything, as one act; false, changing nothing, when what is kept is no longer `version`. */
  abstract write(changes: ConfigChanges, version: string): Promise<boolean>
  /** Calls back after changes of any node, and when one may have been missed. */
  abstract watch(onChange: () => void): Promise<{ close(): Promise<void> }>
}
