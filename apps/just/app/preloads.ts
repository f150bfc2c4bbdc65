/**
 * The plugins that an app's modules need before they are loaded: the compiler of processes, and imports of .proto files. A
 * project's bunfig.toml names them for `bun main.ts` and `bun test`; where it does not, or is in another folder, `just` brings
 * its own.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const plugins = ['@justscale/engine/plugin/register', '@justscale/rpc/plugin/register'] as const

/** Paths of the modules that the bunfig.toml of `folder` does not preload. */
export function missingPreloads(folder: string): readonly string[] {
  const path = join(folder, 'bunfig.toml')
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const wanted = plugins.filter((plugin) => !text.includes(plugin.replace('@justscale/', '')))
  return wanted.map((plugin) => Bun.resolveSync(plugin, import.meta.dir))
}

let loaded: Promise<void> | undefined

/** For an app that is loaded into this program. */
export function loadPreloads(): Promise<void> {
  return (loaded ??= load())
}

async function load(): Promise<void> {
  for (const path of missingPreloads(process.cwd())) await import(path)
}
