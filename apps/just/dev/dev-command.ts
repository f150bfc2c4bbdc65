/** `just dev [entry]`: the app on a real database, restarted on every edit. */
import { defineCommand } from 'citty'
import { resolveDatabase, type ResolvedDatabase } from '@justscale/engine/embedded'
import { entryPath } from '../app/load-app.ts'
import { addressLines, freePort } from './addresses.ts'
import { AppProcess } from './app-process.ts'
import { isRunning, npmAncestor } from './npm-ancestor.ts'
import { watchSources } from './watch-sources.ts'

/** Milliseconds between looks whether the embedded database, and the npm that started this, still run. */
const LOOK_EVERY = 500

export const devCommand = defineCommand({
  meta: { name: 'dev', description: 'Start the app with a database, and restart it on edits' },
  args: {
    entry: { type: 'positional', description: 'File with the app', default: 'main.ts', required: false },
    watch: {
      type: 'boolean',
      description: 'Restart on edits',
      negativeDescription: 'End with the app',
      default: true,
    },
  },
  async run({ args }) {
    entryPath(args.entry)
    const database = await resolveDatabase()
    console.log(`database: ${database.source}`)
    const ports = {
      http: Number(process.env.PORT ?? (await freePort(3000))),
      grpc: Number(process.env.GRPC_PORT ?? (await freePort(50051))),
    }
    const env = {
      JUSTSCALE_ENV: 'development',
      ...process.env,
      PORT: String(ports.http),
      GRPC_PORT: String(ports.grpc),
      DATABASE_URL: database.url,
    }
    const app = new AppProcess(args.entry, env, args.watch)
    const ended = Promise.withResolvers<void>()
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ended.resolve())
    const watcher = args.watch ? watchSources(process.cwd(), (path) => app.restart(`${path} changed`)) : undefined
    app.start()
    const stopping = new AbortController()
    if (ports.http > 0) void addressLines(ports, stopping.signal).then((lines) => console.log(lines?.join('\n') ?? ''))
    const npm = npmAncestor()
    const looking = setInterval(() => {
      if (npm !== undefined && !isRunning(npm)) ended.resolve()
      void revive(database)
    }, LOOK_EVERY)
    const code = await Promise.race([ended.promise.then(() => 0), ...(args.watch ? [] : [app.ended])])
    stopping.abort()
    clearInterval(looking)
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
