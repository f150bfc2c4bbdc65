/**
 * The Bun plugin: compiles handlers as modules are loaded (`bun run`, `bun test`) or bundled (`Bun.build`). Register it for
 * both in bunfig.toml: `preload = ["@justscale/engine/plugin/register"]`, and the same under `[test]`.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { BunPlugin, OnLoadResult } from 'bun'
import { CompileError } from '../compiler/diagnostic.ts'
import { mayCompile } from '../compiler/may-compile.ts'
import { pluginIsLoaded } from '../errors.ts'
import { compileCached } from './cache.ts'
import { commonJs } from './common-js.ts'
import { isCompilerLoading } from './compile-module.ts'
import { refusal } from './refusal.ts'
import { watchForEdits } from './watch.ts'

export interface ProcessPluginOptions {
  /** Where compiled modules are kept between runs; `false` for nowhere. Default: `node_modules/.cache/justscale`. */
  readonly cache?: string | false
}

/** Modules of the application: not those of installed packages, nor the one that Bun watches for us. */
const FILTER = /^(?!.*[\\/](?:node_modules|justscale-edits)[\\/]).*\.[cm]?[jt]sx?$/

/** The compiler, and what it loads: they name what it looks for, and cannot be compiled while they load. */
const OWN = ['compiler', 'program'].map((folder) => `${resolve(import.meta.dir, '..', folder)}/`)

function isOwn(path: string): boolean {
  return OWN.some((folder) => path.startsWith(folder))
}

/** The plugin, for `Bun.plugin(...)` and `Bun.build({ plugins: [...] })`. */
export function processPlugin(options: ProcessPluginOptions = {}): BunPlugin {
  return {
    name: 'justscale-process',
    setup(build) {
      const bundling = build.config !== undefined
      if (!bundling) pluginIsLoaded()
      build.onLoad({ filter: FILTER }, ({ path }) => load(path, bundling, options))
    },
  }
}

/** Synchronous, so that `require` of a process file works too. */
function load(path: string, bundling: boolean, options: ProcessPluginOptions): OnLoadResult {
  const source = readFileSync(path, 'utf8')
  const kind = loaderOf(path)
  const unchanged = (): OnLoadResult =>
    (bundling ? undefined : commonJs(path, source, kind)) ?? { contents: source, loader: kind }
  if (isCompilerLoading() || isOwn(path)) return { contents: source, loader: kind }
  if (!mayCompile(source)) return unchanged()
  try {
    const code = compileCached(path, source, { ...options, bundling })
    if (code === undefined) return unchanged()
    if (!bundling) watchForEdits(path, source)
    return { contents: code, loader: kind }
  } catch (error) {
    if (!(error instanceof CompileError) || bundling) throw error
    return { contents: refusal(error, source, kind), loader: 'js' }
  }
}

function loaderOf(path: string): 'ts' | 'tsx' | 'js' | 'jsx' {
  if (/\.[cm]?tsx$/.test(path)) return 'tsx'
  if (/\.[cm]?ts$/.test(path)) return 'ts'
  return /\.[cm]?jsx$/.test(path) ? 'jsx' : 'js'
}
