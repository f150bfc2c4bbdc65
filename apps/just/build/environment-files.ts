/** The environments and migrations that belong to an app, by where its entry file is. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Modules with an environment, by name: the folder `env` beside the entry file or above it, up to the package's own. */
export function environmentFiles(entry: string): Readonly<Record<string, string>> {
  for (let at = dirname(entry); ; at = dirname(at)) {
    const folder = join(at, 'env')
    if (existsSync(folder)) {
      const names = readdirSync(folder).filter((name) => /^[\w-]+\.ts$/.test(name))
      const modules = names.filter((name) =>
        /export\s+(default|\{[^}]*\bdefault\b)/.test(readFileSync(join(folder, name), 'utf8')),
      )
      return Object.fromEntries(modules.sort().map((name) => [name.slice(0, -3), join(folder, name)]))
    }
    if (existsSync(join(at, 'package.json')) || dirname(at) === at) return {}
  }
}
