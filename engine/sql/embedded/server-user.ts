/**
 * Who the server runs as. Postgres refuses root, so as root we run it as the owner of its data, else as `postgres`, else
 * as `nobody` (it must be a named user: initdb looks it up). Everybody else runs it as themselves.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { EmbeddedPostgresError } from './errors.ts'

export interface ServerUser {
  readonly uid: number
  readonly gid: number
  /** True when it is another user than ours: folders must be handed over, paths checked for access. */
  readonly other: boolean
}

/** Chooses the user for the server whose data lies, or will lie, in `dataDir`. */
export function chooseServerUser(dataDir: string): ServerUser {
  const uid = process.geteuid?.() ?? 0
  if (uid !== 0) return { uid, gid: process.getegid?.() ?? 0, other: false }
  const owner = statSync(dataDir, { throwIfNoEntry: false })
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid, other: true }
  const named = readUsers()
  const user = named.get('postgres') ?? named.get('_postgres') ?? named.get('nobody')
  if (user !== undefined) return { ...user, other: true }
  throw new EmbeddedPostgresError(
    'Postgres does not run as root, and there is no user `postgres` or `nobody` to run it as',
    {
      hint: 'Start as an ordinary user, add a user `postgres`, or set DATABASE_URL.',
    },
  )
}

/** Options for `spawn` that make the child this user. */
export function asServerUser(user: ServerUser): { uid?: number; gid?: number } {
  return user.other ? { uid: user.uid, gid: user.gid } : {}
}

/** Whether `user` can enter the folder `path`, tried as that user, because parents and access lists count too. */
export function canEnter(user: ServerUser, path: string): boolean {
  if (!user.other) return true
  const tried = spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', path], {
    ...asServerUser(user),
    cwd: '/',
    stdio: 'ignore',
  })
  if (tried.error !== undefined) {
    throw new EmbeddedPostgresError(`Cannot run a program as user ${user.uid}, which Postgres needs when we are root`, {
      hint: 'Start as an ordinary user, or set DATABASE_URL.',
      cause: tried.error,
    })
  }
  return tried.status === 0
}

function readUsers(): Map<string, { uid: number; gid: number }> {
  const users = new Map<string, { uid: number; gid: number }>()
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name, , uid, gid] = line.split(':')
    if (name && uid && gid && Number(uid) > 0) users.set(name, { uid: Number(uid), gid: Number(gid) })
  }
  return users
}
