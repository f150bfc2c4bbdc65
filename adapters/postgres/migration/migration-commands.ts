/** `migrate run|status|rollback` as commands of the app itself: `./app migrate run`, where there is no `just`. */
import { createController } from '@justscale/core'
import { Cli } from '@justscale/core/cli'
import { PostgresMigrations } from './postgres-migrations.ts'

/** The app is not started for them: it would refuse a database that lacks migrations. */
export function migrationCommands(folder: string) {
  return createController({
    name: 'migrations',
    inject: { migrations: PostgresMigrations },
    routes: ({ migrations }) => {
      const migrator = () => migrations.in(folder)
      return {
        run: Cli('migrate run')
          .describe('Apply what is pending')
          .withoutStart()
          .handle(async ({ io }) => namesOr(await migrator().run(), () => io.log('Nothing was pending.'))),
        rollback: Cli('migrate rollback')
          .describe('Undo the last run')
          .withoutStart()
          .handle(async ({ io }) => namesOr(await migrator().rollback(), () => io.log('There is nothing to undo.'))),
        status: Cli('migrate status')
          .describe('Every migration, and when it was applied')
          .withoutStart()
          .handle(async ({ io }) => {
            const all = await migrator().status()
            io.table(all.map(({ name, appliedAt }) => ({ name, applied: appliedAt?.toString() ?? 'pending' })))
          }),
      }
    },
  })
}

function namesOr(names: readonly string[], none: () => void): readonly string[] | undefined {
  if (names.length === 0) none()
  return names
}
