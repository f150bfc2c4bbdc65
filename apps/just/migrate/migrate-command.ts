/** `just migrate`: makes, runs, undoes and checks the migrations of an app. */
import { type ArgsDef, defineCommand } from 'citty'
import type { Migrator } from '@justscale/postgres'
import { appArguments } from '../app/load-app.ts'
import { printResult } from '../program/print.ts'
import { withMigrator } from './open-migrator.ts'

const common = {
  entry: { type: 'string', description: 'File with the app', default: 'main.ts' },
  folder: { type: 'string', description: 'Folder of the .sql files', default: 'migrations' },
  env: appArguments.env,
  json: appArguments.json,
} satisfies ArgsDef

const make = defineCommand({
  meta: { name: 'make', description: 'Write the file that leads from the existing ones to the models' },
  args: { ...common, name: { type: 'positional', description: 'What it does, in a few words', required: true } },
  async run({ args }) {
    const path = await withMigrator(args, (migrator) => migrator.make(args.name))
    await printResult(args.json, { path: path ?? null }, () => path ?? 'The migrations lead to the models already.')
  },
})

const status = defineCommand({
  meta: { name: 'status', description: 'Every file, and when it was applied' },
  args: common,
  async run({ args }) {
    const all = await withMigrator(args, (migrator) => migrator.status())
    const rows = all.map(({ name, appliedAt }) => ({ name, appliedAt: appliedAt?.toString() ?? null }))
    const lines = rows.map((row) => `${row.appliedAt ?? 'pending'.padEnd(20)}  ${row.name}`)
    const none = 'There are no migrations yet: `just migrate make <name>` writes the first.'
    await printResult(args.json, rows, () => lines.join('\n') || none)
  },
})

/** A command that answers with the names of files. */
function named(
  name: string,
  description: string,
  work: (migrator: Migrator) => Promise<readonly string[]>,
  none: string,
) {
  return defineCommand({
    meta: { name, description },
    args: common,
    async run({ args }) {
      const names = await withMigrator(args, work)
      await printResult(args.json, names, () => names.join('\n') || none)
    },
  })
}

const verify = defineCommand({
  meta: { name: 'verify', description: 'Compare files with models, and the database with the files' },
  args: common,
  async run({ args }) {
    const found = await withMigrator(args, (migrator) => migrator.verify())
    const lines = [
      ...part('The files do not lead to the models; `just migrate make` would write:', found.models),
      ...part('Not applied yet; `just migrate run` applies:', found.pending),
      ...part('The database is not what the applied files make; it would become so with:', found.drift),
    ]
    await printResult(args.json, found, () => lines.join('\n') || 'Models, files and database agree.')
    if (lines.length > 0) process.exitCode = 1
  },
})

function part(title: string, statements: readonly string[]): readonly string[] {
  return statements.length === 0 ? [] : [title, ...statements.map((each) => `  ${each}`)]
}

export const migrateCommand = defineCommand({
  meta: { name: 'migrate', description: 'Make and run migrations' },
  subCommands: {
    make,
    status,
    verify,
    pending: named('pending', 'Files that were not applied', (migrator) => migrator.pending(), 'Nothing is pending.'),
    run: named('run', 'Apply what is pending', (migrator) => migrator.run(), 'Nothing was pending.'),
    rollback: named('rollback', 'Undo the last run', (migrator) => migrator.rollback(), 'There is nothing to undo.'),
  },
})
