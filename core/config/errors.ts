/** Errors of configuration. */
import { CoreError } from '../errors.ts'
import { nameError } from '../name-error.ts'

export interface ConfigFailure {
  /** `server.port`. */
  readonly key: string
  readonly message: string
  /** Where the value was looked for. */
  readonly source: string
  /** The environment variable that would give it, if known. */
  readonly variable: string | undefined
}

/** The configuration is wrong; lists everything that is. */
export class ConfigurationError extends CoreError {
  static {
    nameError(this, 'ConfigurationError')
  }

  readonly code = 'CORE_CONFIGURATION'
  readonly failures: readonly ConfigFailure[]

  constructor(app: string, failures: readonly ConfigFailure[]) {
    const lines = failures.map(
      ({ key, message, source, variable }) =>
        `\n  ${key}: ${message} (${variable === undefined ? source : `${variable} in ${source}`})`,
    )
    super(`The configuration of "${app}" is wrong:${lines.join('')}`)
    this.failures = failures
  }
}

/** There is no environment file of the chosen name. */
export class EnvironmentNotFoundError extends CoreError {
  static {
    nameError(this, 'EnvironmentNotFoundError')
  }

  readonly code = 'CORE_ENVIRONMENT_NOT_FOUND'

  constructor(name: string, looked: readonly string[], found: readonly string[]) {
    super(`There is no environment "${name}". Looked for:\n${looked.map((path) => `  ${path}`).join('\n')}`, {
      hint:
        found.length === 0 ? 'Create one, or set JUSTSCALE_ENV.' : `Set JUSTSCALE_ENV to one of: ${found.join(', ')}.`,
    })
  }
}
