/** What every side of the bench does, on the same table with the same rows. */
import type { Sql } from 'postgres'
import postgres from 'postgres'

export interface Side {
  get(): Promise<unknown>
  find(): Promise<unknown>
  insert(): Promise<unknown>
  /** Locks a row, adds one to its amount and saves it, in a transaction in which the save may fail alone. */
  lockAndSave(): Promise<unknown>
  end(): Promise<void>
}

export type Operation = Exclude<keyof Side, 'end'>

/**
 * The plain driver; points in time arrive as text, as in every other side. Waits for locks, and transactions in which
 * nothing happens, end as they do on our side; here once per connection, which the driver can and we cannot: each unit of
 * work of ours has its own deadline.
 */
export function connect(url: string): Sql {
  const address = new URL(url)
  const instant = { to: 0, from: [1184], serialize: String, parse: (value: string) => value }
  return postgres({
    host: address.searchParams.get('host') ?? address.hostname,
    ...(address.port && { port: Number(address.port) }),
    database: address.pathname.slice(1),
    username: address.username || 'postgres',
    password: address.password,
    max: 10,
    connection: { lock_timeout: 5_000, idle_in_transaction_session_timeout: 300_000 },
    types: { instant },
  })
}
