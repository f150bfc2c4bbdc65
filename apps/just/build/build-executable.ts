/**
 * One executable of an app: handlers compiled, protos and pages within, minified, with its environments and migrations. It
 * needs nothing beside it but its database.
 */
import { processPlugin } from '@justscale/engine/plugin'
import { protoPlugin } from '@justscale/rpc/plugin'
import type { BuildConfig, BuildOutput } from 'bun'
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { notAnApp } from '../app/load-app.ts'
import { MisuseError } from '../program/misuse-error.ts'
import { environmentFiles } from './environment-files.ts'
import { programText } from './program-text.ts'
import { findWorkers } from './worker-files.ts'

export interface BuildOptions {
  /** File with the app. */
  readonly entry: string
  /** The executable; default `dist/<name of the entry's folder>`. */
  readonly outfile?: string
  /** Environments to take along; default: all of them but `test`. */
  readonly environments?: readonly string[]
  /** Folder of the migrations to take along, if there is one; default `migrations`. */
  readonly migrations?: string
  /** Another system to build for, as Bun names it: `bun-linux-arm64`. */
  readonly target?: string
  /** Default true. */
  readonly minify?: boolean
}

export interface BuiltExecutable {
  readonly path: string
  readonly bytes: number
  readonly environments: readonly string[]
  /** The folder that was taken along. */
  readonly migrations: string | undefined
}

/** Rejects with `MisuseError`, or with an error that lists what the bundler refused. */
export async function buildExecutable(options: BuildOptions): Promise<BuiltExecutable> {
  const entry = resolve(options.entry)
  if (!existsSync(entry)) throw new MisuseError(`There is no ${options.entry}`, 'Name the file that exports the app.')
  const path = executablePath(options.outfile ?? join('dist', basename(dirname(entry))), options.target)
  const environments = chosenEnvironments(entry, options.environments)
  const folder = options.migrations ?? 'migrations'
  const migrations = existsSync(folder) ? folder : undefined
  await mkdir(dirname(path), { recursive: true })
  // Beside the entry, so that imports resolve as they do there; beside the result, so that it is replaced at once.
  const sources = mkdtempSync(join(dirname(entry), '.just-build-'))
  const results = mkdtempSync(join(dirname(path), '.just-build-'))
  try {
    const program = join(sources, 'program.ts')
    const outfile = join(results, basename(path))
    await Bun.write(program, programText(entry, environments))
    const workers = await workersOf(program)
    await bundle({
      entrypoints: [program, ...workers],
      // Flat: modules find their workers beside them.
      naming: { entry: '[name].[ext]' },
      // Names of classes and functions are in messages, logs and stacks: they stay.
      minify: options.minify === false ? false : { whitespace: true, syntax: true, identifiers: false },
      sourcemap: 'inline',
      // Starts in half the time; made for the machine that builds.
      bytecode: options.target === undefined,
      format: 'esm',
      compile: {
        outfile,
        // The bunfig.toml of wherever it is started is about another program.
        autoloadBunfig: false,
        ...(options.target !== undefined && { target: options.target as Bun.Build.CompileTarget }),
        ...(migrations !== undefined && { assets: [migrations] }),
      },
    })
    renameSync(outfile, path)
  } finally {
    for (const folder of [sources, results]) rmSync(folder, { recursive: true, force: true })
  }
  return { path, bytes: Bun.file(path).size, environments: Object.keys(environments), migrations }
}

/** Windows starts only what ends in .exe, and the bundler names it so. */
function executablePath(outfile: string, target = ''): string {
  return resolve(target.includes('windows') && !outfile.endsWith('.exe') ? `${outfile}.exe` : outfile)
}

function chosenEnvironments(entry: string, names: readonly string[] | undefined): Readonly<Record<string, string>> {
  const all = environmentFiles(entry)
  for (const name of names ?? []) {
    if (!Object.hasOwn(all, name))
      throw new MisuseError(`There is no environment "${name}"`, `There are: ${Object.keys(all).join(', ') || 'none'}`)
  }
  const wanted = Object.entries(all).filter(([name]) => names?.includes(name) ?? name !== 'test')
  return Object.fromEntries(wanted)
}

/** Bundles once into memory, to see what is started as a worker. */
async function workersOf(program: string): Promise<readonly string[]> {
  const found = new Set<string>()
  await bundle({ entrypoints: [program] }, [findWorkers(found)])
  const names = [...found].map((path) => basename(path))
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new MisuseError(`Two workers are called ${twice}`, 'Rename one of them.')
  return [...found]
}

async function bundle(config: BuildConfig, plugins: BuildConfig['plugins'] = []): Promise<BuildOutput> {
  try {
    return await Bun.build({
      target: 'bun',
      define: { 'process.env.NODE_ENV': '"production"', 'process.env.JUSTSCALE_BUILT': '"yes"' },
      plugins: [...plugins, processPlugin(), protoPlugin()],
      ...config,
    })
  } catch (error) {
    throw refusal(error)
  }
}

/** What the bundler refuses is the user's to put right. */
function refusal(error: unknown): unknown {
  if (error instanceof TypeError && error.message.includes('compile target')) {
    return new MisuseError(
      error.message,
      'A target is like bun-linux-x64, bun-linux-arm64, bun-darwin-arm64, bun-windows-x64.',
    )
  }
  if (!(error instanceof AggregateError)) return error
  const [first] = error.errors as readonly unknown[]
  if (first instanceof MisuseError) return first
  const text = error.errors.map((each) => Bun.inspect(each)).join('\n')
  const noApp = /No matching export in "(.+)" for import "default"[^]*program\.ts/.exec(text)
  return noApp === null ? new MisuseError(text) : notAnApp(noApp[1] ?? 'The entry')
}
