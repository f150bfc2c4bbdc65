/**
 * Where the files of one embedded server lie: its data and log below `dataDir`, its socket in a short folder of its own
 * under /tmp (a socket path has at most 107 characters), and the two lock files that order starts and stops.
 */
import { createHash } from 'node:crypto'
import { chmodSync, chownSync, lstatSync, mkdirSync, realpathSync, rmdirSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { EmbeddedPostgresError } from './errors.ts'
import { cacheDir } from './runtime.ts'
import { canEnter, type ServerUser } from './server-user.ts'

export interface EmbeddedLayout {
  readonly home: string
  /** Postgres's own data directory. */
  readonly pgdata: string
  readonly log: string
  /** Held exclusively while somebody starts or stops the server. */
  readonly startLock: string
  /** Held shared by every user of the server: who gets it exclusively is the last one. */
  readonly usersLock: string
  readonly socketDir: string
}

/**
 * Prepares `dataDir` and gives its layout. Where the server's user cannot enter it (a project under /root), the files
 * lie in the system's state folder and `dataDir` is a link to them.
 */
export function prepareLayout(
  dataDir: string,
  chooseUser: (pgdata: string) => ServerUser,
): [EmbeddedLayout, ServerUser] {
  mkdirSync(dataDir, { recursive: true, mode: 0o755 })
  const user = chooseUser(join(dataDir, 'data'))
  if (!canEnter(user, realpathSync(dataDir))) relocate(resolve(dataDir), user)
  const home = realpathSync(dataDir)
  return [describeLayout(home), user]
}

/** The layout of a folder that is already there. */
export function describeLayout(home: string): EmbeddedLayout {
  return {
    home,
    pgdata: join(home, 'data'),
    log: join(home, 'server.log'),
    startLock: join(home, 'start.lock'),
    usersLock: join(home, 'users.lock'),
    socketDir: `/tmp/justscale-${shortHash(home)}`,
  }
}

/** The server's socket folder: entered by its user only, because whoever reaches the socket is trusted. */
export function prepareSocketDir(path: string, user: ServerUser): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const found = lstatSync(path)
  if (!found.isDirectory() || ![user.uid, process.geteuid?.()].includes(found.uid)) {
    throw new EmbeddedPostgresError(`${path} belongs to somebody else, so the database's socket cannot be there`, {
      hint: `Remove ${path}, or set DATABASE_URL.`,
    })
  }
  chmodSync(path, 0o700)
  if (user.other) chownSync(path, user.uid, user.gid)
}

function relocate(dataDir: string, user: ServerUser): void {
  const real = join(cacheDir(user), `data-${shortHash(realpathSync(dataDir))}`)
  mkdirSync(real, { recursive: true, mode: 0o755 })
  if (!canEnter(user, real))
    throw new EmbeddedPostgresError(`User ${user.uid}, who runs Postgres, can enter neither ${dataDir} nor ${real}`)
  try {
    rmdirSync(dataDir)
    symlinkSync(real, dataDir)
  } catch (error) {
    if (!lstatSync(dataDir).isSymbolicLink()) throw error
  }
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
