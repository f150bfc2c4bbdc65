/**
 * Starts, or attaches to, a real Postgres of our own: one server per `dataDir`, shared by every OS process that asks for
 * it, detached from all of them (Ctrl-C does not reach it), and stopped by the last one that stops using it. A kill -9
 * of its users leaves it running for the next one to attach; a kill -9 of the server itself is recovered from at the
 * next start. Not for production: anybody who reaches the socket is the superuser.
 */
import { spawn, spawnSync } from 'node:child_process'
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { EmbeddedPostgresError } from './errors.ts'
import { lockExclusive, lockShared, tryLockExclusive, type FileLock } from './file-lock.ts'
import { prepareLayout, prepareSocketDir, type EmbeddedLayout } from './layout.ts'
import { removeStale, runningPostmaster } from './postmaster.ts'
import { requireRuntime, type PostgresRuntime } from './runtime.ts'
import { asServerUser, chooseServerUser, type ServerUser } from './server-user.ts'
import { probe, simpleQuery } from './simple-query.ts'

export interface EmbeddedOptions {
  /** Folder of this server: data, log, lock files. Made when missing. */
  readonly dataDir: string
  /** False gives up crash safety for speed: for tests. A server that already runs keeps what it was started with. */
  readonly durable: boolean
  /** Database to connect to, created when missing. Default `app`. */
  readonly database?: string
  /** Runs while nobody else uses the server and nobody can begin to. */
  readonly whenAlone?: (server: { readonly socketDir: string; readonly user: string }) => Promise<void>
}

export interface EmbeddedPostgres {
  /** `postgres://postgres@localhost/<database>?host=<socket folder>`. */
  readonly url: string
  /** True when the server was already running. */
  readonly attached: boolean
  /** Where its programs come from; `undefined` when attached. */
  readonly origin: PostgresRuntime['origin'] | undefined
  readonly socketDir: string
  /** Starts the server again if it was killed; answers whether it did. Rejects as `startEmbedded` does. */
  revive(): Promise<boolean>
  /** Ends this use of it. Resolves after the server stopped if it was the last one. Calling it twice does nothing. */
  stop(): Promise<void>
  /** The same from an `exit` listener: asks the server to stop if this was the last use, without waiting. */
  stopSync(): void
}

const USER = 'postgres'
/** How long a start may take, in milliseconds: a long crash recovery included. */
const START_TIMEOUT = 60_000
const STOP_TIMEOUT = 30_000
const POLL = 10

/** Rejects with `EmbeddedPostgresError` when there is no runtime, the server does not come up, or it is not ours to use. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const [layout, user] = prepareLayout(options.dataDir, chooseServerUser)
  const starting = await lockExclusive(layout.startLock, START_TIMEOUT)
  if (starting === undefined)
    throw new EmbeddedPostgresError(`Another process has been starting ${layout.home} for a minute`)
  try {
    const runtime = await ensureRunning(layout, user, options.durable)
    if (options.whenAlone !== undefined) await alone(layout, options.whenAlone)
    const use = await lockShared(layout.usersLock, START_TIMEOUT)
    if (use === undefined) throw new EmbeddedPostgresError(`Cannot register as a user of ${layout.home}`)
    const database = options.database ?? 'app'
    await createDatabase(layout, database)
    return embedded(layout, database, runtime?.origin, use, () => ensureRunning(layout, user, options.durable))
  } finally {
    starting.release()
  }
}

/** The address of `database` on the server behind `socketDir`. */
export function embeddedUrl(socketDir: string, database: string): string {
  return `postgres://${USER}@localhost/${encodeURIComponent(database)}?host=${encodeURIComponent(socketDir)}`
}

/** Gives the runtime when it started the server, `undefined` when that was running. Under the start lock. */
async function ensureRunning(
  layout: EmbeddedLayout,
  user: ServerUser,
  durable: boolean,
): Promise<PostgresRuntime | undefined> {
  const pid = runningPostmaster(layout.pgdata)
  if (pid !== undefined) {
    await untilReady(layout, () => (runningPostmaster(layout.pgdata) === pid ? undefined : 'it ended'))
    return undefined
  }
  const runtime = requireRuntime(user)
  if (!existsSync(layout.pgdata)) initialise(layout, user, runtime, durable)
  await removeStale(layout.pgdata, layout.socketDir)
  prepareSocketDir(layout.socketDir, user)
  await launch(layout, user, runtime, durable)
  return runtime
}

/** Makes a new data directory; a half-made one is never seen under the final name. */
function initialise(layout: EmbeddedLayout, user: ServerUser, runtime: PostgresRuntime, durable: boolean): void {
  const making = `${layout.pgdata}.new`
  rmSync(making, { recursive: true, force: true })
  mkdirSync(making, { mode: 0o700 })
  if (user.other) chownSync(making, user.uid, user.gid)
  const flags = [
    '-D',
    making,
    '-U',
    USER,
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    ...(durable ? [] : ['--no-sync']),
  ]
  const done = spawnSync(`${runtime.bin}/initdb`, flags, { ...asServerUser(user), ...environment, encoding: 'utf8' })
  if (done.status !== 0) {
    throw new EmbeddedPostgresError(
      `initdb failed in ${making}:\n${done.stderr || done.stdout || done.error?.message}`,
      {
        cause: done.error,
        ...(runtime.origin === 'package' && {
          hint: 'The packaged Postgres needs glibc 2.27 or newer; or set DATABASE_URL.',
        }),
      },
    )
  }
  renameSync(making, layout.pgdata)
}

const environment = { cwd: '/', env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' } }

async function launch(
  layout: EmbeddedLayout,
  user: ServerUser,
  runtime: PostgresRuntime,
  durable: boolean,
): Promise<void> {
  const log = openSync(layout.log, 'a', 0o644)
  const settings = durable ? durableSettings : testSettings
  const flags = [
    '-D',
    layout.pgdata,
    '-k',
    layout.socketDir,
    '-h',
    '',
    '-p',
    '5432',
    ...settings.flatMap((one) => ['-c', one]),
  ]
  let ended: string | undefined
  const child = spawn(`${runtime.bin}/postgres`, flags, {
    ...asServerUser(user),
    ...environment,
    detached: true,
    stdio: ['ignore', log, log],
  })
  child.on('error', (error) => (ended = error.message))
  child.on('exit', (code, signal) => (ended = `it ended with ${code ?? signal}`))
  child.unref()
  closeSync(log)
  await untilReady(layout, () => ended)
}

const durableSettings = [
  'timezone=UTC',
  'log_timezone=UTC',
  'max_connections=200',
  'shared_buffers=64MB',
  'unix_socket_permissions=0700',
]
const testSettings = [
  ...durableSettings,
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'autovacuum=off',
  'max_wal_size=256MB',
]

async function untilReady(layout: EmbeddedLayout, ended: () => string | undefined): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT
  for (;;) {
    if ((await probe(target(layout, 'postgres'))) === 'ready') return
    const reason = ended() ?? (performance.now() > deadline ? 'it takes no sessions after a minute' : undefined)
    if (reason !== undefined) {
      throw new EmbeddedPostgresError(
        `The embedded Postgres in ${layout.home} did not start: ${reason}\n${logTail(layout)}`,
        {
          hint: `See ${layout.log}. If another user started it, stop it there, or set DATABASE_URL.`,
        },
      )
    }
    await Bun.sleep(POLL)
  }
}

function logTail(layout: EmbeddedLayout): string {
  return existsSync(layout.log) ? readFileSync(layout.log, 'utf8').trimEnd().split('\n').slice(-5).join('\n') : ''
}

function target(layout: EmbeddedLayout, database: string) {
  return { socketDir: layout.socketDir, user: USER, database }
}

async function alone(layout: EmbeddedLayout, body: NonNullable<EmbeddedOptions['whenAlone']>): Promise<void> {
  const lock = tryLockExclusive(layout.usersLock)
  if (lock === undefined) return
  try {
    await body({ socketDir: layout.socketDir, user: USER })
  } finally {
    lock.release()
  }
}

async function createDatabase(layout: EmbeddedLayout, name: string): Promise<void> {
  const known = await simpleQuery(target(layout, 'postgres'), 'select datname from pg_database')
  if (known.some(([datname]) => datname === name)) return
  await simpleQuery(target(layout, 'postgres'), `create database "${name.replaceAll('"', '""')}"`)
}

function embedded(
  layout: EmbeddedLayout,
  database: string,
  origin: PostgresRuntime['origin'] | undefined,
  use: FileLock,
  ensure: () => Promise<PostgresRuntime | undefined>,
): EmbeddedPostgres {
  let using = true
  return {
    url: embeddedUrl(layout.socketDir, database),
    attached: origin === undefined,
    origin,
    socketDir: layout.socketDir,
    async revive() {
      if (!using || runningPostmaster(layout.pgdata) !== undefined) return false
      const starting = await lockExclusive(layout.startLock, START_TIMEOUT)
      try {
        return using && (await ensure()) !== undefined
      } finally {
        starting?.release()
      }
    },
    async stop() {
      if (!using) return
      using = false
      const stopping = await lockExclusive(layout.startLock, STOP_TIMEOUT)
      use.release()
      if (stopping === undefined) return
      try {
        const pid = askToStop(layout)
        if (pid === undefined) return
        await untilGone(layout, pid)
        rmSync(layout.socketDir, { recursive: true, force: true })
      } finally {
        stopping.release()
      }
    },
    stopSync() {
      if (!using) return
      using = false
      const stopping = tryLockExclusive(layout.startLock)
      use.release()
      if (stopping !== undefined) askToStop(layout)
      stopping?.release()
    },
  }
}

/** Ends the server if nobody uses it any more: its process id then. Under the start lock. */
function askToStop(layout: EmbeddedLayout): number | undefined {
  const last = tryLockExclusive(layout.usersLock)
  if (last === undefined) return undefined
  const pid = runningPostmaster(layout.pgdata)
  if (pid !== undefined) process.kill(pid, 'SIGINT')
  last.release()
  return pid
}

async function untilGone(layout: EmbeddedLayout, pid: number): Promise<void> {
  const deadline = performance.now() + STOP_TIMEOUT
  while (runningPostmaster(layout.pgdata) === pid) {
    if (performance.now() > deadline) throw new EmbeddedPostgresError(`The embedded Postgres ${pid} does not stop`)
    await Bun.sleep(POLL)
  }
}
