/**
 * `export default defineApp(import.meta, (env: AppEnv) => JustScale().add(env)...)`: the entry file of an app. Run as a
 * program it starts and serves; imported (by `just`, by a test) it does nothing until asked.
 */
import { bundledEnvironment, loadEnvironment, type BundledEnvironments } from '../config/environment.ts'
import { environmentName } from '../config/environment-name.ts'
import { CoreError } from '../errors.ts'
import type { Application } from './application.ts'
import type { AppBuilder } from './builder-type.ts'

/** The default export of an entry file. */
export interface AppDefinition<Provided> {
  /** A new app, built and not started. `environment` is the name, chosen as `environmentName` says if left out. */
  create(environment?: string, options?: DefinitionOptions): Promise<Application<Provided>>
  /** Creates, starts, and serves until a signal. Resolves with the exit code. */
  main(options?: DefinitionOptions): Promise<number>
}

export interface DefinitionOptions {
  /** The environments by name, in place of the files in `env/`: an executable brings those it was built with. */
  readonly environments?: BundledEnvironments
}

type Buildable<Provided> = Pick<AppBuilder<Provided, never, never>, 'build'> | Application<Provided>

/** `build` takes no parameter if the app has no environments. */
export function defineApp<Provided, Environment = unknown>(
  meta: Pick<ImportMeta, 'dir' | 'main'>,
  build: (environment: Environment) => Buildable<Provided>,
): AppDefinition<Provided> {
  const definition: AppDefinition<Provided> = {
    async create(name = environmentName(Bun.env), { environments } = {}) {
      const environment = build.length === 0 ? undefined : await environmentOf(meta.dir, name, environments)
      const built = build(environment as Environment)
      return 'build' in built ? (built.build as () => Application<Provided>)() : built
    },
    async main(options = {}) {
      try {
        const app = await definition.create(undefined, options)
        await app.serve()
        return 0
      } catch (error) {
        process.stderr.write(`${bootFailure(error)}\n`)
        return 1
      }
    },
  }
  // In a bundle every module counts as the main one; one of `just build` has a program of its own, which calls \`main\`.
  if (meta.main && process.env.JUSTSCALE_BUILT !== 'yes')
    queueMicrotask(async () => process.exit(await definition.main()))
  return definition
}

function environmentOf(folder: string, name: string, bundled: BundledEnvironments | undefined): Promise<unknown> {
  return bundled === undefined ? loadEnvironment(folder, name) : bundledEnvironment(bundled, name)
}

/** Our own errors say what is wrong and what to do; their stack says nothing more. Others are printed whole. */
function bootFailure(error: unknown): string {
  const chain: unknown[] = []
  for (let at = error; at !== undefined && at !== null; at = at instanceof Error ? at.cause : undefined) chain.push(at)
  const root = chain.at(-1)
  const own = chain.filter((at) => at instanceof CoreError)
  if (!(root instanceof CoreError)) return [...own.map((at) => at.message), Bun.inspect(root)].join('\n')
  return own
    .map((at) => [at.message, at.hint, `(${at.code})`].filter((line) => line !== undefined).join('\n'))
    .join('\n')
}
