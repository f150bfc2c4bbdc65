/**
 * Connection URLs: `postgres://user:password@host:5432/database?sslmode=require`, and unix sockets as
 * `postgres:///database?host=/run/postgresql` or `postgres://user@%2Frun%2Fpostgresql/database`. Two URLs that lead to the
 * same server and database have the same `identity`, whoever logs in.
 */
import { userInfo } from 'node:os'
import { SqlConnectionError } from './errors.ts'

export interface PostgresAddress {
  readonly host: string
  readonly port: number
  /** Path of the unix socket file, instead of host and port. */
  readonly socket: string | undefined
  readonly database: string
  readonly user: string
  readonly password: string
  readonly tls: 'off' | 'prefer' | 'require' | 'verify'
  /** `prepare=false` or `pgbouncer=true`: the server is reached through a pooler in transaction mode. */
  readonly pooled: boolean
  /** Equal for the same server and database. */
  readonly identity: string
  /** For messages: without the password. */
  readonly text: string
}

const TLS_MODES: Record<string, PostgresAddress['tls']> = {
  disable: 'off',
  allow: 'prefer',
  prefer: 'prefer',
  require: 'require',
  'verify-ca': 'verify',
  'verify-full': 'verify',
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]', '::1', ''])

/** Throws `SqlConnectionError` for what is not a Postgres URL. */
export function parsePostgresAddress(text: string): PostgresAddress {
  const url = parse(text)
  const query = url.searchParams
  const environment = process.env
  const host = query.get('host') ?? (decodeURIComponent(url.hostname) || environment.PGHOST || 'localhost')
  const port = Number(query.get('port') ?? (url.port || environment.PGPORT || 5432))
  const user = query.get('user') ?? (decodeURIComponent(url.username) || environment.PGUSER || userInfo().username)
  const database = decodeURIComponent(url.pathname.slice(1)) || query.get('dbname') || environment.PGDATABASE || user
  const socket = host.startsWith('/') ? `${host.replace(/\/+$/, '')}/.s.PGSQL.${port}` : undefined
  const place = socket ?? `${LOOPBACK.has(host) ? 'localhost' : host.toLowerCase()}:${port}`
  return {
    host,
    port,
    socket,
    database,
    user,
    password: decodeURIComponent(url.password) || environment.PGPASSWORD || '',
    tls: socket ? 'off' : tlsMode(query.get('sslmode') ?? environment.PGSSLMODE, host),
    pooled: query.get('prepare') === 'false' || query.get('pgbouncer') === 'true',
    identity: `postgres:${place}/${database}`,
    text: `postgres://${user}@${place}/${database}`,
  }
}

function parse(text: string): URL {
  const url = URL.parse(text)
  if (url && (url.protocol === 'postgres:' || url.protocol === 'postgresql:')) return url
  throw new SqlConnectionError('The address of the database is not a postgres:// URL', {
    sent: 'no',
    hint: 'Write postgres://user:password@host:5432/database, or postgres:///database?host=/path/of/the/socket/folder',
  })
}

function tlsMode(mode: string | undefined | null, host: string): PostgresAddress['tls'] {
  if (!mode) return LOOPBACK.has(host) ? 'off' : 'prefer'
  const known = TLS_MODES[mode]
  if (known) return known
  throw new SqlConnectionError(`sslmode=${mode} is not known`, {
    sent: 'no',
    hint: `Use one of ${Object.keys(TLS_MODES).join(', ')}`,
  })
}
