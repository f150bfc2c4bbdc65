/** `just dev [entry]`: the app on a real database, restarted on every edit. */
import { defineCommand } from 'citty'
import { resolveDatabase, type ResolvedDatabase } from '@justscale/engine/embedded'
import { addressLines, freePort } from './addresses.ts'
import { AppProcess } from './app-process.ts'
import { watchSources } from './watch-sources.ts'

/** Milliseconds between looks whether the embedded database still runs. */
const REVIVE_EVERY = 500

export const devCommand = defineCommand({
  meta: { name: 'dev', description: 'Start the app with a database, and restart it on edits' },
  args: {
    entry: { type: 'positional', description: 'File with the app', default: 'main.ts', required: false },
    watch: { type: 'boolean', description: 'Restart on edits', default: true },
  },
  async run({ args }) {
    const database = await resolveDatabase()
    console.log(`database: ${database.source}`)
    const port = Number(process.env.PORT ?? (await freePort(3000)))
    const app = new AppProcess(args.entry, {
      JUSTSCALE_ENV: 'development',
      GRPC_PORT: String(await freePort(50051)),
      ...process.env,
      PORT: String(port),
      DATABASE_URL: database.url,
    })
    const ended = Promise.withResolvers<void>()
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ended.resolve())
    const watcher = args.watch ? watchSources(process.cwd(), (path) => app.restart(`${path} changed`)) : undefined
    app.start()
    const stopping = new AbortController()
    if (port > 0) void addressLines(port, stopping.signal).then((lines) => console.log(lines?.join('\n') ?? ''))
    const reviving = setInterval(() => void revive(database), REVIVE_EVERY)
    const code = await Promise.race([ended.promise.then(() => 0), ...(args.watch ? [] : [app.ended])])
    stopping.abort()
    clearInterval(reviving)
    watcher?.close()
    await app.stop()
    await database.stop()
    process.exit(code)
  },
})

/** The app waits for its database and goes on with it: only the server has to be started again. */
async function revive(database: ResolvedDatabase): Promise<void> {
  try {
    if (await database.revive()) console.log('The database was gone and has been started again.')
  } catch (error) {
    console.error(`The database is gone: ${error instanceof Error ? error.message : String(error)}`)
  }
}
