/** What users import from `@justscale/core/config`. */
export { defineConfig, defineFlags, defineSecret, loadConfig, provideConfig } from './define-config.ts'
export type { ConfigComponent, ConfigKind, ConfigOptions, ConfigSource, ConfigToken } from './define-config.ts'
export { createEnvironment, environmentName, loadEnvironment, type EnvironmentOf } from './environment.ts'
export { ConfigurationError, EnvironmentNotFoundError, type ConfigFailure } from './errors.ts'
export type { Environment } from './recorded-environment.ts'
