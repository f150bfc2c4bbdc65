/** What users import from `@justscale/core/config`. */
export { defineConfig, defineFlags, defineSecret, loadConfig, provideConfig } from './define-config.ts'
export type { ConfigComponent, ConfigKind, ConfigOptions, ConfigSource, ConfigToken } from './define-config.ts'
export { createEnvironment, loadEnvironment, type BundledEnvironments, type EnvironmentOf } from './environment.ts'
export { environmentName } from './environment-name.ts'
export { configFile, ConfigFile, ConfigService, type ConfigControl, type ConfigEntry } from './config-service.ts'
export { fileVault, fromVault, type Vault } from './vault.ts'
export { ConfigurationError, EnvironmentNotFoundError, type ConfigFailure } from './errors.ts'
export type { Environment } from './recorded-environment.ts'
