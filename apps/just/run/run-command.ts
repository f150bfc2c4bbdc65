/** `just run order pay --amount 5`: a command of the app's own, on the project's database. */
import type { Application } from '@justscale/core'
import { runCommandLine } from '@justscale/core/cli'
import { PostgresClient } from '@justscale/postgres'
import { defineCommand, type ArgsDef } from 'citty'
import { parseArgs } from 'node:util'
import { loadApp } from '../app/load-app.ts'
import { projectDatabase } from '../app/project-database.ts'

const own = {
  entry: { type: 'string', description: 'File with the app', default: 'main.ts' },
  env: { type: 'string', description: 'Environment to load (default: JUSTSCALE_ENV, else development)' },
} satisfies ArgsDef

export const runCommand = defineCommand({
  meta: { name: 'run', description: 'Run a command of the app: just run [--entry main.ts] <command> ...' },
  args: own,
  async run({ rawArgs }) {
    const { entry, env, rest } = split(rawArgs)
    const app = await loadApp(entry, env)
    const database = needsDatabase(app) ? await projectDatabase() : undefined
    if (database !== undefined) process.env['DATABASE_URL'] = database.url
    try {
      process.exitCode = await runCommandLine(app, rest.length > 0 ? rest : ['--help'], { program: 'just run' })
    } finally {
      await database?.stop()
    }
  },
})

/** Our options come before the command; everything from its first word on is the app's. */
function split(args: readonly string[]): { entry: string; env: string | undefined; rest: readonly string[] } {
  const { tokens } = parseArgs({
    args: [...args],
    options: { entry: { type: 'string' }, env: { type: 'string' } },
    strict: false,
    tokens: true,
  })
  const values: Record<string, string | undefined> = {}
  for (const token of tokens) {
    if (token.kind !== 'option' || !Object.hasOwn(own, token.name))
      return { ...taken(values), rest: args.slice(token.index) }
    values[token.name] = token.value
  }
  return { ...taken(values), rest: [] }
}

function taken({ entry, env }: Readonly<Record<string, string | undefined>>) {
  return { entry: entry ?? own.entry.default, env }
}

function needsDatabase(app: Application<unknown>): boolean {
  return app.container.has(PostgresClient) || app.container.apps().some((entry) => needsDatabase(entry.app))
}
