/** `just config`: every key of the configuration with its value; fails, naming every one, when some are wrong. */
import { environmentName, shownValue, type ConfigFailure } from '@justscale/core/config'
import { defineCommand } from 'citty'
import { appArguments, loadApp } from '../app/load-app.ts'
import { printResult, tableOf } from '../program/print.ts'
import { configEntries } from './config-entries.ts'

/** What `just dev` gives the app when there is no `DATABASE_URL`. */
const EMBEDDED = 'postgres://embedded'

export const configCommand = defineCommand({
  meta: { name: 'config', description: 'Show the configuration of the app, secrets hidden' },
  args: {
    ...appArguments,
    'show-sources': { type: 'boolean', description: 'Also where each value came from', default: false },
  },
  async run({ args }) {
    if ((args.env ?? environmentName(process.env)) !== 'production') process.env['DATABASE_URL'] ??= EMBEDDED
    const { entries, failures } = await configEntries(await loadApp(args.entry, args.env))
    const rows = entries.map(({ key, value, source }) => ({
      key,
      value: shownValue(value),
      ...(args['show-sources'] && { source }),
    }))
    await printResult(args.json, { entries: rows, failures }, () =>
      rows.length === 0 && failures.length > 0
        ? failures.map(failureLine).join('\n')
        : [tableOf(rows, 'The app has no configuration.'), ...failures.map(failureLine)].join('\n'),
    )
    if (failures.length > 0) process.exitCode = 1
  },
})

function failureLine({ key, message, source, variable }: ConfigFailure): string {
  return `${key}: ${message} (${variable === undefined ? source : `${variable} in ${source}`})`
}
