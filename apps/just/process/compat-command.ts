/** `just process compat main.ts`: whether this build can run every process that lives in the database; exit code 1 when not. */
import { defineCommand } from 'citty'
import { ProcessEngine } from '@justscale/core/process'
import { whereOf } from '@justscale/engine'
import { appArguments, loadApp } from '../app/load-app.ts'
import { projectDatabase } from '../app/project-database.ts'
import { printResult } from '../program/print.ts'

export const compatCommand = defineCommand({
  meta: { name: 'compat', description: 'Whether this build can run every process that lives in the database' },
  args: appArguments,
  async run({ args }) {
    const app = await loadApp(args.entry, args.env)
    const database = await projectDatabase()
    process.env['DATABASE_URL'] = database.url
    try {
      await app.prepare()
      const { engine } = await app.resolve(ProcessEngine)
      const missing = await engine.compat()
      await engine.store.close()
      const lines = missing.map(
        ({ definition, hash, count, lines: where, missing: lacks }) =>
          `${count} of ${definition} (program ${hash.slice(0, 12)}), ${whereOf(where)}: ${lacks.join('; ')}`,
      )
      await printResult(args.json, missing, () => lines.join('\n') || 'This build can run every live process.')
      if (missing.length > 0) process.exitCode = 1
    } finally {
      await app.stop()
      await database.stop()
    }
  },
})
