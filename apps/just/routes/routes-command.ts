/** `just routes`: everything an app can be asked, over HTTP, events, sockets, RPC and the command line. */
import { defineCommand } from 'citty'
import { appArguments, prepareApp } from '../app/load-app.ts'
import { printResult, tableOf } from '../program/print.ts'
import { routeRows } from './route-row.ts'

export const routesCommand = defineCommand({
  meta: { name: 'routes', description: 'List the routes of the app' },
  args: appArguments,
  async run({ args }) {
    const rows = await routeRows(await prepareApp(args.entry, args.env))
    await printResult(args.json, rows, () => tableOf(rows, 'The app has no routes.'))
  },
})
