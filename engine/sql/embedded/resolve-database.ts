/**
 * Which database a program in development uses: `DATABASE_URL`, else the project's embedded server (running or to be
 * started), from the npm package or from a Postgres of the system, else an error that says what was looked for.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startEmbedded } from './start-embedded.ts'

export interface ResolveOptions {
  /** Folder that holds `.justscale/`. Default: the current one. */
  readonly projectDir?: string
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Database of the embedded server, created when missing. Default `app`. */
  readonly database?: string
}

export interface ResolvedDatabase {
  readonly url: string
  /** How it was found, for the line that a starting program prints. */
  readonly source: 'DATABASE_URL' | 'running embedded server' | 'embedded server' | 'system Postgres'
  /** Starts an embedded server again if it was killed; answers whether it did. */
  revive(): Promise<boolean>
  /** Ends this use: stops an embedded server that nobody else uses. */
  stop(): Promise<void>
}

/** Rejects with `EmbeddedPostgresError` when there is none. */
export async function resolveDatabase(options: ResolveOptions = {}): Promise<ResolvedDatabase> {
  const configured = (options.env ?? process.env).DATABASE_URL
  if (configured) return { url: configured, source: 'DATABASE_URL', revive: async () => false, stop: async () => {} }
  const folder = join(options.projectDir ?? process.cwd(), '.justscale')
  keepOutOfGit(folder)
  const server = await startEmbedded({
    dataDir: join(folder, 'postgres'),
    durable: true,
    ...(options.database !== undefined && { database: options.database }),
  })
  const started = server.origin === 'system' ? 'system Postgres' : 'embedded server'
  return {
    url: server.url,
    source: server.attached ? 'running embedded server' : started,
    revive: () => server.revive(),
    stop: () => server.stop(),
  }
}

/** Nobody has to write `.justscale` into a file of theirs. */
function keepOutOfGit(folder: string): void {
  const path = join(folder, '.gitignore')
  if (existsSync(path)) return
  mkdirSync(folder, { recursive: true })
  writeFileSync(path, '*\n')
}
