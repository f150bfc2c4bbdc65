/** `just dev [entry]`: the app on a real database, restarted on every edit. */
import { defineCommand } from 'citty'
import { resolveDatabase } from '@justscale/engine/embedded'
import { AppProcess } from './app-process.ts'
import { watchSources } from './watch-sources.ts'

export const devCommand = defineCommand({
  meta: { name: 'dev', description: 'Start the app with a database, and restart it on edits' },
  args: {
    entry: { type: 'positional', description: 'File with the app', default: 'main.ts', required: false },
    watch: { type: 'boolean', description: 'Restart on edits', default: true },
  },
  async run({ args }) {
    const database = await resolveDatabase()
    console.log(`database: ${database.source}`)
    const app = new AppProcess(args.entry, {
      JUSTSCALE_ENV: 'development',
      PORT: '3000',
      ...process.env,
      DATABASE_URL: database.url,
    })
    const ended = Promise.withResolvers<void>()
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ended.resolve())
    const watcher = args.watch ? watchSources(process.cwd(), (path) => app.restart(`${path} changed`)) : undefined
    app.start()
    const code = await Promise.race([ended.promise.then(() => 0), ...(args.watch ? [] : [app.ended])])
    watcher?.close()
    await app.stop()
    await database.stop()
    process.exit(code)
  },
})
