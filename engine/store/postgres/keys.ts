/**
 * Locks on routing keys, taken inside the statement that needs them. Emitters hold a shared lock on each key until they
 * commit and subscribers an exclusive one, so that an emit in an open transaction cannot miss a process that subscribes
 * meanwhile. The function `reach` takes them and then reads who is subscribed: what it reads is what was committed when it
 * had them, not when the statement around it began. Everything else of that statement hangs on `matched`, so that nobody
 * holds a row while waiting for a key.
 */
import { sqlArray } from '../../sql/connection.ts'
import type { Statement } from './statement.ts'

export interface Keys {
  readonly emitted: readonly string[]
  readonly subscribed: readonly string[]
  /** How long to wait for others, as `lock_timeout`; default: as the transaction has it. */
  readonly patience?: string
}

/** Adds the expression `matched` (key, process, number, shard) when there are keys. Answers the condition to wait for it. */
export function addKeys(statement: Statement, schema: string, { emitted, subscribed, patience }: Keys): string {
  if (emitted.length === 0 && subscribed.length === 0) return 'true'
  const own = new Set(subscribed)
  // Everybody takes locks in this order.
  const keys = [...new Set([...emitted, ...subscribed])].sort()
  const all = statement.value(sqlArray(keys))
  const exclusive = statement.value(sqlArray(keys.map((key) => own.has(key))))
  const heard = subscribed.length === 0 ? all : statement.value(sqlArray([...new Set(emitted)]))
  statement.with(
    'matched',
    `select m.key, m.process, m.number, m.shard
     from ${schema}.reach(${all}::text[], ${exclusive}::bool[], ${heard}::text[], ${statement.value(patience ?? '')}::text) m`,
    'materialized',
  )
  return '(select count(*) from matched) >= 0'
}

/**
 * More keys than this are not locked one by one: the server has place for some thousand locks in all. Then the lock that
 * everybody else shares is taken for oneself.
 */
const MANY = 500

/** Creates the function. `schema` is quoted; locks of different namespaces are different. */
export function reachFunction(schema: string): string {
  const all = lockOfAll(schema)
  return `
    create function ${schema}.reach(keys text[], own bool[], emitted text[], patience text)
      returns table (key text, process uuid, number int, shard smallint)
      language plpgsql volatile rows 1 as $reach$
      #variable_conflict use_column
      begin
        -- A condition is evaluated in place, where a "perform" would be run as a query.
        if patience <> '' and set_config('lock_timeout', patience, true) is null then null; end if;
        if cardinality(keys) > ${MANY} then
          perform pg_advisory_xact_lock(${all});
        else
          ${lockAll(schema)}
          for i in 1 .. cardinality(keys) loop
            if own[i] then
              ${lockExclusive(schema, 'keys[i]')}
            else
              ${lockShared(schema, 'keys[i]')}
            end if;
          end loop;
        end if;
        if cardinality(emitted) > 0 then
          ${refuseOldSnapshot()}
          return query select s.key, s.process, s.number, s.shard from ${schema}.subscription s where s.key = any(emitted);
        end if;
      end $reach$;`
}

/** Settings of a function: its plans are made once, of tables that may be empty then. As lanes of the engine have them. */
export const BY_INDEX = 'set enable_seqscan = off set enable_bitmapscan = off'

/** Keys that the functions for one process lock one by one. */
export const MOST_KEYS = 100

/**
 * In a function that does all of it by itself: the lock that everybody shares, to be followed by those on keys. A condition is
 * evaluated in place, where a "perform" would be run as a query.
 */
export function lockAll(schema: string): string {
  return `if pg_advisory_xact_lock_shared(${lockOfAll(schema)}) is null then null; end if;`
}

/** As emitters lock a key. `key` is an expression. */
export function lockShared(schema: string, key: string): string {
  return `if pg_advisory_xact_lock_shared(${lockOf(schema, key)}) is null then null; end if;`
}

/** As subscribers lock a key. */
export function lockExclusive(schema: string, key: string): string {
  return `if pg_advisory_xact_lock(${lockOf(schema, key)}) is null then null; end if;`
}

/** What is read must be what was committed when the locks were there. */
export function refuseOldSnapshot(): string {
  return `if current_setting('transaction_isolation') <> 'read committed' then
            raise exception 'A signal cannot be emitted in a transaction that is %', upper(current_setting('transaction_isolation'))
              using errcode = 'feature_not_supported',
                hint = 'It would miss processes that subscribed since the transaction began: use READ COMMITTED, or emit after the commit.';
          end if;`
}

function lockOfAll(schema: string): string {
  return `hashtextextended(${literal(schema)}, 0)`
}

function lockOf(schema: string, key: string): string {
  return `hashtextextended(${literal(`${schema} `)} || ${key}, 0)`
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
