/** What users import from `@justscale/core/config`. */
export { defineConfig, defineFlags, defineSecret, loadConfig, provideConfig } from './define-config.ts'
export type { ConfigComponent, ConfigKind, ConfigOptions, ConfigSource, ConfigToken } from './define-config.ts'
export {
  createEnvironment,
  loadEnvironment,
  type BundledEnvironments,
  type EnvironmentOf,
  type EnvironmentToken,
} from './environment.ts'
export { environmentName } from './environment-name.ts'
export { ConfigService } from './config-service.ts'
export type { ConfigControl, ConfigEntry } from './config-control.ts'
export { shownValue } from './shown-value.ts'
export { ConfigStore, type ConfigChanges, type StoredConfig } from './config-store.ts'
export { configFile } from './file-config-store.ts'
export { fileVault, fromVault, type Vault } from './vault.ts'
export { ConfigurationError, EnvironmentNotFoundError, type ConfigFailure } from './errors.ts'
export type { Environment } from './recorded-environment.ts'
