/**
 * `export default defineApp(import.meta, (env: AppEnv) => JustScale().add(env)...)`: the entry file of an app. Run as a
 * program it starts and serves, or runs the command that its arguments name; imported (by `just`, by a test) it does nothing
 * until asked.
 */
import { basename, relative } from 'node:path'
import { runCommandLine } from '../cli/run-command-line.ts'
import { bundledEnvironment, loadEnvironment, type BundledEnvironments } from '../config/environment.ts'
import { environmentName } from '../config/environment-name.ts'
import type { Application } from './application.ts'
import type { AppBuilder } from './builder-type.ts'
import { failureText } from './failure-text.ts'

/** The default export of an entry file. */
export interface AppDefinition<Provided> {
  /** A new app, built and not started. `environment` is the name, chosen as `environmentName` says if left out. */
  create(environment?: string, options?: DefinitionOptions): Promise<Application<Provided>>
  /** Without arguments starts, and serves until a signal; with some runs the command. Resolves with the exit code. */
  main(options?: MainOptions): Promise<number>
}

export interface DefinitionOptions {
  /** The environments by name, in place of the files in `env/`: an executable brings those it was built with. */
  readonly environments?: BundledEnvironments
}

export interface MainOptions extends DefinitionOptions {
  /** The command with its arguments; default: those of the OS process. */
  readonly args?: readonly string[]
  /** The program's name in the help of commands; default: as it was called. */
  readonly program?: string
}

const OTHERWISE = 'Without a command, the app starts and serves.'

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
      const { args = process.argv.slice(2), program = programName() } = options
      // What a command prints is its result: the app's lines of every day stay out of it.
      if (args.length > 0) process.env.LOG_LEVEL ??= 'warning'
      try {
        const app = await definition.create(undefined, options)
        if (args.length > 0) return await runCommandLine(app, args, { program, otherwise: OTHERWISE })
        await app.serve()
        return 0
      } catch (error) {
        process.stderr.write(`${failureText(error)}\n`)
        return 1
      }
    },
  }
  // In a bundle every module counts as the main one; one of `just build` has a program of its own, which calls `main`.
  if (meta.main && process.env.JUSTSCALE_BUILT !== 'yes')
    queueMicrotask(async () => process.exit(await definition.main()))
  return definition
}

function programName(): string {
  const [, file = 'main.ts'] = process.argv
  return Bun.isStandaloneExecutable ? basename(process.execPath) : `bun ${relative(process.cwd(), file)}`
}

function environmentOf(folder: string, name: string, bundled: BundledEnvironments | undefined): Promise<unknown> {
  return bundled === undefined ? loadEnvironment(folder, name) : bundledEnvironment(bundled, name)
}
